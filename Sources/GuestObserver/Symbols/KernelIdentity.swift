import CElfutils
import Glibc

/// Whether a file of symbols is that of the kernel that is booted.
extension SymbolFile {
    /// What speaks against these symbols being the kernel's, in one clause; nil where nothing does.
    ///
    /// - Parameters:
    ///   - symbols: what `read()` gave.
    ///   - kernel: the path of the image that is booted.
    ///   - own: the symbols that the image itself holds; nil where it is stripped.
    public func contradiction(_ symbols: GuestSymbols, to kernel: String, own: GuestSymbols?) -> String? {
        // Moved symbols are of a kernel that runs elsewhere than it was linked.
        guard offset == 0 else { return nil }
        if let mine = ELFSymbols.buildID(path), let its = ELFSymbols.buildID(kernel), mine != its {
            return "its build id is \(mine), the kernel's \(its)"
        }
        if let own {
            let (shared, moved) = symbols.comparing(own)
            return shared >= 8 && moved * 2 > shared
                ? "\(moved) of \(shared) functions lie elsewhere in the kernel" : nil
        }
        if ELFSymbols.codeDiffers(path, kernel) { return "its code is not the kernel's" }
        let calls = KernelCalls(in: kernel, leadingTo: symbols)
        return calls.contradicts
            ? "\(calls.count - calls.named) of the \(calls.count) calls in the kernel lead to none of them"
            : nil
    }
}

extension GuestSymbols {
    /// How many names both have once, and how many of those lie elsewhere.
    func comparing(_ other: GuestSymbols) -> (shared: Int, moved: Int) {
        func unique(_ symbols: [Symbol]) -> [String: UInt64?] {
            symbols.reduce(into: [:]) { places, symbol in
                places[symbol.name] = places[symbol.name] == nil ? .some(symbol.address) : .some(nil)
            }
        }
        let others = unique(other.symbols)
        var (shared, moved) = (0, 0)
        for (name, place) in unique(symbols) {
            guard let place, case .some(.some(let elsewhere)) = others[name] else { continue }
            shared += 1
            if place != elsewhere { moved += 1 }
        }
        return (shared, moved)
    }

    /// Whether these are the other's functions too, more than half of them by name.
    public func names(_ other: GuestSymbols) -> Bool { comparing(other).shared * 2 > other.symbols.count }
}

extension ELFSymbols {
    /// The build id, in hexadecimal; nil for a file that has none.
    static func buildID(_ path: String) -> String? {
        let found = try? withELF(path) { elf -> String? in
            var bytes: UnsafeRawPointer?
            let count = dwelf_elf_gnu_build_id(elf, &bytes)
            guard count > 0, let bytes else { return nil }
            return UnsafeRawBufferPointer(start: bytes, count: count)
                .map(GuestObservation.hexadecimal).joined()
        }
        return found ?? nil
    }

    /// Whether both files hold code for the same addresses, and it is not the same code.
    static func codeDiffers(_ one: String, _ other: String) -> Bool {
        guard let mine = try? program(one), let its = try? program(other) else { return false }
        for left in mine.code {
            for right in its.code where left.addresses.overlaps(right.addresses) {
                let common = left.addresses.clamped(to: right.addresses)
                let count = Int(min(common.upperBound - common.lowerBound, 1 << 20)) + 1
                let place = common.lowerBound
                let first = bytes(one, at: left.fileOffset + (place - left.addresses.lowerBound), count)
                let second = bytes(other, at: right.fileOffset + (place - right.addresses.lowerBound), count)
                // A file of debug information only has nothing but zeros there.
                let holds = first.contains { $0 != 0 } && second.contains { $0 != 0 }
                if holds, first != second { return true }
            }
        }
        return false
    }

    /// As many bytes of a file as there are from an offset on.
    static func bytes(_ path: String, at offset: UInt64, _ count: Int) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = bytes.withUnsafeMutableBytes {
            pread(file, $0.baseAddress, $0.count, Int(clamping: offset))
        }
        return Array(bytes.prefix(max(0, read)))
    }
}
