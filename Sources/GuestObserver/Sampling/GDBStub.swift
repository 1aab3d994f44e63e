import Glibc

/// The debugger's end of a connection to QEMU's GDB stub: stops the machine, looks at its processors and its
/// memory, lets it go on.
///
/// Trusts nothing that it is answered: every wait has an end, answers are bounded, and what is no answer ends
/// the conversation with an error.
public final class GDBStub {
    /// Why a conversation ended.
    public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// The stub closed the connection.
        case hungUp
        /// No answer came in time.
        case silent(to: String)
        /// An answer that is none; a short, printable piece of it.
        case rubbish(String)

        /// One clause.
        public var description: String {
            switch self {
            case .hungUp: "the stub hung up"
            case .silent(let command): "the stub did not answer \(command)"
            case .rubbish(let text): "the stub answered what is no answer (\(text))"
            }
        }
    }

    /// How long an answer may take. A loaded machine may not run QEMU for seconds.
    private let patience: Int64
    private let socket: Int32
    private var packets = GDBPackets()
    private var inbox: [UInt8] = []
    private var place = 0
    private var failure: Failure?

    /// Talks over a connected socket, which stays its owner's.
    /// - Parameter patience: the longest wait for an answer, in milliseconds.
    public init(socket: Int32, patience: Int64 = 20_000) {
        self.socket = socket
        self.patience = patience
    }

    // MARK: What can be asked

    /// Stops all processors.
    /// - Throws: `Failure`.
    public func stop() throws {
        try send([3])
        let deadline = now + patience
        while true {
            let answer = try packet(before: deadline, awaited: "the interrupt")
            switch answer.first {
            case UInt8(ascii: "T"), UInt8(ascii: "S"): return
            case UInt8(ascii: "W"), UInt8(ascii: "X"): throw Failure.hungUp
            // Output of the guest's, or an answer that came late.
            default: continue
            }
        }
    }

    /// Lets all processors go on.
    /// - Throws: `Failure`.
    public func resume() throws {
        // The answer is that of the next stop; until then every byte sent would be taken for an interrupt.
        try send(GDBPackets.packet("vCont;c"))
        try awaitUnderstanding(of: "vCont;c")
    }

    /// Lets the machine go on without waiting for any answer: the last thing to say after a failure.
    public func letGo() { try? send([UInt8(ascii: "+")] + GDBPackets.packet("vCont;c")) }

    /// The stub's names of the processors, in their order: at most 1,024.
    /// - Throws: `Failure`.
    public func processors() throws -> [String] {
        var names: [String] = []
        var answer = try ask("qfThreadInfo")
        while answer.first == UInt8(ascii: "m") {
            for name in answer.dropFirst().split(separator: UInt8(ascii: ",")) {
                let isName = name.allSatisfy { Hexadecimal.digit($0) != nil || "p.".utf8.contains($0) }
                guard isName, name.count <= 40, names.count < 1024 else { throw Self.rubbish(answer) }
                names.append(String(decoding: name, as: UTF8.self))
            }
            answer = try ask("qsThreadInfo")
        }
        guard answer == [UInt8(ascii: "l")], !names.isEmpty else { throw Self.rubbish(answer) }
        return names
    }

    /// The architecture's name as the stub's description of its target gives it: `i386:x86-64`; nil where it
    /// gives none.
    /// - Throws: `Failure`.
    public func architecture() throws -> String? {
        let supported = String(decoding: try ask("qSupported:xmlRegisters=i386"), as: UTF8.self)
        guard supported.contains("qXfer:features:read+") else { return nil }
        let text = String(decoding: try ask("qXfer:features:read:target.xml:0,7fb"), as: UTF8.self)
        guard let start = text.firstRange(of: "<architecture>"),
            let end = text[start.upperBound...].firstRange(of: "</architecture>")
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }

    /// The registers of a processor, as the stub lays them out.
    /// - Throws: `Failure`.
    public func registers(of processor: String) throws -> [UInt8] {
        let chosen = try ask("Hg\(processor)")
        guard chosen == Array("OK".utf8) else { throw Self.rubbish(chosen) }
        let answer = try ask("g")
        guard let bytes = Hexadecimal.bytes(answer) else { throw Self.rubbish(answer) }
        return bytes
    }

    /// Whether a processor waits for an interrupt; nil where the stub does not say.
    /// - Throws: `Failure`.
    public func isHalted(_ processor: String) throws -> Bool? {
        guard let bytes = Hexadecimal.bytes(try ask("qThreadExtraInfo,\(processor)")) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("halted") ? true : text.contains("running") ? false : nil
    }

    /// Memory as the chosen processor sees it; nil where there is none.
    /// - Parameter count: at most 1,024 bytes: stubs take no longer packets.
    /// - Throws: `Failure`.
    public func memory(at address: UInt64, count: Int) throws -> [UInt8]? {
        let answer = try ask("m\(String(address, radix: 16)),\(String(count, radix: 16))")
        guard let bytes = Hexadecimal.bytes(answer), bytes.count == count else { return nil }
        return bytes
    }

    // MARK: The conversation

    /// A question and its answer. After a failure there are no more: each would wait in vain.
    private func ask(_ command: String) throws -> [UInt8] {
        if let failure { throw failure }
        do {
            try send(GDBPackets.packet(command))
            try awaitUnderstanding(of: command)
            return try packet(before: now + patience, awaited: command)
        } catch let failure as Failure {
            self.failure = failure
            throw failure
        }
    }

    private func awaitUnderstanding(of command: String) throws {
        let deadline = now + patience
        var tries = 0
        while let event = try next(before: deadline) {
            switch event {
            case .understood: return
            case .again where tries < 3:
                tries += 1
                try send(GDBPackets.packet(command))
            case .again, .damaged: throw Failure.rubbish("it does not understand \(command)")
            // What a machine that stopped by itself has said meanwhile.
            case .packet: try send([UInt8(ascii: "+")])
            }
        }
        throw Failure.silent(to: command)
    }

    private func packet(before deadline: Int64, awaited command: String) throws -> [UInt8] {
        var tries = 0
        while let event = try next(before: deadline) {
            switch event {
            case .understood, .again: continue
            case .damaged where tries < 3:
                tries += 1
                try send([UInt8(ascii: "-")])
            case .damaged: throw Failure.rubbish("its checksum is wrong")
            case .packet(let payload):
                try send([UInt8(ascii: "+")])
                return payload
            }
        }
        throw Failure.silent(to: command)
    }

    /// The next event; nil where none comes before the deadline.
    private func next(before deadline: Int64) throws -> GDBPackets.Event? {
        while true {
            while place < inbox.count {
                place += 1
                if let event = packets.take(inbox[place - 1]) { return event }
            }
            guard packets.strayBytes < 1 << 20 else { throw Failure.rubbish("a stream without packets") }
            let left = deadline - now
            guard left > 0 else { return nil }
            var watched = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, Int32(clamping: left)) > 0 else { continue }
            var piece = [UInt8](repeating: 0, count: 8192)
            let count = recv(socket, &piece, piece.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { throw Failure.hungUp }
            inbox = Array(piece[..<count])
            place = 0
        }
    }

    private func send(_ bytes: [UInt8]) throws {
        var sent = 0
        let deadline = now + patience
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN, now < deadline {
                var watched = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
                _ = poll(&watched, 1, 100)
            } else if errno != EINTR {
                throw Failure.hungUp
            }
        }
    }

    /// Milliseconds of the monotonic clock.
    private var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func rubbish(_ answer: [UInt8]) -> Failure {
        let shown = answer.prefix(24).map { (33...126).contains($0) ? Character(UnicodeScalar($0)) : "." }
        return .rubbish(shown.isEmpty ? "nothing" : String(shown))
    }
}
