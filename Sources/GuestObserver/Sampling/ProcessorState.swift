/// Where one of the guest's processors was when it was looked at.
public struct ProcessorState: Sendable, Hashable {
    /// On whose behalf it ran.
    public enum Mode: Sendable, Hashable {
        /// With a user program's rights.
        case user
        /// With the kernel's rights, or the firmware's.
        case kernel
        /// It cannot be told.
        case unknown
    }

    /// Its number, from 0.
    public var number: Int
    /// The address of its next instruction; on x86 with the code segment's base added.
    public var programCounter: UInt64
    /// Its stack pointer.
    public var stackPointer: UInt64
    /// The register that holds the frame pointer, where code keeps one.
    public var framePointer: UInt64
    /// On whose behalf it ran.
    public var mode: Mode
    /// Whether it waited for an interrupt; nil where that cannot be known.
    public var isHalted: Bool?
    /// The selector of its code segment on x86, else 0.
    public var codeSegment: UInt64

    /// A processor's state.
    public init(
        number: Int, programCounter: UInt64, stackPointer: UInt64 = 0, framePointer: UInt64 = 0,
        mode: Mode = .unknown, isHalted: Bool? = nil, codeSegment: UInt64 = 0
    ) {
        self.number = number
        self.programCounter = programCounter
        self.stackPointer = stackPointer
        self.framePointer = framePointer
        self.mode = mode
        self.isHalted = isHalted
        self.codeSegment = codeSegment
    }
}
