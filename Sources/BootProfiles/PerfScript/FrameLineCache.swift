/// Frames by the text of their lines: a recording repeats few lines very often.
///
/// Memory is bounded: the cache starts over when it holds 16 MB of text.
struct FrameLineCache {
    private struct Entry {
        var hash: UInt64
        var start: Int
        var count: Int
        var frames: Range<Int>
        var kind: FrameNaming.Kind
        var isJava: Bool
    }

    private static let textLimit = 16 << 20

    private let naming: FrameNaming
    private var text: [UInt8] = []
    private var entries: [Entry] = []
    private var frames: [FrameID] = []
    private var slots = [UInt32](repeating: 0, count: 1 << 12)

    init(options: FoldingOptions) { naming = FrameNaming(options: options) }

    /// What of a line says which frames it holds: all but the address and the offset into the function, so
    /// that a function is kept once and not once for each of its instructions.
    private struct Key {
        var head: UnsafeRawBufferPointer
        var tail: UnsafeRawBufferPointer

        @inline(__always)
        var count: Int { head.count + tail.count }

        @inline(__always)
        init(_ line: UnsafeRawBufferPointer, from start: Int) {
            head = UnsafeRawBufferPointer(rebasing: line[start...])
            tail = UnsafeRawBufferPointer(rebasing: line[line.count...])
            guard line[line.count - 1] == 0x29 else { return }
            var module = line.count - 2
            while module > start, line[module] != 0x28 { module -= 1 }
            let end = module - 1
            var digits = end
            while digits > start, KernelSymbols.hexadecimal(line[digits - 1]) != nil { digits -= 1 }
            guard digits < end, digits - 3 > start, line[digits - 1] == 0x78, line[digits - 2] == 0x30,
                line[digits - 3] == 0x2B
            else { return }
            head = UnsafeRawBufferPointer(rebasing: line[start..<(digits - 3)])
            tail = UnsafeRawBufferPointer(rebasing: line[end...])
        }
    }

    /// Adds the frames in `line` to the sample of `builder`; false where it is not a frame's line.
    @inline(__always)
    mutating func add(_ line: UnsafeRawBufferPointer, to builder: inout SampleBuilder) -> Bool {
        guard let address = FrameLine.address(in: line) else { return false }
        let key = Key(line, from: address.upperBound)
        let hash = ByteHash.of(ByteHash.of(key.head), ByteHash.of(key.tail))
        let found = find(key, hash, isJava: builder.isJava)
        guard found >= 0 else { return addNew(line, address, key, hash, to: &builder) }
        let kind = entries[found].kind
        for index in entries[found].frames { builder.add(frames[index], kind) }
        return true
    }

    /// The place of the entry of `key`, or -1.
    @inline(__always)
    private func find(_ key: Key, _ hash: UInt64, isJava: Bool) -> Int {
        slots.withUnsafeBufferPointer { slots in
            entries.withUnsafeBufferPointer { entries in
                text.withUnsafeBytes { text in
                    let mask = slots.count - 1
                    var slot = Int(truncatingIfNeeded: hash) & mask
                    while slots[slot] != 0 {
                        let place = Int(slots[slot]) - 1
                        if entries[place].hash == hash, entries[place].count == key.count,
                            entries[place].isJava == isJava
                        {
                            let start = entries[place].start
                            let middle = start + key.head.count
                            if ByteOrder.equal(
                                UnsafeRawBufferPointer(rebasing: text[start..<middle]), key.head),
                                ByteOrder.equal(
                                    UnsafeRawBufferPointer(rebasing: text[middle..<(start + key.count)]),
                                    key.tail)
                            {
                                return place
                            }
                        }
                        slot = (slot + 1) & mask
                    }
                    return -1
                }
            }
        }
    }

    @inline(never)
    private mutating func addNew(
        _ line: UnsafeRawBufferPointer, _ address: Range<Int>, _ key: Key, _ hash: UInt64,
        to builder: inout SampleBuilder
    ) -> Bool {
        guard let frame = FrameLine(line, address: address) else { return false }
        let kind = FrameNaming.kind(function: frame.function, module: frame.module)
        let first = frames.count
        // A name in parentheses is the process, which perf shows for what exec left behind.
        if frame.function.first != 0x28 || frame.function.starts(with: "(anonymous namespace)".utf8) {
            let names = naming.names(
                function: frame.function, module: frame.module, address: frame.address,
                isJava: builder.isJava)
            for name in names.reversed() {
                frames.append(name.withUnsafeBytes { builder.profile.frames.intern($0) })
            }
        }
        for index in first..<frames.count { builder.add(frames[index], kind) }
        if naming.options.showsAddresses, frame.function.elementsEqual("[unknown]".utf8) {
            frames.removeLast(frames.count - first)
            return true
        }
        remember(key, hash, first..<frames.count, kind, isJava: builder.isJava)
        return true
    }

    private mutating func remember(
        _ key: Key, _ hash: UInt64, _ range: Range<Int>, _ kind: FrameNaming.Kind, isJava: Bool
    ) {
        if text.count + key.count > Self.textLimit {
            let kept = Array(frames[range])
            text.removeAll(keepingCapacity: true)
            entries.removeAll(keepingCapacity: true)
            frames = kept
            slots = [UInt32](repeating: 0, count: 1 << 12)
            guard key.count <= Self.textLimit else { return frames.removeAll() }
            return remember(key, hash, 0..<kept.count, kind, isJava: isJava)
        }
        entries.append(
            Entry(
                hash: hash, start: text.count, count: key.count, frames: range, kind: kind, isJava: isJava))
        text.append(contentsOf: key.head)
        text.append(contentsOf: key.tail)
        if entries.count * 2 > slots.count {
            slots = [UInt32](repeating: 0, count: slots.count * 4)
            for index in entries.indices { place(index) }
        } else {
            place(entries.count - 1)
        }
    }

    private mutating func place(_ index: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(index + 1)
    }
}
