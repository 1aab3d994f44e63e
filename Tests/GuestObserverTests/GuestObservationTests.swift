import XCTest

@testable import GuestObserver

final class GuestObservationTests: XCTestCase {
    private func configuration(_ observation: GuestObservation) throws -> String {
        try observation.configuration(BootFiles(in: "/usr"))
    }

    func testEverySettingBecomesALine() throws {
        let observation = GuestObservation(
            milestones: [.serialText("a\n"), .serialBytes(7), .address(16)], final: 2, serialFile: "/s",
            logsSerial: true, hashInterval: 5)
        XCTAssertEqual(
            try configuration(observation),
            """
            channel /usr/guest.channel
            serial /s
            outputs /usr/guest.outputs
            hashes /usr/guest.hashes
            hash-interval 5
            milestone text 610a
            milestone bytes 7
            milestone address 16
            final 2

            """)
    }

    func testAPathCannotAddALine() async {
        await assertThrows(.invalidRequest, mentioning: "line break") {
            try self.configuration(GuestObservation(serialFile: "/s\nfinal 0"))
        }
    }

    func testRequestsThatThePluginCannotObeyAreRefused() async {
        let requests = [
            GuestObservation(milestones: [.serialText("")]),
            GuestObservation(milestones: [.serialText(String(repeating: "a", count: 257))]),
            GuestObservation(milestones: Array(repeating: .address(1), count: 65)),
            GuestObservation(final: 0), GuestObservation(hashInterval: 0),
        ]
        for request in requests {
            await assertThrows(.invalidRequest, mentioning: ":") { try self.configuration(request) }
        }
    }
}
