import BootModel
import Glibc

/// A channel of one boot: where its bytes come from, what is looked for in them, where they are kept.
final class WatchedChannel {
    /// What the channel is called in notes: `serial`, `firmware`, `screen`.
    let name: String
    /// The descriptor that it is read from, or -1 for the screen.
    let descriptor: Int32
    /// Whether it is a file that QEMU appends to: nothing tells when there is more, so it is looked at often.
    let isFile: Bool
    private var buffer = RollingBuffer()
    private var milestones: [(name: String, search: PatternSearch)]
    private let ownMilestones: Int
    private var panics: [PatternSearch]
    /// What has come, in a file; none for a screen, which is written when it was seen for the last time.
    private var log: ConsoleLog?
    private let logPath: String
    private var notMade: RunnerError?
    private var piece = [UInt8](repeating: 0, count: 65_536)
    private var shown: [UInt8] = []

    /// A channel that is read from `descriptor` and kept in the file `log`.
    ///
    /// - Parameters:
    ///   - milestones: what is looked for, in the scenario's order.
    ///   - ownMilestones: how many of them name this channel itself.
    init(
        name: String, descriptor: Int32, isFile: Bool = false,
        milestones: [(name: String, pattern: BytePattern)],
        ownMilestones: Int,
        panics: [BytePattern], log: String
    ) throws {
        self.name = name
        self.descriptor = descriptor
        self.isFile = isFile
        self.milestones = milestones.map { ($0.name, PatternSearch($0.pattern)) }
        self.ownMilestones = ownMilestones
        self.panics = panics.map(PatternSearch.init)
        self.log = descriptor < 0 ? nil : try ConsoleLog(at: log)
        logPath = log
    }

    /// Whether a milestone is to be seen here and nowhere else.
    var hasOwnMilestones: Bool { ownMilestones > 0 }
    /// Whether anything has come.
    var hasSpoken: Bool { buffer.total > 0 }
    /// The last line that holds anything visible.
    var lastLine: String { String(decoding: buffer.lastLine, as: UTF8.self) }
    /// Whether more came than is kept in the file.
    var isCut: Bool { log?.isCut ?? false }
    /// The patterns that are no longer looked for, because they search without end in what has come.
    private(set) var givenUp: [String] = []
    /// Why the file could not be written.
    var failure: RunnerError? { notMade ?? log?.failure }

    /// Takes what there is to read; false where there is nothing.
    func read() -> Bool {
        var any = false
        // A bounded number of pieces: a guest that never stops talking must not keep the clock from being looked at.
        for _ in 0..<16 {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            any = true
            piece.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if count < piece.count { break }
        }
        return any
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        log?.append(bytes)
        let dropped = buffer.append(bytes)
        guard dropped > 0 else { return }
        for milestone in milestones { milestone.search.forget(dropped) }
        for panic in panics { panic.forget(dropped) }
    }

    /// Takes a screen's text in place of all that was there; false where it is what was there already.
    func show(_ text: [UInt8]) -> Bool {
        guard text != shown, !text.isEmpty else { return false }
        shown = text
        buffer = RollingBuffer()
        text.withUnsafeBytes { _ = buffer.append($0) }
        for milestone in milestones { milestone.search.restart() }
        for panic in panics { panic.restart() }
        return true
    }

    /// The milestones that have come into sight since the last look, each reported once, in the order in which
    /// they stand in the channel, with the number (from 1) of the byte at which each begins.
    func newMilestones() -> [(name: String, byte: Int)] {
        var found: [(name: String, place: Int)] = []
        milestones.removeAll { milestone in
            guard let place = milestone.search.find(in: buffer) else { return hasGivenUp(milestone.search) }
            found.append((milestone.name, place.lowerBound))
            return true
        }
        return found.sorted { $0.place < $1.place }.map { ($0.name, number(ofByteAt: $0.place)) }
    }

    /// The number, from 1, of the byte at a place of the buffer, in all that the channel has delivered.
    private func number(ofByteAt place: Int) -> Int { buffer.total - buffer.bytes.count + place + 1 }

    /// The line of a panic, as far as it has come, and the number (from 1) of the byte at which it begins; the
    /// same one at every look.
    func panic() -> (line: String, byte: Int)? {
        panics.removeAll(where: hasGivenUp)
        for panic in panics {
            guard let place = panic.find(in: buffer) else { continue }
            return (
                String(decoding: buffer.line(at: place.lowerBound), as: UTF8.self),
                number(ofByteAt: place.lowerBound)
            )
        }
        return nil
    }

    private func hasGivenUp(_ search: PatternSearch) -> Bool {
        if search.isGivenUp { givenUp.append(search.pattern.source) }
        return search.isGivenUp
    }

    /// Writes what is held to the channel's file. A screen that nobody looked at is not an empty screen: it has none.
    func finish() {
        if descriptor < 0, !shown.isEmpty {
            do { log = try ConsoleLog(at: logPath) } catch { notMade = error }
            shown.withUnsafeBytes { log?.append($0) }
        }
        log?.flush()
    }
}
