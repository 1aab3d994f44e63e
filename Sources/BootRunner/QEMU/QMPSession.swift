import Foundation
import Glibc

/// The runner's end of QEMU's control connection (QEMU Machine Protocol: JSON, a message a line).
struct QMPSession {
    /// What QEMU says.
    enum Message: Sendable, Hashable {
        /// QEMU introduced itself.
        case greeting(version: String)
        /// Something happened, with QEMU's reason for it where it gives one: `SHUTDOWN`, `guest-reset`.
        case event(name: String, reason: String?)
        /// The answer to the command with this number; nil where it failed.
        case answer(Int, succeeded: Bool)
        /// Anything else.
        case other
    }

    private let socket: Int32
    private var inbox: [UInt8] = []
    private var nextNumber = 1

    /// A session over a connected socket, which stays its owner's.
    init(socket: Int32) { self.socket = socket }

    /// Reads what has arrived; nil where QEMU has closed the connection.
    mutating func receive() -> [Message]? {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &piece, piece.count, Int32(MSG_DONTWAIT))
        if count == 0 { return nil }
        guard count > 0 else { return errno == EAGAIN || errno == EINTR ? [] : nil }
        inbox += piece[..<count]
        // QEMU is trusted with its own protocol, but not with the runner's memory.
        if inbox.count > 16 << 20 { inbox.removeAll() }
        var messages: [Message] = []
        while let end = inbox.firstIndex(of: 10) {
            messages.append(Self.read(Data(inbox[..<end])))
            inbox.removeSubrange(...end)
        }
        return messages
    }

    private static func read(_ line: Data) -> Message {
        guard let object = (try? JSONSerialization.jsonObject(with: line)) as? [String: Any] else {
            return .other
        }
        if let greeting = object["QMP"] as? [String: Any] {
            let version = (greeting["version"] as? [String: Any])?["qemu"] as? [String: Any]
            let numbers = ["major", "minor", "micro"].compactMap { (version?[$0] as? NSNumber)?.stringValue }
            return .greeting(version: numbers.joined(separator: "."))
        }
        if let number = (object["id"] as? NSNumber)?.intValue {
            return .answer(number, succeeded: object["error"] == nil)
        }
        guard let name = object["event"] as? String else { return .other }
        return .event(name: name, reason: (object["data"] as? [String: Any])?["reason"] as? String)
    }

    /// Sends a command and gives its number, which its answer will carry.
    @discardableResult
    mutating func send(_ command: String, _ arguments: [String: any Sendable] = [:]) -> Int {
        let number = nextNumber
        nextNumber += 1
        var object: [String: Any] = ["execute": command, "id": number]
        if !arguments.isEmpty { object["arguments"] = arguments }
        guard var line = try? JSONSerialization.data(withJSONObject: object) else { return number }
        line.append(10)
        line.withUnsafeBytes { bytes in
            // QEMU that is gone is seen by the next read; SIGPIPE would end the runner.
            _ = Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        return number
    }
}
