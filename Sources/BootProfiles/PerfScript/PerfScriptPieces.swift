import Dispatch
import Glibc
import Synchronization

/// GNU's, which the module of the C library leaves out.
@_silgen_name("sched_getaffinity")
private func schedGetAffinity(_ process: Int32, _ size: Int, _ set: UnsafeMutableRawPointer?) -> Int32

/// Reads the text of `perf script` in pieces, on several processors at a time.
///
/// Pieces are cut between samples. What comes out does not depend on how many read them: weights are summed, and
/// what an event or a thread decides is decided when all pieces are read.
struct PerfScriptPieces {
    /// The size of a piece, about.
    static let size = 1 << 20

    /// As many as there are processors that this process may run on, up to four.
    static var usualWorkers: Int {
        withUnsafeTemporaryAllocation(byteCount: 1 << 13, alignment: 8) { set in
            // A bit for each processor; the C library clears those that the kernel does not fill in.
            guard schedGetAffinity(0, set.count, set.baseAddress) == 0 else { return 1 }
            return min(4, max(1, set.reduce(0) { $0 + $1.nonzeroBitCount }))
        }
    }

    private var parser: PerfScriptParser
    private let count: Int
    private var workers: [PieceReader] = []
    private var current = 0
    private var pieces = 0
    /// The start of a sample whose end is in the next chunk.
    private var rest: [UInt8] = []

    /// Reads with `parser`, and with others of its kind if `workers` is more than one.
    init(parser: PerfScriptParser, workers: Int) {
        self.parser = parser
        count = workers
    }

    /// Reads `chunk`, which ends at the end of a line.
    mutating func parse(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(ProfileError) {
        guard count > 1 else { return try parser.parse(chunk) }
        let end = isLast ? nil : Self.endOfLastSample(chunk)
        let piece = rest + chunk[..<(end ?? chunk.count)]
        rest = Array(chunk[(end ?? chunk.count)...])
        guard !workers.isEmpty else {
            try piece.withUnsafeBytesThrowing { (piece) throws(ProfileError) in try parser.parse(piece) }
            // The first event decides which samples count, so nothing is read apart before it is known.
            if end != nil, parser.event != nil {
                workers = (0..<count).map { _ in PieceReader(parser.another()) }
            }
            return
        }
        if workers[current].hasFailed, let failure = failure() { throw failure }
        workers[current].read(piece, number: pieces)
        pieces += 1
        // Without the end of a sample in it, what follows goes on with the same one.
        if end != nil { current = (current + 1) % count }
    }

    /// The parser that has read everything.
    mutating func finish() throws(ProfileError) -> PerfScriptParser {
        if let failure = failure() { throw failure }
        for worker in workers { try parser.absorb(worker.parser) }
        return parser
    }

    /// The first fault that was found, with its place in the whole text.
    private func failure() -> ProfileError? {
        for worker in workers { worker.wait() }
        guard let first = workers.compactMap(\.failure).min(by: { $0.piece < $1.piece }) else { return nil }
        var error = first.error
        if case .line(let line) = error.place {
            let before = workers.flatMap(\.lines).filter { $0.piece < first.piece }
            error.place = .line(parser.lineNumber + before.reduce(line) { $0 + $1.count })
        }
        return error
    }

    /// Where the last empty line in `chunk` ends, or nil.
    private static func endOfLastSample(_ chunk: UnsafeRawBufferPointer) -> Int? {
        var place = chunk.count
        while place > 1 {
            if chunk[place - 1] == 0x0A, chunk[place - 2] == 0x0A { return place }
            place -= 1
        }
        return nil
    }
}

/// Reads its share of the pieces of a text, one after the other, apart from whoever hands them to it.
///
/// Unchecked: the parser and what it found are touched on `queue` alone, and by others after they waited for it.
private final class PieceReader: @unchecked Sendable {
    private(set) var parser: PerfScriptParser
    private(set) var failure: (piece: Int, error: ProfileError)?
    private(set) var lines: [(piece: Int, count: Int)] = []
    private let failed = Atomic(false)
    private let queue = DispatchQueue(label: "perf script")
    /// So many pieces may wait.
    private let room = DispatchSemaphore(value: 2)

    init(_ parser: PerfScriptParser) { self.parser = parser }

    /// Whether it has given up.
    var hasFailed: Bool { failed.load(ordering: .relaxed) }

    /// Reads `piece` when it is its turn.
    func read(_ piece: [UInt8], number: Int) {
        room.wait()
        queue.async {
            self.parse(piece, number)
            self.room.signal()
        }
    }

    /// Returns when all pieces are read.
    func wait() { queue.sync {} }

    private func parse(_ piece: [UInt8], _ number: Int) {
        guard failure == nil else { return }
        do throws(ProfileError) {
            let count = try parser.parsePiece(piece)
            lines.append((number, count))
        } catch {
            failure = (number, error)
            failed.store(true, ordering: .relaxed)
        }
    }
}
