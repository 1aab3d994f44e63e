/// How a GDB stub lays out the registers of its target, as far as a sampler needs them.
public enum RegisterLayout: Sendable, Hashable {
    case x86x64, i386, arm64, riscv64

    /// The layout of an architecture, by the name that the stub's description or QEMU's program gives it.
    public init?(architecture: String) {
        switch architecture {
        case "i386:x86-64", "x86_64": self = .x86x64
        case "i386": self = .i386
        case "aarch64": self = .arm64
        case "riscv:rv64", "riscv64": self = .riscv64
        default: return nil
        }
    }

    /// Whether code is x86's.
    var isX86: Bool { self == .x86x64 || self == .i386 }

    /// A processor's state from its registers; nil where they are too few.
    public func state(_ registers: [UInt8], number: Int) -> ProcessorState? {
        func value(_ offset: Int, _ size: Int) -> UInt64 {
            registers[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        switch self {
        case .x86x64:
            // 16 general registers, rip, then 32 bits each: eflags, cs, ss, ds, es, fs, gs; three bases; cr0.
            guard registers.count >= 196 else { return nil }
            return x86State(
                number, counter: value(128, 8), stack: value(56, 8), frame: value(48, 8),
                segment: value(140, 4),
                isReal: value(188, 8) & 1 == 0)
        case .i386:
            guard registers.count >= 80 else { return nil }
            return x86State(
                number, counter: value(32, 4), stack: value(16, 4), frame: value(20, 4),
                segment: value(40, 4),
                isReal: value(76, 4) & 1 == 0)
        case .arm64:
            // x0 to x30, sp, pc, then cpsr in 32 bits, whose bits 2 and 3 are the exception level.
            guard registers.count >= 268 else { return nil }
            return ProcessorState(
                number: number, programCounter: value(256, 8), stackPointer: value(248, 8),
                framePointer: value(232, 8), mode: value(264, 4) & 12 == 0 ? .user : .kernel)
        case .riscv64:
            // x0 to x31, pc. The privilege is not among them; kernels run in the upper half.
            guard registers.count >= 264 else { return nil }
            let counter = value(256, 8)
            return ProcessorState(
                number: number, programCounter: counter, stackPointer: value(16, 8),
                framePointer: value(64, 8),
                mode: counter >> 63 == 1 ? .kernel : .unknown)
        }
    }

    private func x86State(
        _ number: Int, counter: UInt64, stack: UInt64, frame: UInt64, segment: UInt64, isReal: Bool
    ) -> ProcessorState {
        ProcessorState(
            number: number, programCounter: isReal ? segment << 4 &+ counter & 0xffff : counter,
            stackPointer: stack, framePointer: frame, mode: !isReal && segment & 3 == 3 ? .user : .kernel,
            codeSegment: segment)
    }
}
