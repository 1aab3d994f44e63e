/// The machine that QEMU emulates.
public struct Machine: Sendable, Hashable, Codable {
    /// The architecture: which `qemu-system-…` runs.
    public enum Architecture: String, Sendable, Hashable, Codable, CaseIterable {
        case i386
        case amd64 = "x86_64"
        case aarch64, riscv64
    }

    /// An amount of memory.
    public struct Memory: Sendable, Hashable, Codable {
        /// Mebibytes (1,048,576 bytes each).
        public var mebibytes: Int
        /// `count` mebibytes.
        public static func mebibytes(_ count: Int) -> Memory { Memory(mebibytes: count) }
        /// `count` gibibytes.
        public static func gibibytes(_ count: Int) -> Memory { Memory(mebibytes: count * 1024) }
    }

    /// The architecture.
    public var architecture: Architecture
    /// QEMU's machine type: `pc`, `q35`, `virt`.
    public var type: String
    /// QEMU's CPU model: `486`, `pentium3`, `athlon`; nil for the machine's own default.
    public var cpuModel: String?
    /// The number of processors.
    public var cpus: Int
    /// The memory.
    public var memory: Memory

    /// A machine.
    public init(
        architecture: Architecture, type: String = "pc", cpuModel: String? = nil, cpus: Int = 1,
        memory: Memory = .mebibytes(256)
    ) {
        self.architecture = architecture
        self.type = type
        self.cpuModel = cpuModel
        self.cpus = cpus
        self.memory = memory
    }

    /// One line for reports: `i386 pc, pentium3, 2 CPUs, 512 MiB`.
    public var summary: String {
        let model = cpuModel.map { ", \($0)" } ?? ""
        let processors = cpus == 1 ? "1 CPU" : "\(cpus) CPUs"
        return "\(architecture.rawValue) \(type)\(model), \(processors), \(memory.mebibytes) MiB"
    }
}
