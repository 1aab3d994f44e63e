/// Builds recordings.
struct Recording {
    let isBig: Bool
    var records: [[UInt8]] = []
    /// What samples hold beside identifier, ip, thread, time, period and call chain: bits of perf_event_attr.
    var moreInSamples: UInt64 = 0
    /// What samples and other records of the second event hold beside that.
    var moreOfSecond: UInt64 = 0
    /// perf_event_attr's read_format.
    var readFormat: UInt64 = 0
    /// perf_event_attr's branch_sample_type and sample_regs_user.
    var branchType: UInt64 = 0
    var registers: UInt64 = 0
    /// What stands behind the records: the kind's number, and the content.
    var features: [(kind: Int, content: [UInt8])] = []
    let attributeSize = 112

    init(isBig: Bool) {
        self.isBig = isBig
        records = [
            comm(7, "work", time: 1),
            map(7, start: 0x1000, size: 0x1000, path: "/no/such/tool", time: 2),
            sample(7, [0x1010, 0x9999_0000], time: 3, period: 5),
            fork(8, from: 7, time: 4), comm(8, "child", time: 5),
            sample(8, [0x1020], time: 6, period: 1),
            sample(7, [0x1030, 0x9999_0000], time: 7, period: 7),
            sample(7, [kernelMarker, 0xFFFF_FFFF_8100_0000, userMarker, 0x1010, 0x5555], time: 8, period: 2),
        ]
    }

    var kernelMarker: UInt64 { UInt64(bitPattern: -128) }
    var userMarker: UInt64 { UInt64(bitPattern: -512) }
    var dataStart: Int { 104 + 2 * (attributeSize + 16) + 16 }

    func number<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { Array($0) }
    }

    func u64(_ value: UInt64) -> [UInt8] { number(value) }
    func u32(_ value: UInt32) -> [UInt8] { number(value) }

    func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8) + [0]
        return bytes + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    }

    func record(_ type: UInt32, _ payload: [UInt8], misc: UInt16 = 2) -> [UInt8] {
        number(type) + number(misc) + number(UInt16(payload.count + 8)) + payload
    }

    /// What stands behind a record that is no sample: thread, time, identifier.
    func trailer(_ thread: UInt32, _ time: UInt64) -> [UInt8] {
        u32(thread) + u32(thread) + u64(time) + u64(100)
    }

    func comm(_ thread: UInt32, _ name: String, time: UInt64) -> [UInt8] {
        record(3, u32(thread) + u32(thread) + text(name) + trailer(thread, time))
    }

    func fork(_ thread: UInt32, from parent: UInt32, time: UInt64) -> [UInt8] {
        record(
            7, u32(thread) + u32(parent) + u32(thread) + u32(parent) + u64(time) + trailer(thread, time))
    }

    func map(
        _ process: UInt32, start: UInt64, size: UInt64, path: String, time: UInt64, offset: UInt64 = 0,
        misc: UInt16 = 2
    )
        -> [UInt8]
    {
        let place = u32(process) + u32(process) + u64(start) + u64(size) + u64(offset)
        let file = u32(0) + u32(0) + u64(0) + u64(0) + u32(5) + u32(2)
        return record(10, place + file + text(path) + trailer(process, time), misc: misc)
    }

    func sample(
        _ thread: UInt32, _ chain: [UInt64], time: UInt64, period: UInt64 = 1, event: UInt64 = 0,
        claimed: UInt64? = nil, misc: UInt16 = 2, counters: [UInt8] = [], more: [UInt8] = []
    ) -> [UInt8] {
        let head = u64(100 + event) + u64(chain.first ?? 0) + u32(thread) + u32(thread) + u64(time)
        let addresses = chain.flatMap { u64($0) }
        return record(
            9, head + u64(period) + counters + u64(claimed ?? UInt64(chain.count)) + addresses + more,
            misc: misc)
    }

    /// perf_event_attr of a clock: identifier, ip, thread, time, period and call chain in its samples.
    private func attributes(config: UInt64) -> [UInt8] {
        let own = config == 0 ? 0 : moreOfSecond
        let type: UInt64 = 1 << 16 | 1 << 0 | 1 << 1 | 1 << 2 | 1 << 8 | 1 << 5 | moreInSamples | own
        let flags: UInt64 = isBig ? 1 << (63 - 18) : 1 << 18
        var words =
            u32(1) + u32(UInt32(attributeSize)) + u64(config) + u64(4000) + u64(type) + u64(readFormat)
            + u64(flags)
        words += [UInt8](repeating: 0, count: 72 - words.count) + u64(branchType) + u64(registers)
        return words + [UInt8](repeating: 0, count: attributeSize - words.count)
    }

    private var magic: [UInt8] { Array((isBig ? "2ELIFREP" : "PERFILE2").utf8) }

    var file: [UInt8] {
        let data = records.flatMap { $0 }
        let tableStart = 104 + 16
        let tableSize = 2 * (attributeSize + 16)
        var bytes = magic + u64(104) + u64(UInt64(attributeSize + 16))
        bytes += u64(UInt64(tableStart)) + u64(UInt64(tableSize))
        bytes += u64(UInt64(tableStart + tableSize)) + u64(UInt64(data.count))
        bytes += [UInt8](repeating: 0, count: 72 - bytes.count)
        for word in 0..<4 {
            bytes += u64(features.reduce(0) { $0 | ($1.kind / 64 == word ? 1 << UInt64($1.kind % 64) : 0) })
        }
        bytes += u64(100) + u64(101)
        for event in 0..<2 {
            bytes += attributes(config: UInt64(event)) + u64(UInt64(104 + 8 * event)) + u64(8)
        }
        bytes += data
        var place = bytes.count + 16 * features.count
        for feature in features {
            bytes += u64(UInt64(place)) + u64(UInt64(feature.content.count))
            place += feature.content.count
        }
        return bytes + features.flatMap(\.content)
    }

    /// The feature that names the two events.
    func descriptions(_ names: [String]) -> (kind: Int, content: [UInt8]) {
        var content = u32(UInt32(names.count)) + u32(UInt32(attributeSize))
        for (index, name) in names.enumerated() {
            let text = text(name)
            content += [UInt8](repeating: 0, count: attributeSize) + u32(1) + u32(UInt32(text.count)) + text
            content += u64(UInt64(100 + index))
        }
        return (12, content)
    }

    /// The feature that says which build of a file was recorded.
    func buildID(_ identifier: [UInt8], of path: String, misc: UInt16 = 2) -> (kind: Int, content: [UInt8]) {
        let text = text(path)
        let head = u32(0) + number(misc) + number(UInt16(36 + text.count)) + u32(7)
        return (2, head + identifier + [UInt8](repeating: 0, count: 24 - identifier.count) + text)
    }

    var pipe: [UInt8] {
        var bytes = magic + u64(16)
        for event in 0..<2 {
            bytes += record(64, attributes(config: UInt64(event)) + u64(UInt64(100 + event)))
        }
        return bytes + records.flatMap { $0 }
    }
}
