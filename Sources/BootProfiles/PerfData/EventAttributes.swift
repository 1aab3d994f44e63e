/// How perf recorded an event, and so what its samples hold: perf_event_attr, as far as reading needs it.
struct EventAttributes {
    /// What a sample may hold, in the order in which it does.
    struct SampleType: OptionSet {
        let rawValue: UInt64
        static let ip = SampleType(rawValue: 1 << 0)
        static let thread = SampleType(rawValue: 1 << 1)
        static let time = SampleType(rawValue: 1 << 2)
        static let address = SampleType(rawValue: 1 << 3)
        static let read = SampleType(rawValue: 1 << 4)
        static let callchain = SampleType(rawValue: 1 << 5)
        static let id = SampleType(rawValue: 1 << 6)
        static let cpu = SampleType(rawValue: 1 << 7)
        static let period = SampleType(rawValue: 1 << 8)
        static let stream = SampleType(rawValue: 1 << 9)
        static let raw = SampleType(rawValue: 1 << 10)
        static let branches = SampleType(rawValue: 1 << 11)
        static let userRegisters = SampleType(rawValue: 1 << 12)
        static let userStack = SampleType(rawValue: 1 << 13)
        static let identifier = SampleType(rawValue: 1 << 16)
    }

    /// The least size that any version of perf has written.
    static let smallest = 64

    let type: UInt32
    let config: UInt64
    /// What every sample weighs that does not say it itself: what was asked for with `perf record -c`.
    let period: UInt64
    let sampleType: SampleType
    let readFormat: UInt64
    /// What the hardware's records of branches hold.
    let branchType: UInt64
    /// Which of the user's registers samples hold, by perf's numbers.
    let userRegisters: UInt64
    /// Whether other records end in time, thread and event.
    let marksAllRecords: Bool

    /// The attributes in `view`.
    init(_ view: ByteView) {
        type = view.u32(0)
        config = view.u64(8)
        period = view.u64(16)
        sampleType = SampleType(rawValue: view.u64(24))
        readFormat = view.u64(32)
        // Older versions of perf wrote shorter attributes: what they did not know reads as 0.
        branchType = view.u64(72)
        userRegisters = view.u64(80)
        let flags = view.u64(40)
        // Bit fields are laid out from the other end in the other byte order.
        marksAllRecords = flags >> (view.isSwapped ? 63 - 18 : 18) & 1 == 1
    }

    /// Whether the hardware kept the branches as a stack of calls.
    var keepsCallStack: Bool { branchType & 1 << 11 != 0 }

    /// Whether the event is a tracepoint, whose header in perf script's text has no event to filter by.
    var isTracepoint: Bool { type == 2 }

    /// Where the time stands in a sample; nil where there is none.
    var timeInSample: Int? {
        guard sampleType.contains(.time) else { return nil }
        return 8 + size(of: [.identifier, .ip, .thread])
    }

    /// Where the time stands before the end of a record that is no sample; nil where there is none.
    var timeFromEnd: Int? {
        guard marksAllRecords, sampleType.contains(.time) else { return nil }
        return 8 + size(of: [.id, .stream, .cpu, .identifier])
    }

    /// Where the event's identifier stands before the end of a record that is no sample; nil where there is none.
    /// The same for all events of a recording that mixes them.
    var identifierFromEnd: Int? {
        guard marksAllRecords else { return nil }
        if sampleType.contains(.identifier) { return 8 }
        return sampleType.contains(.id) ? 8 + size(of: [.stream, .cpu]) : nil
    }

    /// Whether samples hold what the counters of their group of events, or their own, stand at.
    var readsValues: Bool { sampleType.contains(.read) && readFormat & 4 != 0 }

    /// Where the thread's number stands before the end of a record that is no sample; nil where there is none.
    var threadFromEnd: Int? {
        guard marksAllRecords, sampleType.contains(.thread) else { return nil }
        return 4 + size(of: [.time, .id, .stream, .cpu, .identifier])
    }

    private func size(of parts: [SampleType]) -> Int { parts.count { sampleType.contains($0) } * 8 }

    /// What the event's type and number mean.
    var meaning: String {
        let hardware = [
            "cycles", "instructions", "cache-references", "cache-misses", "branches", "branch-misses",
            "bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend", "ref-cycles",
        ]
        let software = [
            "cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations", "minor-faults",
            "major-faults", "alignment-faults", "emulation-faults", "dummy", "bpf-output", "cgroup-switches",
        ]
        let names = type == 0 ? hardware : type == 1 ? software : []
        return config < UInt64(names.count) ? names[Int(config)] : "event \(type):\(config)"
    }
}

/// A sample, taken apart.
struct Sample {
    var ip: UInt64 = 0
    /// Where the address stands in the record.
    var ipStart = 0
    var process: Int32 = -1
    var thread: Int32 = -1
    var time: UInt64 = 0
    var cpu: Int32 = -1
    var identifier: UInt64 = 0
    var period: UInt64 = 0
    /// Where what the counters stand at begins.
    var readStart = 0
    /// Where the call chain's addresses begin in the record, and how many there are.
    var chainStart = 0
    var chainCount = 0
    /// Where the hardware's records of branches begin, 24 bytes each: from, to, flags.
    var branchStart = 0
    var branchCount = 0
    /// Where the user's registers begin, and how many there are; none where the thread was not in user mode.
    var registerStart = 0
    var registerCount = 0
    /// Where the user's stack begins, and how many bytes of it were kept.
    var stackStart = 0
    var stackCount = 0

    /// Takes the sample in `record` (its header of eight bytes included) apart; nil where it is too short
    /// for what it says that it holds.
    init?(_ record: ByteView, _ attributes: EventAttributes) {
        var offset = 8
        let type = attributes.sampleType
        if type.contains(.identifier) {
            identifier = record.u64(offset)
            offset += 8
        }
        if type.contains(.ip) {
            ip = record.u64(offset)
            ipStart = offset
            offset += 8
        }
        if type.contains(.thread) {
            process = Int32(bitPattern: record.u32(offset))
            thread = Int32(bitPattern: record.u32(offset + 4))
            offset += 8
        }
        if type.contains(.time) {
            time = record.u64(offset)
            offset += 8
        }
        if type.contains(.address) { offset += 8 }
        if type.contains(.id) {
            identifier = record.u64(offset)
            offset += 8
        }
        if type.contains(.stream) { offset += 8 }
        if type.contains(.cpu) {
            cpu = Int32(bitPattern: record.u32(offset))
            offset += 8
        }
        if type.contains(.period) {
            period = record.u64(offset)
            offset += 8
        }
        if type.contains(.read) {
            guard let size = Self.readSize(record, offset, attributes.readFormat) else { return nil }
            readStart = offset
            offset += size
        }
        if type.contains(.callchain) {
            let count = record.u64(offset)
            offset += 8
            guard offset <= record.count, count <= UInt64(record.count - offset) / 8 else { return nil }
            chainStart = offset
            chainCount = Int(count)
            offset += chainCount * 8
        }
        guard offset <= record.count else { return nil }
        if !type.isDisjoint(with: [.raw, .branches, .userRegisters, .userStack]) {
            guard readTail(record, attributes, offset) else { return nil }
        }
    }

    /// Reads what stands behind the call chain; false where the record is too short for it.
    private mutating func readTail(_ record: ByteView, _ attributes: EventAttributes, _ start: Int) -> Bool {
        var offset = start
        let type = attributes.sampleType
        if type.contains(.raw) { offset += 4 + Int(record.u32(offset)) }
        guard offset <= record.count else { return false }
        if type.contains(.branches) {
            let count = record.u64(offset)
            offset += attributes.branchType & 1 << 17 != 0 ? 16 : 8
            guard offset <= record.count, count <= UInt64(record.count - offset) / 24 else { return false }
            branchStart = offset
            branchCount = Int(count)
            offset += branchCount * 24
            if attributes.branchType & 1 << 19 != 0 { offset += branchCount * 8 }
        }
        if type.contains(.userRegisters) {
            let abi = record.u64(offset)
            offset += 8
            if abi != 0 {
                let count = attributes.userRegisters.nonzeroBitCount
                // The registers of a program of 32 bits are numbered in another way.
                if abi == 2 {
                    registerStart = offset
                    registerCount = count
                }
                offset += count * 8
            }
        }
        if type.contains(.userStack) {
            guard offset <= record.count, let size = record.size(offset) else { return false }
            offset += 8
            if size > 0 {
                guard size <= record.count - offset - 8 else { return false }
                stackStart = offset
                stackCount = min(size, record.size(offset + size) ?? 0)
                offset += size + 8
            }
        }
        return offset <= record.count
    }

    /// The branches as a stack of calls: the place where the last call led to, then the calls, innermost first.
    func forEachCall(_ record: ByteView, _ body: (UInt64) -> Void) {
        guard branchCount > 0 else { return }
        body(record.u64(branchStart + 8))
        for index in 0..<branchCount { body(record.u64(branchStart + index * 24)) }
    }

    /// The user's registers and stack; nil where they were not recorded, or not by a machine of the kind `machine`
    /// (`x86_64`, `aarch64`).
    func userStack(_ record: ByteView, _ attributes: EventAttributes, machine: [UInt8]) -> UserStack? {
        guard registerCount > 0, stackCount > 0, !record.isSwapped else { return nil }
        func register(_ number: Int) -> UInt64? {
            guard attributes.userRegisters >> UInt64(number) & 1 == 1 else { return nil }
            let before = (attributes.userRegisters & (1 << UInt64(number) - 1)).nonzeroBitCount
            return record.u64(registerStart + before * 8)
        }
        var user = UserStack(stack: record.slice(stackStart..<(stackStart + stackCount)).bytes)
        // perf's numbers in the order of DWARF's.
        let order: [Int]
        let (pointer, counter): (Int, Int)
        switch machine {
        case Array("x86_64".utf8):
            order = [0, 3, 2, 1, 4, 5, 6, 7] + Array(16...23) + [8]
            (pointer, counter) = (7, 8)
        case Array("aarch64".utf8):
            order = Array(0...31)
            (pointer, counter) = (31, 32)
        default: return nil
        }
        guard let stackPointer = register(pointer), let programCounter = register(counter) else { return nil }
        user.registers = order.map { register($0) ?? 0 }
        user.stackPointer = stackPointer
        user.programCounter = programCounter
        return user
    }

    /// Where and when it was taken.
    var facts: SampleFacts { SampleFacts(process: process, thread: thread, processor: cpu, time: time) }

    /// Where the identifier of the event stands in a sample, so that the attributes can be found: the same
    /// place in every event of a recording that mixes them.
    static func identifier(_ record: ByteView, _ type: EventAttributes.SampleType) -> UInt64 {
        if type.contains(.identifier) { return record.u64(8) }
        guard type.contains(.id) else { return 0 }
        let before: [EventAttributes.SampleType] = [.ip, .thread, .time, .address]
        return record.u64(8 + before.count { type.contains($0) } * 8)
    }

    /// What each counter of the sample's group of events stands at, with the identifier of the event.
    ///
    /// - Precondition: `attributes.readsValues`.
    func values(_ record: ByteView, _ attributes: EventAttributes) -> [(identifier: UInt64, count: UInt64)] {
        let format = attributes.readFormat
        let times = (format & 1 != 0 ? 8 : 0) + (format & 2 != 0 ? 8 : 0)
        guard format & 8 != 0 else {
            return [(record.u64(readStart + 8 + times), record.u64(readStart))]
        }
        let each = format & 16 != 0 ? 24 : 16
        return (0..<Int(record.u64(readStart))).map {
            let place = readStart + 8 + times + $0 * each
            return (record.u64(place + 8), record.u64(place))
        }
    }

    private static func readSize(_ record: ByteView, _ offset: Int, _ format: UInt64) -> Int? {
        let times = (format & 1 != 0 ? 8 : 0) + (format & 2 != 0 ? 8 : 0)
        let each = 8 + (format & 4 != 0 ? 8 : 0) + (format & 16 != 0 ? 8 : 0)
        guard format & 8 != 0 else { return each + times }
        let count = record.u64(offset)
        guard count <= UInt64(record.count / 8) else { return nil }
        return 8 + times + Int(count) * each
    }
}
