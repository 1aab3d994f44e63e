import BootModel
import Foundation
import Glibc
import GuestObserver

/// Samples of all processors' registers, by QEMU's monitor.
struct RegisterSource: SampleSource {
    let stopsGuest: Bool
    private let monitor: Monitor
    private let names: SampleNames
    private var isReady = false

    /// Samples named by `request`.
    /// - Parameter pauses: whether the guest is stopped for each look.
    init(_ monitor: Monitor, request: GuestProfileRequest, pauses: Bool) {
        self.monitor = monitor
        names = SampleNames(SymbolIndex(request.symbols, rules: request.rules))
        stopsGuest = pauses
    }

    var remarks: [String] {
        stopsGuest ? [] : ["program counters are those that the accelerator hands out"]
    }

    mutating func look() throws -> Look {
        if !isReady {
            try monitor.begin()
            isReady = true
        }
        let text = try monitor.registers(pausing: stopsGuest)
        return Look(stacks: RegisterDump.processors(text).map(names.frames), stood: monitor.stood)
    }

    mutating func letGo() { monitor.letGo() }
}

/// A second control connection (QEMU Machine Protocol), for questions whose answers are awaited.
final class Monitor {
    /// Why a question has no answer.
    enum Failure: Error, CustomStringConvertible {
        case hungUp, silent, rubbish

        var description: String {
            switch self {
            case .hungUp: "QEMU closed the connection"
            case .silent: "QEMU did not answer"
            case .rubbish: "QEMU answered what is no answer"
            }
        }
    }

    /// A dump of 256 processors is a megabyte.
    private static let longestLine = 8 << 20

    private let socket: Int32
    private let patience: Nanoseconds
    private var inbox: [UInt8] = []
    private var searched = 0
    private var number = 0
    private var stopped: Nanoseconds?
    /// How long the guest stood still the last time, by the times of QEMU's own events; nil where it said none.
    private(set) var stood: Nanoseconds?

    /// Asks over a connected socket, which stays its owner's.
    init(socket: Int32, patience: Nanoseconds = .seconds(20)) {
        self.socket = socket
        self.patience = patience
    }

    /// Hears QEMU's greeting and answers it.
    /// - Throws: `Failure`.
    func begin() throws {
        try send(#"{"execute":"qmp_capabilities","id":0}"#)
        _ = try answer(to: 0)
    }

    /// What the monitor says of all processors' registers.
    ///
    /// The three commands go in one piece, so that the guest stands still for as long as they take and no longer.
    /// - Throws: `Failure`.
    func registers(pausing: Bool) throws -> String {
        number += 3
        let asked = number
        let dump =
            #"{"execute":"human-monitor-command","arguments":{"command-line":"info registers -a"},"id":\#(asked)}"#
        let pause = #"{"execute":"stop","id":\#(asked + 1)}"#
        let go = #"{"execute":"cont","id":\#(asked + 2)}"#
        try send(pausing ? pause + dump + go : dump)
        (stopped, stood) = (nil, nil)
        let answer = try answer(to: asked)
        if pausing { _ = try self.answer(to: asked + 2) }
        return answer["return"] as? String ?? ""
    }

    /// Lets the guest go on, without waiting for an answer.
    func letGo() { try? send(#"{"execute":"cont"}"#) }

    private func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        let sent = bytes.withUnsafeBytes {
            Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == bytes.count else { throw Failure.hungUp }
    }

    /// The answer to the question of this number; what else QEMU says is passed over.
    private func answer(to number: Int) throws -> [String: Any] {
        let deadline = Clock.now + patience
        while true {
            while let line = nextLine() {
                guard let object = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any]
                else {
                    throw Failure.rubbish
                }
                if (object["id"] as? NSNumber)?.intValue == number { return object }
                hear(object)
            }
            guard inbox.count < Self.longestLine else { throw Failure.rubbish }
            let left = deadline - Clock.now
            guard left > .zero else { throw Failure.silent }
            var watched = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, Int32(clamping: left.count / 1_000_000 + 1)) > 0 else { continue }
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = recv(socket, &piece, piece.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { throw Failure.hungUp }
            inbox += piece[..<count]
        }
    }

    /// Takes the moments from QEMU's events of the guest's stopping and going on.
    private func hear(_ object: [String: Any]) {
        guard let event = object["event"] as? String, let time = object["timestamp"] as? [String: Any],
            let seconds = (time["seconds"] as? NSNumber)?.int64Value, (0..<1 << 32).contains(seconds),
            let rest = (time["microseconds"] as? NSNumber)?.int64Value, (0..<1_000_000).contains(rest)
        else { return }
        let moment = Nanoseconds(seconds * 1_000_000_000 + rest * 1000)
        switch event {
        case "STOP": stopped = moment
        // The host's clock may have been set back in between.
        case "RESUME": if let stopped, moment >= stopped { stood = moment - stopped }
        default: break
        }
    }

    private func nextLine() -> [UInt8]? {
        guard let end = inbox[searched...].firstIndex(of: 10) else {
            searched = inbox.count
            return nil
        }
        let line = Array(inbox[..<end])
        inbox.removeSubrange(...end)
        searched = 0
        return line
    }
}
