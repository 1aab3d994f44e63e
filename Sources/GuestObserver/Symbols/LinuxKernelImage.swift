import Glibc

/// A compressed Linux kernel for x86 (a bzImage), with the table of its own symbols inside: a distribution's
/// kernel gives named stacks with nothing to install.
///
/// Layout from the kernel's own Documentation/arch/x86/boot.rst.
struct LinuxKernelImage: Sendable {
    /// Its path.
    var path: String

    /// The largest image that is read, in bytes.
    private static let sizeLimit = 1 << 28

    /// The kernel's functions, from the table that it carries for its own use (CONFIG_KALLSYMS).
    /// - Throws: `GuestObserverError` of code `symbolsUnusable`.
    func symbols() throws -> GuestSymbols {
        let kernel = try unpacked()
        guard let table = KallsymsTable(in: kernel) else {
            throw unusable("no table of symbols is inside (CONFIG_KALLSYMS)")
        }
        return GuestSymbols(symbols: table.functions)
    }

    /// The kernel as it runs: an ELF file.
    private func unpacked() throws -> [UInt8] {
        let image = try read()
        guard image.count > 0x250, ExactRecipe.isLinuxKernel(image) else {
            throw unusable("this is no bzImage")
        }
        func word(_ offset: Int) -> Int {
            image.withUnsafeBytes {
                Int($0.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian)
            }
        }
        let version = word(0x206) & 0xffff
        guard version >= 0x208 else {
            throw unusable("its boot protocol is of before 2008, and does not say where the kernel lies")
        }
        let setupSectors = image[0x1f1] == 0 ? 4 : Int(image[0x1f1])
        let start = (setupSectors + 1) * 512 + word(0x248)
        let end = start + word(0x24c)
        guard start < end, end <= image.count else { throw unusable("it is cut short") }
        do {
            return try KernelPayload.unpack(image[start..<end])
        } catch .unknownFormat {
            throw unusable("its compression is none of gzip, xz, lzma, zstd and lz4")
        } catch .tooLarge {
            throw unusable("it unpacks to more than 512 MiB")
        } catch .damaged {
            throw unusable("its compressed kernel is damaged")
        }
    }

    private func read() throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unusable(String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size <= Self.sizeLimit else {
            throw unusable("it is over 256 MiB large")
        }
        let size = Int(status.st_size)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            filled = 0
            while filled < size {
                let count = Glibc.read(file, buffer.baseAddress.map { $0 + filled }, size - filled)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { break }
                filled += count
            }
        }
    }

    private func unusable(_ reason: String) -> GuestObserverError {
        SymbolFile.unusable(
            path, reason, "Give the kernel's vmlinux or System.map, from the package with its debug symbols.")
    }
}
