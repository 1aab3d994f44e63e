import BootModel
import BootTestSupport
import Foundation
import XCTest

@testable import BootRunner

final class EventTracingTests: XCTestCase {
    private func count(_ pieces: [String], in path: String) throws -> TraceCount {
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        var count = TraceCount()
        for piece in pieces { count.take(Array(piece.utf8)[...], keeping: file) }
        return count
    }

    func testEventsAreCountedInTheirPhasesWhereverThePipeCutsThem() throws {
        let path = try temporaryFolder() + "/trace.log"
        let log = "1@100.500000:a_b x\n1@101.250000:a_b y\n1@101.990000:c_d\n1@102.500000:a_b z\n"
        for size in [1, 7, 1000] {
            let bytes = Array(log.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                String(decoding: bytes[$0..<min(bytes.count, $0 + size)], as: UTF8.self)
            }
            unlink(path)
            let notes = try count(pieces, in: path).notes([
                ("power-on", 100.6), ("kernel", 101), ("booted", 102),
            ])
            XCTAssertEqual(
                notes,
                [
                    "trace of power-on: 1 events, a_b 1", "trace of kernel: 2 events, a_b 1, c_d 1",
                    "trace of what came after the boot: 1 events, a_b 1",
                ], "\(size)")
            XCTAssertEqual(File.text(path), log)
        }
    }

    func testALogThatIsCutEndsWithAWholeLineAndIsCountedToItsEnd() throws {
        let path = try temporaryFolder() + "/trace.log"
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        var count = TraceCount(limit: 30)
        for piece in ["1@1.0:a_b x\n1@", "2.0:a_b y\n1@3.0", ":a_b z\n1@4.0:a_b\n"] {
            count.take(Array(piece.utf8)[...], keeping: file)
        }
        XCTAssertEqual(File.text(path), "1@1.0:a_b x\n1@2.0:a_b y\n")
        let notes = count.notes([("power-on", 0)])
        XCTAssertEqual(notes.first, "trace of power-on: 4 events, a_b 4")
        XCTAssertTrue(notes.last?.hasPrefix("trace.log was cut at") ?? false, "\(notes)")
    }

    func testTheTablePlacesEventsInMillisecondsSinceQEMUsStart() throws {
        let path = try temporaryFolder() + "/trace.log"
        let log = "1@100.500000:a_b x\n1@101.250000:a_b y\n1@101.990000:a_b\n1@101.990000:c_d\n"
        let table = try count([log], in: path).table([("power-on", 100.25), ("=a \"k\"", 101)])
        XCTAssertEqual(
            String(decoding: table, as: UTF8.self).replacing("\r\n", with: "\n"),
            """
            event,phase,count,first_ms,last_ms,share
            "a_b","'=a ""k""\",2,1000,1740,0.5
            "a_b","power-on",1,250,250,0.25
            "c_d","'=a ""k""\",1,1740,1740,0.25

            """, "no name is a spreadsheet's formula")
    }

    func testLinesThatAreNoEventsCountForNothing() throws {
        let path = try temporaryFolder() + "/trace.log"
        let lines = [
            "hello\n", "1@x:a_b\n", "1@1.0:\u{1B}[2J\n", "@:\n", String(repeating: "x", count: 200_000), "\n",
        ]
        XCTAssertEqual(
            try count(lines, in: path).notes([("power-on", 0)]),
            ["trace: none of the events came in this boot"])
    }

    func testPatternsFitAsInQEMU() {
        for (name, pattern, fits) in [
            ("pic_set_irq", "pic_*", true), ("pic_set_irq", "*irq", true), ("pic_set_irq", "p*_s?t_*", true),
            ("pic_set_irq", "pic", false), ("pic_set_irq", "*", true), ("pic_set_irq", "*x*", false),
            ("", "*", true),
            ("aab", "*ab", true),
        ] {
            XCTAssertEqual(Plan.fits(name, pattern), fits, "\(name) \(pattern)")
        }
    }
}
