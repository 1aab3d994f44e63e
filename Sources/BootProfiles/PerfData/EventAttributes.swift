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
        static let identifier = SampleType(rawValue: 1 << 16)
    }

    /// The least size that any version of perf has written.
    static let smallest = 64

    let type: UInt32
    let config: UInt64
    let sampleType: SampleType
    let readFormat: UInt64
    /// Whether other records end in time, thread and event.
    let marksAllRecords: Bool
    /// What perf calls the event; what its type and number mean where the recording does not say.
    var name: [UInt8]

    /// The attributes in `view`.
    init(_ view: ByteView) {
        type = view.u32(0)
        config = view.u64(8)
        sampleType = SampleType(rawValue: view.u64(24))
        readFormat = view.u64(32)
        let flags = view.u64(40)
        // Bit fields are laid out from the other end in the other byte order.
        marksAllRecords = flags >> (view.isSwapped ? 63 - 18 : 18) & 1 == 1
        name = Array(Self.name(type: type, config: config).utf8)
    }

    /// Whether the event is a tracepoint, whose header in perf script's text has no event to filter by.
    var isTracepoint: Bool { type == 2 }

    /// Where the time stands before the end of a record that is no sample; nil where there is none.
    var timeFromEnd: Int? {
        guard marksAllRecords, sampleType.contains(.time) else { return nil }
        return 8 + size(of: [.id, .stream, .cpu, .identifier])
    }

    private func size(of parts: [SampleType]) -> Int { parts.count { sampleType.contains($0) } * 8 }

    private static func name(type: UInt32, config: UInt64) -> String {
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
    var process: Int32 = -1
    var thread: Int32 = -1
    var time: UInt64 = 0
    var cpu: Int32 = -1
    var identifier: UInt64 = 0
    var period: UInt64 = 0
    /// Where the call chain's addresses begin in the record, and how many there are.
    var chainStart = 0
    var chainCount = 0

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

    private static func readSize(_ record: ByteView, _ offset: Int, _ format: UInt64) -> Int? {
        let times = (format & 1 != 0 ? 8 : 0) + (format & 2 != 0 ? 8 : 0)
        let each = 8 + (format & 4 != 0 ? 8 : 0) + (format & 16 != 0 ? 8 : 0)
        guard format & 8 != 0 else { return each + times }
        let count = record.u64(offset)
        guard count <= UInt64(record.count / 8) else { return nil }
        return 8 + times + Int(count) * each
    }
}
