import BootModel
import BootProfiles
import Foundation
import Glibc

/// How often each event came, and when.
struct TraceCount: Sendable {
    /// The most kinds of events and moments that are told apart.
    private static let most = 4_096
    private var line: [UInt8] = []
    private let limit: Int
    private var kept = 0
    /// How much of what is kept are whole lines.
    private var whole = 0
    private var isCut = false
    private var fault: Int32?
    /// By event: how often it came in each hundredth of a second, since 1970.
    private var moments: [String: [Int64: Int]] = [:]
    private var others = 0

    /// Keeps at most `limit` bytes of a log.
    init(limit: Int = EventTracing.limit) { self.limit = limit }

    /// Takes a piece of the log, and writes it to `file` as far as there is room.
    mutating func take(_ piece: ArraySlice<UInt8>, keeping file: Int32) {
        if !isCut {
            let part = piece.prefix(limit - kept)
            let start = kept
            isCut = part.count < piece.count
            write(part, to: file)
            if let end = part.lastIndex(of: 10) { whole = start + (end - part.startIndex) + 1 }
            // Whole lines alone are kept: what is cut ends where an event does.
            if isCut { _ = ftruncate(file, off_t(min(whole, kept))) }
        }
        var rest = piece
        while let end = rest.firstIndex(of: 10) {
            line += rest[..<end]
            count(line)
            line.removeAll(keepingCapacity: true)
            rest = rest[(end + 1)...]
        }
        if line.count < 1 << 16 { line += rest }
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>, to file: Int32) {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                fault = errno
                isCut = true
                return
            }
            kept += written
            rest = rest.dropFirst(written)
        }
    }

    /// Takes `8538@1795499828.546932:apic_local_deliver vector 3`.
    private mutating func count(_ line: [UInt8]) {
        guard let at = line.firstIndex(of: UInt8(ascii: "@")),
            let colon = line[at...].firstIndex(of: UInt8(ascii: ":")),
            let time = Double(String(decoding: line[(at + 1)..<colon], as: UTF8.self))
        else { return others += 1 }
        let name = line[(colon + 1)...].prefix { $0 != 32 }
        guard name.allSatisfy({ $0 == 95 || $0 &- 48 < 10 || ($0 | 32) &- 97 < 26 }), !name.isEmpty else {
            return others += 1
        }
        let event = String(decoding: name, as: UTF8.self)
        guard moments[event] != nil || moments.count < Self.most else { return others += 1 }
        moments[event, default: [:]][Int64(time * 100), default: 0] += 1
    }

    /// What was seen, a line for each phase: `trace of kernel: 1,204 events, pic_set_irq 900, …`.
    ///
    /// - Parameter milestones: when the phases began and when the boot ended, in seconds since 1970.
    func notes(_ milestones: [(name: String, at: Double)]) -> [String] {
        guard !moments.isEmpty else { return ["trace: none of the events came in this boot"] }
        var notes: [String] = []
        for (place, phase) in milestones.enumerated() {
            let rows = events(of: place, in: milestones)
            let all = rows.reduce(0) { $0 + $1.count }
            guard all > 0 else { continue }
            let named = rows.prefix(5).map { "\($0.event) \(Quantity.exactText(Double($0.count)))" }
                .joined(separator: ", ")
            let name = phase.name == BootScript.booted ? "what came after the boot" : phase.name
            notes.append("trace of \(name): \(Quantity.exactText(Double(all))) events, \(named)")
        }
        if isCut {
            notes.append(
                fault.map { "\(EventTracing.name) was cut: \(systemMessage($0))" }
                    ?? "\(EventTracing.name) was cut at \(limit >> 20) MiB; give fewer events to --trace"
            )
        }
        return notes
    }

    /// All events of all phases as CSV, the most frequent first; times are milliseconds since QEMU's start, to ten.
    func table(_ milestones: [(name: String, at: Double)]) -> [UInt8] {
        let start = milestones.first?.at ?? 0
        let rows = milestones.indices.flatMap { place in
            events(of: place, in: milestones).map { (phase: milestones[place].name, row: $0) }
        }.sorted { ($1.row.count, $0.row.event) < ($0.row.count, $1.row.event) }
        let total = Double(max(1, rows.reduce(0) { $0 + $1.row.count }))
        let milliseconds = { (moment: Int64) in max(0, Int((Double(moment) * 10 - start * 1_000).rounded())) }
        var text = CSVText(columns: ["event", "phase", "count", "first_ms", "last_ms", "share"])
        for (phase, row) in rows {
            let share = (Double(row.count) / total * 1e6).rounded() / 1e6
            text.add([
                .name(row.event), .name(phase), .plain("\(row.count)"), .plain("\(milliseconds(row.first))"),
                .plain("\(milliseconds(row.last))"), .plain("\(share)"),
            ])
        }
        return text.bytes
    }

    /// The events of a phase, the most frequent first; `first` and `last` are hundredths of a second since 1970.
    private func events(
        of place: Int, in milestones: [(name: String, at: Double)]
    ) -> [(event: String, count: Int, first: Int64, last: Int64)] {
        let start = place == 0 ? -Double.infinity : milestones[place].at
        let end = place + 1 < milestones.count ? milestones[place + 1].at : .infinity
        // Milestones reach the runner a moment after the guest wrote them, so a hundredth is as good as it gets.
        return moments.compactMap { event, times in
            let own = times.filter { (start..<end).contains(Double($0.key) / 100) }
            guard let first = own.keys.min(), let last = own.keys.max() else { return nil }
            return (event, own.values.reduce(0, +), first, last)
        }.sorted { ($1.count, $0.event) < ($0.count, $1.event) }
    }
}
