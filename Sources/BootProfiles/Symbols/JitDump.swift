/// What a just-in-time compiler wrote for perf: `jit-PID.dump`, records of the code that it made, by time.
///
/// Memory is used again for other code, so an address is looked up together with a time.
struct JitDump {
    /// A function, while it stood in memory.
    struct Code {
        var start: UInt64
        var end: UInt64
        /// When it was written: nanoseconds on the compiler's clock.
        var time: UInt64
        var name: [UInt8]
    }

    private static let mostNames = 1 << 26
    private static let longestName = 1 << 16
    private static let mostCode = 1 << 20
    /// How many stretches of code that cover an address are looked at.
    private static let mostOverlaps = 1 << 10

    /// In the order of their addresses, later ones of one address behind earlier ones.
    private(set) var code: [Code] = []
    /// The furthest end of all code up to each place in `code`.
    private var reach: [UInt64] = []

    /// Whether a mapped file's path says that it is one.
    static func isPath(_ path: UnsafeRawBufferPointer) -> Bool {
        let name = FrameNaming.baseName(path)
        return name.starts(with: "jit-".utf8) && name.hasSuffix(".dump")
    }

    /// Reads `file`, up to where it is cut or damaged; nil where it is something else.
    init?(_ file: RandomAccess) {
        guard let header = try? file.bytes(0, 40) else { return nil }
        let magic = header.withUnsafeBytes { ByteView($0, swapped: false).u32(0) }
        guard magic == 0x4A69_5444 || magic == 0x4454_694A else { return nil }
        let isSwapped = magic != 0x4A69_5444
        var place = header.withUnsafeBytes { Int(ByteView($0, swapped: isSwapped).u32(8)) }
        var starts: [UInt64: Int] = [:]
        var names = 0
        while let head = try? file.bytes(place, 16) {
            let (kind, size, time) = head.withUnsafeBytes { raw in
                let view = ByteView(raw, swapped: isSwapped)
                return (view.u32(0), Int(view.u32(4)), view.u64(8))
            }
            guard size >= 16, code.count < Self.mostCode else { break }
            if kind == 0 || kind == 1,
                let body = try? file.bytes(place + 16, min(size - 16, 48 + Self.longestName))
            {
                body.withUnsafeBytes { raw in
                    read(ByteView(raw, swapped: isSwapped), kind, time, &starts)
                }
                names += code.last?.name.count ?? 0
                guard names < Self.mostNames else { break }
            }
            place += size
        }
        code.sort { ($0.start, $0.time) < ($1.start, $1.time) }
        var furthest: UInt64 = 0
        reach = code.map { entry in
            furthest = max(furthest, entry.end)
            return furthest
        }
    }

    /// The code that stood at `address` at the time `time`: the last that was written there before; whether the
    /// same is true of all times.
    func find(_ address: UInt64, at time: UInt64) -> (code: Code, isOnly: Bool)? {
        var place = code.partition(behind: address)
        var best: Code?
        var first: Code?
        var count = 0
        var looked = 0
        while place > 0, reach[place - 1] > address, looked < Self.mostOverlaps {
            place -= 1
            looked += 1
            let candidate = code[place]
            guard candidate.end > address else { continue }
            count += 1
            if first.map({ candidate.time < $0.time }) ?? true { first = candidate }
            if candidate.time <= time, best.map({ candidate.time > $0.time }) ?? true { best = candidate }
        }
        // A recording with another clock than the compiler's still gets the first one.
        return (best ?? first).map { ($0, count == 1) }
    }

    private mutating func read(
        _ body: ByteView, _ kind: UInt32, _ time: UInt64, _ starts: inout [UInt64: Int]
    ) {
        if kind == 0 {
            let (end, overflow) = body.u64(16).addingReportingOverflow(body.u64(24))
            guard !overflow, body.u64(24) > 0 else { return }
            starts[body.u64(32)] = code.count
            code.append(Code(start: body.u64(16), end: end, time: time, name: Array(body.string(40))))
        } else if let moved = starts[body.u64(40)] {
            // The code of this number was moved.
            let (end, overflow) = body.u64(24).addingReportingOverflow(body.u64(32))
            guard !overflow else { return }
            starts[body.u64(40)] = code.count
            code.append(Code(start: body.u64(24), end: end, time: time, name: code[moved].name))
        }
    }
}

extension Array where Element == JitDump.Code {
    /// The place of the first element that starts behind `address`.
    fileprivate func partition(behind address: UInt64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
