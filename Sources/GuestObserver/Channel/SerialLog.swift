/// What was counted when the guest wrote each byte to its serial port, taken on the guest's side: it repeats
/// exactly where the boot does, however late the bytes reach the host.
public struct SerialLog: Sendable, Hashable {
    struct Output: Sendable, Hashable {
        /// Bytes written to the serial port afterwards; 0 where the plugin could not tell.
        var serialBytes: UInt64
        var reading: GuestCounters.Reading
        /// The address of the instruction.
        var address: UInt64
    }

    /// Port outputs that the log had no room for, all of them behind the logged ones.
    public let lost: UInt64

    /// In the order in which they ran.
    let outputs: [Output]

    init(_ outputs: [Output], lost: UInt64 = 0) {
        self.outputs = outputs
        self.lost = lost
    }

    /// Reads what the plugin wrote. An entry that is cut short is left out.
    init(_ bytes: [UInt8], lost: UInt64) {
        let outputs = stride(from: 0, to: bytes.count - bytes.count % 32, by: 32).map { offset in
            bytes.withUnsafeBytes { memory in
                func word(_ index: Int) -> UInt64 {
                    memory.loadUnaligned(fromByteOffset: offset + index * 8, as: UInt64.self)
                }
                return Output(
                    serialBytes: word(0), reading: .init(instructions: word(1), blocks: word(2)),
                    address: word(3))
            }
        }
        self.init(outputs, lost: lost)
    }

    /// Whether the plugin saw the port's file, or the processor's registers, so that bytes are matched with outputs one
    /// by one.
    public var isMatched: Bool { outputs.contains { $0.serialBytes > 0 } }

    /// What was counted when the guest had written its byte number `count` (from 1) to the serial port; nil
    /// where it has not, as far as was logged.
    ///
    /// With the port's file this is the output instruction that made the file grow to `count` bytes, and where
    /// registers can be read (QEMU 10) the one that sent byte `count` to the port. Else a fixed rule stands in: the execution number `count` of the output instruction that ran most
    /// often, which is the serial routine of a kernel that logs there. That is early by the writes to the
    /// port's control registers, but it is the same in every boot of the same images.
    public func reading(atByte count: UInt64) -> GuestCounters.Reading? {
        guard count > 0 else { return nil }
        if isMatched {
            // Sizes only grow, so the first that suffices is found by halving.
            var low = 0
            var high = outputs.count
            while low < high {
                let middle = (low + high) / 2
                if outputs[middle].serialBytes < count { low = middle + 1 } else { high = middle }
            }
            return low < outputs.count ? outputs[low].reading : nil
        }
        guard let address = dominantAddress else { return nil }
        let executions = outputs.lazy.filter { $0.address == address }
        return executions.dropFirst(Int(clamping: count - 1)).first?.reading
    }

    /// The address that ran most often; the lowest of several.
    private var dominantAddress: UInt64? {
        var runs: [UInt64: Int] = [:]
        for output in outputs { runs[output.address, default: 0] += 1 }
        return runs.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}
