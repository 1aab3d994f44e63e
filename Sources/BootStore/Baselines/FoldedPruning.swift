/// Folded stacks made small enough to be stored: the lightest go first, and their weight stays.
struct FoldedPruning {
    /// The name of the frame that stands for what was left out, below the root that it belonged to.
    static let bucket = "[pruned]"

    /// The stacks that are left.
    var stacks: [UInt8]
    /// The share of the whole weight that lost its frames: 0 to 1.
    var share: Double

    /// Leaves out the lightest stacks until `size(text)` is at most `limit`.
    ///
    /// Keeping the heaviest stacks by weight keeps the shares of everything that a report would show; the
    /// total and each root's share stay exact. O(n log n), with about 20 calls of `size`.
    /// - Throws: `StoreError` with the code `malformed` where a line is no stack.
    init(_ text: [UInt8], limit: Int, path: String, size: ([UInt8]) throws -> Int) throws {
        guard try size(text) > limit else {
            stacks = text
            share = 0
            return
        }
        let lines = try Self.parse(text, path: path).sorted {
            $0.weight != $1.weight ? $0.weight > $1.weight : $0.stack.lexicographicallyPrecedes($1.stack)
        }
        var kept = lines.count / 2
        while kept > 0, try size(Self.render(lines, keeping: kept).text) > limit { kept /= 2 }
        var tooMany = kept * 2
        for _ in 0..<6 where tooMany - kept > 1 {
            let middle = (kept + tooMany) / 2
            if try size(Self.render(lines, keeping: middle).text) > limit {
                tooMany = middle
            } else {
                kept = middle
            }
        }
        let result = Self.render(lines, keeping: kept)
        stacks = result.text
        share = result.share
    }

    private struct Line {
        var stack: ArraySlice<UInt8>
        var weight: UInt64
    }

    private static func parse(_ text: [UInt8], path: String) throws -> [Line] {
        var lines: [Line] = []
        for (number, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated() where !line.isEmpty
        {
            guard let space = line.lastIndex(of: UInt8(ascii: " ")), space > line.startIndex,
                let weight = UInt64(String(decoding: line[(space + 1)...], as: UTF8.self))
            else {
                throw StoreError(
                    .malformed, path: path, place: "line \(number + 1)",
                    reason: "holds a line that is no folded stack (frames;joined;so 12)",
                    nextStep: "Take the run again, or remove the file to accept the run without its stacks.")
            }
            lines.append(Line(stack: line[..<space], weight: weight))
        }
        return lines
    }

    private static func render(_ lines: [Line], keeping kept: Int) -> (text: [UInt8], share: Double) {
        var text: [[UInt8]] = lines.prefix(kept).map { $0.stack + Array(" \($0.weight)".utf8) }
        var pruned: [ArraySlice<UInt8>: UInt64] = [:]
        for line in lines.dropFirst(kept) {
            let root = line.stack.prefix { $0 != UInt8(ascii: ";") }
            let (sum, overflow) = pruned[root, default: 0].addingReportingOverflow(line.weight)
            pruned[root] = overflow ? .max : sum
        }
        for (root, weight) in pruned { text.append(root + Array(";\(bucket) \(weight)".utf8)) }
        text.sort { $0.lexicographicallyPrecedes($1) }
        let whole = lines.reduce(0.0) { $0 + Double($1.weight) }
        let lost = pruned.values.reduce(0.0) { $0 + Double($1) }
        return (text.flatMap { $0 + [UInt8(ascii: "\n")] }, whole > 0 ? lost / whole : 0)
    }
}
