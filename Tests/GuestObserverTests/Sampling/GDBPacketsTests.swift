import XCTest

@testable import GuestObserver

/// The packets of GDB's remote protocol.
final class GDBPacketsTests: XCTestCase {
    func testAPacketIsFoundAmongAcknowledgementsAndStrayBytes() {
        XCTAssertEqual(
            events("+-xx$OK#9a$T02thread:01;#04"),
            [.understood, .again, .packet(Array("OK".utf8)), .packet(Array("T02thread:01;".utf8))])
    }

    func testEscapesAndRunsAreResolved() {
        XCTAssertEqual(events(framed("0* ")), [.packet(Array("0000".utf8))])
        XCTAssertEqual(events(framed("a}\u{3}b")), [.packet(Array("a#b".utf8))])
    }

    func testAWrongChecksumIsSeenAndTheNextPacketIsFoundAllTheSame() {
        XCTAssertEqual(events("$OK#9b$OK#9a"), [.damaged, .packet(Array("OK".utf8))])
        XCTAssertEqual(events("$brok$OK#9a"), [.packet(Array("OK".utf8))])
        XCTAssertEqual(events(framed("*") + framed("}") + "$#00"), [.damaged, .damaged, .packet([])])
    }

    func testNotificationsAreNoPackets() {
        XCTAssertEqual(events("%Stop:T05#00$OK#9a"), [.packet(Array("OK".utf8))])
    }

    func testAPacketWithoutEndIsNotKept() {
        var packets = GDBPackets()
        _ = packets.take(UInt8(ascii: "$"))
        for _ in 0..<(GDBPackets.longest * 2) { XCTAssertNil(packets.take(UInt8(ascii: "a"))) }
        _ = packets.take(UInt8(ascii: "#"))
        _ = packets.take(UInt8(ascii: "0"))
        XCTAssertEqual(packets.take(UInt8(ascii: "0")), .damaged)
        // A run makes a long packet of a short one.
        let bomb = "a" + String(repeating: "*~", count: 100_000)
        XCTAssertEqual(events(framed(bomb)), [.damaged])
    }

    func testWhateverIsSentComesBackFromItsPacket() {
        var generator = SeededBytes(seed: 1)
        for _ in 0..<500 {
            let payload = String(
                (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                    "0123456789abcdefgHmqT:;,".randomElement(using: &generator) ?? "0"
                })
            XCTAssertEqual(
                events(String(decoding: GDBPackets.packet(payload), as: UTF8.self)),
                [.packet(Array(payload.utf8))])
        }
    }

    func testRandomBytesDoNoHarm() {
        var generator = SeededBytes(seed: 2)
        let likely = Array("$#}*%+-0a".utf8)
        for _ in 0..<300 {
            var packets = GDBPackets()
            for _ in 0..<500 {
                let isLikely = Bool.random(using: &generator)
                let byte = isLikely ? likely.randomElement(using: &generator) : nil
                if case .packet(let payload)? = packets.take(byte ?? .random(in: 0...255, using: &generator))
                {
                    XCTAssertLessThanOrEqual(payload.count, GDBPackets.longest)
                }
            }
        }
    }

    private func framed(_ payload: String) -> String {
        String(decoding: GDBPackets.packet(payload), as: UTF8.self)
    }

    private func events(_ text: String) -> [GDBPackets.Event] {
        var packets = GDBPackets()
        return text.utf8.compactMap { packets.take($0) }
    }
}
