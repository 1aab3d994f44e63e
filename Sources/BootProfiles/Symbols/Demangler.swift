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
        guard name.starts(with: "_Z".utf8), let full = unfolded(name, bootmark_demangle_cxx) else {
            return name
        }
        return withoutReturnType(full, isSpecial: isSpecial(name))
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

    /// Templates carry the type that they return in their name, which perf does not show.
    static func withoutReturnType(_ name: [UInt8], isSpecial: Bool = false) -> [UInt8] {
        var depth = 0
        var start = 0
        var isConversion = isSpecial
        for (index, byte) in name.enumerated() {
            switch byte {
            case 0x3C where !endsInOperator(name[start..<index]), 0x28, 0x7B, 0x5B:
                // The first parenthesis on the outside begins the arguments, unless a namespace's name is one.
                if byte == 0x28, depth == 0, !name[index...].starts(with: "(anonymous".utf8),
                    !name[..<index].elementsEqual("decltype".utf8), !endsInOperator(name[start..<index])
                {
                    return Array(name[start..<index])
                }
                depth += 1
            case 0x3E, 0x29, 0x7D, 0x5D: depth = max(0, depth - 1)
            case 0x20 where depth == 0:
                // "operator bool" and "operator<< <int>" hold blanks of their own.
                let word = name[start..<index]
                let signs = word.reversed().prefix { "<>=!+-*/%^&|~,()[]".utf8.contains($0) }.count
                if endsInOperator(word.dropLast(signs)) {
                    if signs == 0 { isConversion = true }
                } else if !isConversion {
                    start = index + 1
                }
            default: break
            }
        }
        // Without arguments it is no function's name; "vtable for X" stays as it is.
        return name
    }

    /// Whether a mangled name is that of a thunk, a table or a guard, which reads like "thunk to X".
    private static func isSpecial(_ name: [UInt8]) -> Bool {
        name.count > 2 && (name[2] == 0x54 || name[2] == 0x47)
    }

    private static func endsInOperator(_ name: ArraySlice<UInt8>) -> Bool {
        let word = Array("operator".utf8)
        return name.suffix(word.count).elementsEqual(word)
            || (name.last == 0x3C && name.dropLast().suffix(word.count).elementsEqual(word))
    }
}
