/// The first line of a sample: `qemu-system-x86 123/125 [001] 45.678901: 2004008 cpu-clock:`.
struct SampleHeader {
    /// The command's name, spaces and all.
    let command: UnsafeRawBufferPointer
    /// The process, or `?` where only the thread is printed.
    let process: UnsafeRawBufferPointer
    /// The thread.
    let thread: UnsafeRawBufferPointer
    /// The event, or nil where the line does not end in one.
    private(set) var event: UnsafeRawBufferPointer?
    /// The period; 0 where it is not printed.
    private(set) var period: Double = 0
    /// What stands behind the numbers: processor, time, event.
    private let rest: UnsafeRawBufferPointer

    private static let unknownProcess: StaticString = "?"

    /// The header in `line`, or nil where it is none.
    init?(_ line: UnsafeRawBufferPointer) {
        guard let numbers = Numbers.find(in: line, from: 0) else { return nil }
        self.init(line, command: 0, numbers)
        readEvent(UnsafeRawBufferPointer(rebasing: line[numbers.end...]))
    }

    private init(_ line: UnsafeRawBufferPointer, command start: Int, _ numbers: Numbers) {
        command = UnsafeRawBufferPointer(rebasing: line[start..<numbers.commandEnd])
        rest = UnsafeRawBufferPointer(rebasing: line[numbers.end...])
        let first = UnsafeRawBufferPointer(rebasing: line[numbers.first])
        if let second = numbers.second {
            process = first
            thread = UnsafeRawBufferPointer(rebasing: line[second])
        } else {
            process = UnsafeRawBufferPointer(start: Self.unknownProcess.utf8Start, count: 1)
            thread = first
        }
    }

    /// Where and when the sample was taken; without processor and time unless `whole`.
    func facts(whole: Bool) -> SampleFacts {
        var facts = SampleFacts()
        facts.thread = Self.number(thread)
        guard whole else { return facts }
        facts.process = Self.number(process)
        for word in rest.split(separator: 0x20) {
            if word.first == 0x5B, word.last == 0x5D {
                facts.processor = Self.number(UnsafeRawBufferPointer(rebasing: word.dropFirst().dropLast()))
            } else if word.last == 0x3A {
                facts.time = Self.nanoseconds(word.dropLast())
                break
            }
        }
        return facts
    }

    /// The event of a line that does not end in one, because a tracepoint's fields stand behind it.
    var tracepoint: Slice<UnsafeRawBufferPointer>? {
        for word in rest.split(separator: 0x20) {
            let isProcessor = word.first == 0x5B
            let isTimeOrPeriod = word.allSatisfy { Self.isDigit($0) || $0 == 0x2E || $0 == 0x3A }
            if !isProcessor, !isTimeOrPeriod { return word.last == 0x3A ? word.dropLast() : nil }
        }
        return nil
    }

    private static func number(_ digits: UnsafeRawBufferPointer) -> Int32 {
        DecimalNumber.parse(digits).flatMap { Int32(exactly: $0) } ?? -1
    }

    /// The nanoseconds in seconds as perf prints them, with six or nine digits behind the point.
    private static func nanoseconds(_ text: Slice<UnsafeRawBufferPointer>) -> UInt64 {
        var value: UInt64 = 0
        var digits: Int?
        for byte in text {
            if byte == 0x2E, digits == nil {
                digits = 0
                continue
            }
            guard isDigit(byte), digits ?? 0 < 9 else { return 0 }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return 0 }
            value = product &+ UInt64(byte &- 0x30)
            digits = digits.map { $0 + 1 }
        }
        for _ in (digits ?? 0)..<9 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return 0 }
            value = product
        }
        return value
    }

    /// The header and the frame in a line that holds a whole sample, or nil.
    static func single(
        _ line: UnsafeRawBufferPointer
    ) -> (header: SampleHeader, frame: UnsafeRawBufferPointer)? {
        var start = 0
        while start < line.count, isSpace(line[start]) { start += 1 }
        guard let numbers = Numbers.find(in: line, from: start) else { return nil }
        var header = SampleHeader(line, command: start, numbers)
        // The event is the first word that ends in a colon and has an address behind it.
        var word = numbers.end
        var before = line[numbers.end..<numbers.end]
        while word < line.count {
            while word < line.count, isSpace(line[word]) { word += 1 }
            var end = word
            while end < line.count, !isSpace(line[end]) { end += 1 }
            guard end > word else { return nil }
            let rest = UnsafeRawBufferPointer(rebasing: line[end...])
            if line[end - 1] == 0x3A, end - word > 1, !isTime(line, word), FrameLine.startsWithAddress(rest),
                rest.last(where: { !isSpace($0) }) == 0x29
            {
                header.event = UnsafeRawBufferPointer(rebasing: line[word..<(end - 1)])
                header.period = DecimalNumber.parse(UnsafeRawBufferPointer(rebasing: before)) ?? 0
                return (header, rest)
            }
            before = line[word..<end]
            word = end
        }
        return nil
    }

    private mutating func readEvent(_ line: UnsafeRawBufferPointer) {
        var end = line.count
        while end > 0, Self.isSpace(line[end - 1]) { end -= 1 }
        guard end > 1, line[end - 1] == 0x3A else { return }
        var start = end - 1
        while start > 0, !Self.isSpace(line[start - 1]) { start -= 1 }
        guard start < end - 1 else { return }
        var place = start
        while place > 0, Self.isSpace(line[place - 1]) { place -= 1 }
        let digitsEnd = place
        while place > 0, Self.isDigit(line[place - 1]) { place -= 1 }
        let digits = UnsafeRawBufferPointer(rebasing: line[place..<digitsEnd])
        while place > 0, Self.isSpace(line[place - 1]) { place -= 1 }
        // Without the time's colon: fields of a tracepoint that happen to end in a colon, or no time is printed,
        // where at most the processor stands before.
        guard place == 0 || line[place - 1] == 0x3A || Self.isProcessor(line[..<place]) else { return }
        event = UnsafeRawBufferPointer(rebasing: line[start..<(end - 1)])
        period = DecimalNumber.parse(digits) ?? 0
    }

    /// Whether `words` are `[001]` alone.
    private static func isProcessor(_ words: Slice<UnsafeRawBufferPointer>) -> Bool {
        let word = words.drop(while: isSpace)
        return word.count > 2 && word.first == 0x5B && word.last == 0x5D
            && word.dropFirst().dropLast().allSatisfy(isDigit)
    }

    private static func isTime(_ line: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        var place = start
        while place < line.count, isDigit(line[place]) || line[place] == 0x2E { place += 1 }
        return place > start && place < line.count && line[place] == 0x3A
    }

    @inline(__always)
    fileprivate static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    @inline(__always)
    fileprivate static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Where the process and the thread stand in a header.
    private struct Numbers {
        var commandEnd: Int
        var first: Range<Int>
        var second: Range<Int>?
        var end: Int

        /// The numbers behind the command's name, which may hold spaces and numbers itself: what stands
        /// before the processor or the time is preferred to what comes first.
        static func find(in line: UnsafeRawBufferPointer, from start: Int) -> Numbers? {
            var best: Numbers?
            var place = start + 1
            while place < line.count {
                guard isSpace(line[place]) else {
                    place += 1
                    continue
                }
                let commandEnd = place
                while place < line.count, isSpace(line[place]) { place += 1 }
                guard let numbers = read(line, commandEnd, place) else { continue }
                if startsWithProcessorOrTime(line, numbers.end) { return numbers }
                if best == nil { best = numbers }
            }
            return best
        }

        private static func read(
            _ line: UnsafeRawBufferPointer, _ commandEnd: Int, _ start: Int
        ) -> Numbers? {
            var place = start
            if place < line.count, line[place] == 0x2D { place += 1 }
            let digits = place
            while place < line.count, isDigit(line[place]) { place += 1 }
            guard place > digits else { return nil }
            var numbers = Numbers(commandEnd: commandEnd, first: start..<place, second: nil, end: place)
            if place < line.count, line[place] == 0x2F {
                let second = place + 1
                place = second
                while place < line.count, isDigit(line[place]) { place += 1 }
                if place > second { numbers.second = second..<place }
            }
            guard place < line.count, isSpace(line[place]) else { return nil }
            numbers.end = place
            return numbers
        }

        private static func startsWithProcessorOrTime(_ line: UnsafeRawBufferPointer, _ start: Int) -> Bool {
            var place = start
            while place < line.count, isSpace(line[place]) { place += 1 }
            guard place < line.count else { return false }
            let closing: UInt8
            if line[place] == 0x5B {
                place += 1
                closing = 0x5D
            } else {
                closing = 0x3A
            }
            let digits = place
            while place < line.count, isDigit(line[place]) || line[place] == 0x2E { place += 1 }
            return place > digits && place < line.count && line[place] == closing
        }
    }
}

private func isSpace(_ byte: UInt8) -> Bool { SampleHeader.isSpace(byte) }
private func isDigit(_ byte: UInt8) -> Bool { SampleHeader.isDigit(byte) }
