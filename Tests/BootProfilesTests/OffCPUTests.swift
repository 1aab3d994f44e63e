import Foundation
import XCTest

@testable import BootProfiles

/// Times off the processor, from records of switches.
final class OffCPUTests: XCTestCase {
    private func recording(_ records: (Recording) -> [[UInt8]], isBig: Bool = false) -> Recording {
        var recording = Recording(isBig: isBig)
        recording.features = [recording.descriptions(["context-switches", "task-clock"])]
        recording.records = records(recording)
        return recording
    }

    /// A switch of `thread`: back onto a processor, or away from it.
    private func backAt(_ time: UInt64, _ thread: UInt32, _ recording: Recording) -> [UInt8] {
        recording.record(14, recording.trailer(thread, time), misc: 0)
    }
    private func awayAt(_ time: UInt64, _ thread: UInt32, _ recording: Recording) -> [UInt8] {
        recording.record(14, recording.trailer(thread, time), misc: 1 << 13)
    }

    private func waiting(_ recording: Recording, root: String = "/no/such/root") throws -> [String] {
        var options = FoldingOptions()
        options.keepsSamples = true
        options.symbolPlaces.root = root
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        let profile = try ProfileInput.open(.bytes(recording.file, name: "test"), options: options).read()
        return String(decoding: FoldedWriter().bytes(try profile.timeOffCPU()), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    func testTimesStayRightWhereNamesAreChangedOrStayMangled() throws {
        let root = NSTemporaryDirectory() + "off-cpu-\(getpid())"
        try FileManager.default.createDirectory(atPath: root + "/tmp", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try "10000 40 _Zbroken\n10040 40 _ZN3foo3barEv\n10080 40 _ZN3foo3barEi\n".write(
            toFile: root + "/tmp/perf-7.map", atomically: true, encoding: .utf8)
        for isBig in [false, true] {
            let recording = recording(
                { recording in
                    [
                        recording.comm(7, "js", time: 1),
                        recording.map(7, start: 0x10000, size: 0x1000, path: "//anon", time: 2),
                        recording.sample(7, [0x10010], time: 100), awayAt(101, 7, recording),
                        backAt(1100, 7, recording),
                        recording.sample(7, [0x10050], time: 1200), backAt(1250, 7, recording),
                        // The same function when its arguments are left out.
                        recording.sample(7, [0x10090], time: 1300), backAt(1307, 7, recording),
                    ]
                }, isBig: isBig)
            XCTAssertEqual(try waiting(recording, root: root), ["js;_Zbroken 1000", "js;foo::bar 57"])
        }
    }

    func testIdleProcessorsAndEndedThreadsWaitForNothing() throws {
        let recording = recording { recording in
            [
                recording.comm(7, "c", time: 1), recording.sample(0, [0x10], time: 2),
                recording.sample(.max, [0x10], time: 3), recording.sample(7, [0x10], time: 4),
                backAt(10, 0, recording), backAt(11, .max, recording), backAt(12, 7, recording),
            ]
        }
        XCTAssertEqual(try waiting(recording), ["c;[unknown] 8"])
    }

    func testAThreadThatDoesNotComeBackIsToldAndNotCounted() throws {
        let recording = recording { recording in
            [
                recording.comm(7, "c", time: 1), recording.comm(8, "d", time: 1),
                recording.sample(7, [0x10], time: 2), recording.sample(8, [0x10], time: 3),
                backAt(12, 7, recording), backAt(1, 8, recording),
            ]
        }
        XCTAssertEqual(try waiting(recording), ["c;[unknown] 10"])
        var options = FoldingOptions()
        options.keepsSamples = true
        let profile = try PerfDataReader(options: options).read(.bytes(recording.file, name: "test"))
        XCTAssertTrue(try profile.timeOffCPU().notes.contains { $0.hasPrefix("1 threads did not come back") })
    }

    func testATimeCountsFromTheFirstSampleEvenWhereThatIsNotSelected() throws {
        let recording = Recording(isBig: false)
        var options = FoldingOptions()
        options.keepsSamples = true
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        options.selection.commands = ["child"]
        let text = """
            work 7 0.000000003: 5 cpu-clock:
            \t1010 f (/tool)

            child 8 0.000000006: 1 cpu-clock:
            \t1020 g (/tool)


            """
        for source in [
            ProfileSource.bytes(recording.file, name: "file"), .bytes(Array(text.utf8), name: "text"),
        ] {
            // The first sample is the other command's, at 3 ns; the only one that is selected is taken at 6 ns.
            let profile = try ProfileInput.open(source, options: options).read()
            XCTAssertEqual(try profile.selecting(3..<4).total, 1, source.name)
            XCTAssertThrowsError(try profile.selecting(0..<3), source.name) {
                XCTAssertTrue("\($0)".contains("no sample was taken in that time"), "\($0)")
            }
        }
    }

    func testASelectionThatNothingPassesIsToldAsThat() throws {
        var options = FoldingOptions()
        options.selection.commands = ["nobody"]
        let source = ProfileSource.bytes(Recording(isBig: false).file, name: "test")
        for keepsSamples in [false, true] {
            options.keepsSamples = keepsSamples
            let change = { (profile: Profile) throws(ProfileError) in
                keepsSamples ? try profile.selecting(0..<10) : profile
            }
            XCTAssertThrowsError(try ProfileInput.merged([source], options: options, each: change)) {
                XCTAssertTrue("\($0)".contains("no stack in it is of what was selected"), "\($0)")
            }
        }
    }
}
