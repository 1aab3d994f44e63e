import BootTestSupport
import Foundation
import XCTest

@testable import BootRunner

final class WatchedChannelTests: XCTestCase {
    private let pipe = Pipe()

    func testAPanicThatArrivesInPiecesIsReportedWhole() throws {
        let channel = try self.channel(panics: ["^panic: [^\\n]*"])
        say("tiny: memory\r\npanic: ou", on: channel)
        XCTAssertEqual(channel.panic()?.line, "panic: ou")
        say("t of memory\r\nrest", on: channel)
        XCTAssertEqual(channel.panic()?.line, "panic: out of memory")
    }

    func testMilestonesAreReportedOnceAndInTheOrderOfTheirPlaces() throws {
        let channel = try self.channel(milestones: [("second", "two"), ("first", "one"), ("third", "three")])
        say("one two thr", on: channel)
        XCTAssertEqual(channel.newMilestones().map(\.name), ["first", "second"])
        XCTAssertEqual(channel.newMilestones().map(\.name), [])
        say("ee one two", on: channel)
        XCTAssertEqual(channel.newMilestones().map(\.name), ["third"])
    }

    func testAMilestoneIsSeenBehindAFloodThatRollsTheBuffer() throws {
        let channel = try self.channel(milestones: [("end", "^BOOTED$")])
        for _ in 0..<40 {
            say(String(repeating: "chatter without end\r\n", count: 1500), on: channel)
            XCTAssertEqual(channel.newMilestones().map(\.name), [])
        }
        say("BOO", on: channel)
        XCTAssertEqual(channel.newMilestones().map(\.name), [])
        say("TED\r", on: channel)
        XCTAssertEqual(channel.newMilestones().map(\.name), ["end"])
    }

    func testAScreenIsShownOnceAndReplacesTheOneBefore() throws {
        let channel = try self.channel(milestones: [("end", "^BOOTED$")], screen: true)
        XCTAssertTrue(channel.show(Array("BIOS\n".utf8)))
        XCTAssertFalse(channel.show(Array("BIOS\n".utf8)))
        XCTAssertFalse(channel.show([]))
        XCTAssertEqual(channel.newMilestones().map(\.name), [])
        XCTAssertTrue(channel.show(Array("\n\nBOOTED\n".utf8)))
        XCTAssertEqual(channel.newMilestones().map(\.name), ["end"])
        XCTAssertEqual(channel.lastLine, "BOOTED")
    }

    private func channel(
        milestones: [(String, String)] = [], panics: [String] = [], screen: Bool = false
    ) throws -> WatchedChannel {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return try WatchedChannel(
            name: "serial", descriptor: screen ? -1 : descriptor,
            milestones: try milestones.map { ($0.0, try BytePattern($0.1)) }, ownMilestones: milestones.count,
            panics: try panics.map { try BytePattern($0) }, log: try temporaryFolder() + "/console.log")
    }

    private func say(_ text: String, on channel: WatchedChannel) {
        pipe.fileHandleForWriting.write(Data(text.utf8))
        XCTAssertTrue(channel.read())
        while channel.read() {}
    }
}
