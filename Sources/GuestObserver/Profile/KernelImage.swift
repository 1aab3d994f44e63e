import Glibc

/// What the image that is booted tells of the code that runs before the kernel runs where it was linked.
public struct KernelImage: Sendable, Hashable {
    /// Code and data that the boot loader puts elsewhere than they are linked at.
    struct Early: Sendable, Hashable {
        var first: UInt64
        var last: UInt64
        /// What is to be added to these addresses.
        var offset: UInt64
    }

    /// Where a multiboot kernel lies before it has page tables.
    var early: [Early]
    /// Where a Linux kernel lies beside its decompressor.
    var beside: [Early]
    /// The first instructions of a Linux kernel's decompressor.
    var decompressor: [UInt8]
    /// Whether it is a Linux kernel of 64 bits; nil for what is no Linux kernel.
    private(set) var isFor64Bits: Bool?

    init(early: [Early], beside: [Early], decompressor: [UInt8]) {
        self.early = early
        self.beside = beside
        self.decompressor = decompressor
    }

    /// An image of which nothing is known: what runs before the kernel counts as firmware's or a boot loader's.
    public init() { self.init(early: [], beside: [], decompressor: []) }

    /// Reads the image at `path`, as far as it is a Linux kernel or an ELF file; else nothing is known of it.
    public init(path: String) {
        self.init()
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        let head = Self.bytes(file, at: 0, count: 1024)
        if ExactRecipe.isLinuxKernel(head), head.count > 0x1f1 {
            // The setup code's sectors lie between the boot sector and the decompressor; 0 stands for 4.
            let sectors = head[0x1f1] == 0 ? 4 : Int(head[0x1f1])
            decompressor = Self.bytes(file, at: (sectors + 1) * 512, count: 32)
            // The first flag of 0x236.
            let isFor64Bits = head.count > 0x236 && head[0x236] & 1 == 1
            self.isFor64Bits = isFor64Bits
            beside = Self.kernel(head, isFor64Bits: isFor64Bits)
        } else {
            early = ELFSymbols.earlyCode(path)
        }
    }

    /// Where a Linux kernel without a random address is put, and what its addresses lack there.
    private static func kernel(_ head: [UInt8], isFor64Bits: Bool) -> [Early] {
        guard head.count >= 0x264 else { return [] }
        return head.withUnsafeBytes { head in
            let version = head.loadUnaligned(fromByteOffset: 0x206, as: UInt16.self).littleEndian
            let first = head.loadUnaligned(fromByteOffset: 0x258, as: UInt64.self).littleEndian
            let size = UInt64(head.loadUnaligned(fromByteOffset: 0x260, as: UInt32.self).littleEndian)
            let offset: UInt64 = isFor64Bits ? 0xffff_ffff_8000_0000 : 0xc000_0000
            guard version >= 0x20c, size > 0, first < 1 << 40 else { return [] }
            return [Early(first: first, last: first + size - 1, offset: offset)]
        }
    }

    private static func bytes(_ file: Int32, at offset: Int, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, offset) }
        return Array(bytes.prefix(max(0, read)))
    }

    /// The plugin's settings, a line for each.
    var configuration: [String] {
        early.prefix(16).map { "early \($0.first) \($0.last) \($0.offset)" }
            + beside.map { "alias \($0.first) \($0.last) \($0.offset)" }
            + (decompressor.isEmpty
                ? [] : ["decompressor \(decompressor.map(GuestObservation.hexadecimal).joined())"])
    }
}
