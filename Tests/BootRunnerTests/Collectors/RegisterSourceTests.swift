import BootModel
import BootTestSupport
import Foundation
import Glibc
import XCTest

@testable import BootRunner

/// The register sampler's end of a conversation with QEMU's monitor, with monitors that answer as they should not.
final class RegisterSourceTests: XCTestCase {
    private let dump = #"{"return":"CPU#0\r\nRIP=0000000000001234 RSP=0\r\n","id":3}"#
    private let greeting = #"{"QMP":{}}"# + "\n" + #"{"return":{},"id":0}"# + "\n"

    func testTheGuestStoodStillForAsLongAsTheEventsSay() throws {
        let text =
            greeting + event("STOP", 7, 999_000) + #"{"return":{},"id":4}"# + "\n" + dump + "\n"
            + event("RESUME", 8, 1500) + #"{"return":{},"id":5}"# + "\n"
        try conversation(text) { monitor in
            try monitor.begin()
            XCTAssertTrue(try monitor.registers(pausing: true).contains("RIP=0000000000001234"))
            XCTAssertEqual(monitor.stood, Nanoseconds(2_500_000))
        }
    }

    func testMomentsThatCannotBeAreNone() throws {
        let text =
            greeting + event("STOP", 8, 0) + dump + "\n" + event("RESUME", 7, 0)
            + #"{"event":"RESUME","timestamp":{"seconds":1e99,"microseconds":"x"}}"# + "\n"
            + #"{"return":{},"id":5}"# + "\n"
        try conversation(text) { monitor in
            try monitor.begin()
            _ = try monitor.registers(pausing: true)
            XCTAssertNil(monitor.stood)
        }
    }

    func testAMonitorThatHangsUpEndsTheConversation() throws {
        try conversation("") { monitor in
            XCTAssertThrowsError(try monitor.begin()) {
                XCTAssertEqual("\($0)", "QEMU closed the connection")
            }
        }
        try conversation(greeting + #"{"return":"CPU"#) { monitor in
            try monitor.begin()
            XCTAssertThrowsError(try monitor.registers(pausing: true)) {
                XCTAssertEqual("\($0)", "QEMU closed the connection")
            }
        }
    }

    func testRubbishEndsTheConversationAndIsNotRepeated() throws {
        let long = String(repeating: "[", count: 100_000)
        for rubbish in ["\u{1b}[2J\n", "\n", "[1]\n", "\"id\"\n", "{\"id\":\n", long + "\n"] {
            try conversation(greeting + rubbish) { monitor in
                try monitor.begin()
                XCTAssertThrowsError(try monitor.registers(pausing: false), rubbish.prefix(20).description) {
                    XCTAssertEqual("\($0)", "QEMU answered what is no answer")
                }
            }
        }
    }

    func testASilentMonitorIsNotWaitedForWithoutEnd() throws {
        let (here, there) = try pair()
        defer { [here, there].forEach { close($0) } }
        let monitor = Monitor(socket: here, patience: .milliseconds(30))
        XCTAssertThrowsError(try monitor.begin()) { XCTAssertEqual("\($0)", "QEMU did not answer") }
    }

    func testAnErrorInPlaceOfADumpShowsNoProcessor() throws {
        try conversation(greeting + #"{"error":{"class":"GenericError"},"id":3}"# + "\n") { monitor in
            try monitor.begin()
            XCTAssertEqual(try monitor.registers(pausing: false), "")
        }
    }

    private func event(_ name: String, _ seconds: Int, _ microseconds: Int) -> String {
        #"{"event":"\#(name)","timestamp":{"seconds":\#(seconds),"microseconds":\#(microseconds)}}"# + "\n"
    }

    /// Runs `body` with a monitor that says all of `text` and then hangs up.
    private func conversation(_ text: String, _ body: (Monitor) throws -> Void) throws {
        let (here, there) = try pair()
        defer { close(here) }
        let bytes = Array(text.utf8)
        XCTAssertEqual(send(there, bytes, bytes.count, Int32(MSG_NOSIGNAL)), bytes.count)
        // Still to be written to, so that what is asked is no error.
        shutdown(there, Int32(SHUT_WR))
        defer { close(there) }
        try body(Monitor(socket: here, patience: .seconds(20)))
    }

    private func pair() throws -> (Int32, Int32) {
        var sockets: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0 else {
            throw POSIXError(.EMFILE)
        }
        return (sockets[0], sockets[1])
    }
}
