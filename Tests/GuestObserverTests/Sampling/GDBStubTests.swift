import Foundation
import Glibc
import XCTest

@testable import GuestObserver

/// The debugger's end of the conversation, with stubs that answer as they should not.
final class GDBStubTests: XCTestCase {
    func testAStubIsStoppedAskedAndLetGo() throws {
        let script: [String: String] = [
            "qfThreadInfo": "m01,02", "qsThreadInfo": "l", "Hg02": "OK", "g": "0102xx",
            "qThreadExtraInfo,02": "4350552331205b68616c746564205d", "m1000,4": "deadbeef", "m2000,4": "E14",
            "qSupported:xmlRegisters=i386": "PacketSize=1000;qXfer:features:read+",
            "qXfer:features:read:target.xml:0,7fb":
                "l<?xml version=\"1.0\"?><target><architecture>i386:x86-64</architecture></target>",
        ]
        try conversation({ command in command == "\u{3}" ? "T02thread:01;" : script[command] ?? "" }) {
            stub in
            try stub.stop()
            XCTAssertEqual(try stub.architecture(), "i386:x86-64")
            XCTAssertEqual(try stub.processors(), ["01", "02"])
            XCTAssertEqual(try stub.registers(of: "02"), [1, 2, 0])
            XCTAssertEqual(try stub.isHalted("02"), true)
            XCTAssertEqual(try stub.memory(at: 0x1000, count: 4), [0xde, 0xad, 0xbe, 0xef])
            XCTAssertNil(try stub.memory(at: 0x2000, count: 4))
            try stub.resume()
        }
    }

    func testAStubThatHangsUpEndsTheConversation() throws {
        try conversation({ _ in nil }) { stub in
            XCTAssertThrowsError(try stub.stop()) { XCTAssertEqual($0 as? GDBStub.Failure, .hungUp) }
            XCTAssertThrowsError(try stub.resume())
        }
        try conversation({ _ in "W00" }) { stub in
            XCTAssertThrowsError(try stub.stop()) { XCTAssertEqual($0 as? GDBStub.Failure, .hungUp) }
        }
    }

    func testASilentStubIsWaitedForOnceAndNotAgain() throws {
        let (here, there) = try pair()
        defer { [here, there].forEach { close($0) } }
        let stub = GDBStub(socket: here, patience: 30)
        XCTAssertThrowsError(try stub.memory(at: 0, count: 4)) {
            XCTAssertEqual($0 as? GDBStub.Failure, .silent(to: "m0,4"))
        }
        var sent = [UInt8](repeating: 0, count: 64)
        XCTAssertGreaterThan(recv(there, &sent, 64, Int32(MSG_DONTWAIT)), 0)
        XCTAssertThrowsError(try stub.memory(at: 0, count: 4))
        XCTAssertLessThan(recv(there, &sent, 64, Int32(MSG_DONTWAIT)), 0, "it asked again")
    }

    func testAnswersThatAreNoneAreNamedWithoutTheirControlCharacters() throws {
        for rubbish in ["zz", "m../;rm", "\u{1b}[2J", "m" + String(repeating: "0", count: 200)] {
            try conversation({ _ in rubbish }) { stub in
                XCTAssertThrowsError(try stub.processors()) { error in
                    XCTAssertTrue("\(error)".hasPrefix("the stub answered what is no answer"), "\(error)")
                    XCTAssertFalse("\(error)".contains("\u{1b}"))
                }
                XCTAssertThrowsError(try stub.registers(of: "01"))
            }
        }
    }

    func testAListOfProcessorsWithoutEndIsCutOff() throws {
        try conversation({ $0.hasPrefix("q") ? "m01" : "" }) { stub in
            XCTAssertThrowsError(try stub.processors())
        }
    }

    func testAStreamOfRandomBytesEndsTheConversation() throws {
        var generator = SeededBytes(seed: 3)
        for _ in 0..<20 {
            let (here, there) = try pair()
            let bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
            XCTAssertGreaterThan(send(there, bytes, bytes.count, Int32(MSG_NOSIGNAL)), 0)
            close(there)
            let stub = GDBStub(socket: here, patience: 2000)
            XCTAssertThrowsError(try { while true { _ = try stub.registers(of: "01") } }())
            close(here)
        }
    }

    /// Runs `body` with a stub that answers each command, an interrupt being "\u{3}", as `answer` says; it hangs
    /// up where that says nil.
    private func conversation(
        _ answer: @escaping @Sendable (String) -> String?, _ body: (GDBStub) throws -> Void
    ) throws {
        let (here, there) = try pair()
        let other = Thread {
            var packets = GDBPackets()
            var byte: UInt8 = 0
            while recv(there, &byte, 1, 0) == 1 {
                var command: String?
                if byte == 3 { command = "\u{3}" }
                if case .packet(let payload)? = packets.take(byte) {
                    command = String(decoding: payload, as: UTF8.self)
                    var plus = UInt8(ascii: "+")
                    send(there, &plus, 1, Int32(MSG_NOSIGNAL))
                }
                guard let command, command != "vCont;c" else { continue }
                guard let text = answer(command) else { break }
                let bytes = GDBPackets.packet(text)
                send(there, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            }
            close(there)
        }
        other.start()
        defer { close(here) }
        try body(GDBStub(socket: here, patience: 5000))
    }

    private func pair() throws -> (Int32, Int32) {
        var sockets: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0 else {
            throw POSIXError(.EMFILE)
        }
        return (sockets[0], sockets[1])
    }
}
