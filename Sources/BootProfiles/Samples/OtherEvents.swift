/// How many samples of a recording are of events that are not folded.
struct OtherEvents {
    /// perf records a few; names from a damaged text may be many.
    private static let most = 64

    private var counts: [(name: [UInt8], count: Int)] = []
    /// Samples of further events, beyond those whose names are kept.
    private var more = 0

    var isEmpty: Bool { counts.isEmpty }

    /// Counts a sample.
    mutating func count(_ name: some Sequence<UInt8>) { add(name, 1) }

    /// Takes in what was counted in another part of the recording.
    mutating func add(_ other: OtherEvents) {
        for (name, count) in other.counts { add(name, count) }
        more += other.more
    }

    private mutating func add(_ name: some Sequence<UInt8>, _ count: Int) {
        if let known = counts.firstIndex(where: { $0.name.elementsEqual(name) }) {
            counts[known].count += count
        } else if counts.count < Self.most {
            counts.append((Array(name), count))
        } else {
            more += count
        }
    }

    /// What is said of them; nil where there are none.
    var note: String? {
        guard !counts.isEmpty else { return nil }
        var parts = sorted.map { "\($0.count) sample\($0.count == 1 ? "" : "s") of \($0.name)" }
        if more > 0 { parts.append("\(more) of further events") }
        return "left out: \(parts.joined(separator: ", ")); --event NAME takes those of one event"
    }

    /// The fault of a recording that has samples of these events and none of the one that was asked for.
    func missing(_ wanted: String, in file: String) -> ProfileError {
        ProfileError(
            .empty, file: file, "no sample in it is of the event \(Printable.line(wanted))",
            nextStep: "Choose by --event among: \(sorted.map(\.name).joined(separator: ", ")).")
    }

    private var sorted: [(name: String, count: Int)] {
        counts.sorted {
            $0.count != $1.count ? $0.count > $1.count : $0.name.lexicographicallyPrecedes($1.name)
        }.map { (Printable.line(String(decoding: $0.name, as: UTF8.self), limit: 60), $0.count) }
    }
}
