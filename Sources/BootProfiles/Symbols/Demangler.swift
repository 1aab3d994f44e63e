import CDemangler

/// Names as they stand in the source: of C++, Rust and Swift.
enum Demangler {
    /// The longest name that is demangled: the demanglers' time grows with it.
    private static let longest = 4_096
    /// The longest name that one may unfold to: a short one can unfold without end.
    static let longestResult = 1 << 16

    /// `name` as it stands in the source, without a return type and without arguments, as perf shows it; `name` itself where it is not mangled.
    /// What tools put behind a name, as `@plt`, stays.
    static func demangled(_ name: [UInt8]) -> [UInt8] {
        guard isMangled(name), name.count <= longest, !name.contains(0) else { return name }
        if let at = name.firstIndex(of: 0x40) {
            let front = Array(name[..<at])
            let shown = demangled(front)
            return shown == front ? name : shown + name[at...]
        }
        if let swift = SwiftNames.demangled(name) { return swift }
        // Rust's older names are C++'s to look at, so Rust is asked first.
        if let rust = unfolded(name, bootmark_demangle_rust) { return rust }
        guard name.starts(with: "_Z".utf8), let plain = unfolded(name, bootmark_demangle_cxx) else {
            return name
        }
        return withoutArguments(plain)
    }

    /// Whether a name begins as a mangled one does: a look at its first bytes.
    static func isMangled(_ name: [UInt8]) -> Bool {
        guard let first = name.first, first == 0x5F || first == 0x24 else { return false }
        return name.starts(with: "_Z".utf8) || name.starts(with: "_R".utf8) || SwiftNames.areMangled(name)
    }

    private static func unfolded(
        _ name: [UInt8], _ demangle: (UnsafePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int) -> Int
    ) -> [UInt8]? {
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: longestResult) { buffer in
            let length = demangle(terminated, buffer.baseAddress, buffer.count)
            return length < 0 ? nil : buffer[..<length].map { UInt8(bitPattern: $0) }
        }
    }

    /// What a function holds (its closures, its variables) and what a thunk calls still have arguments in a name that has
    /// none of its own: it ends there, as in the text of perf once it is folded.
    private static func withoutArguments(_ name: [UInt8]) -> [UInt8] {
        var depth = 0
        for (index, byte) in name.enumerated() {
            switch byte {
            case 0x28 where depth == 0 && index > 0:
                guard name[index...].starts(with: "(anonymous".utf8) || endsInOperator(name[..<index]) else {
                    return Array(name[..<index])
                }
                depth += 1
            case 0x3C where !endsInOperator(name[..<index]), 0x28, 0x7B, 0x5B: depth += 1
            case 0x3E, 0x29, 0x7D, 0x5D: depth = max(0, depth - 1)
            default: break
            }
        }
        return name
    }

    private static func endsInOperator(_ name: ArraySlice<UInt8>) -> Bool {
        let word = Array("operator".utf8)
        return name.suffix(word.count).elementsEqual(word)
            || (name.last == 0x3C && name.dropLast().suffix(word.count).elementsEqual(word))
    }
}
