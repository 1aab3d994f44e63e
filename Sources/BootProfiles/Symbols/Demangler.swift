import Glibc

/// The C++ runtime's own demangler, which the Swift runtime links; Rust's older names are of the same kind.
@_silgen_name("__cxa_demangle")
private func cxaDemangle(
    _ name: UnsafePointer<CChar>?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ length: UnsafeMutablePointer<Int>?,
    _ status: UnsafeMutablePointer<Int32>?
) -> UnsafeMutablePointer<CChar>?

/// Names as they stand in the source.
enum Demangler {
    /// The longest name that is demangled: the demangler's time and memory grow with what a name unfolds to.
    private static let longest = 4_096

    /// `name` as it stands in the source, without a return type and without arguments, as perf shows it; `name` itself where it is not mangled.
    static func demangled(_ name: [UInt8]) -> [UInt8] {
        guard name.starts(with: "_Z".utf8), name.count <= longest, !name.contains(0) else { return name }
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        guard let text = cxaDemangle(terminated, nil, nil, nil) else { return name }
        defer { free(text) }
        let length = strlen(text)
        guard length <= 1 << 16 else { return name }
        var demangled = text.withMemoryRebound(to: UInt8.self, capacity: length) {
            withoutReturnType(
                Array(UnsafeBufferPointer(start: $0, count: length)), isSpecial: Self.isSpecial(name))
        }
        dropRustHash(&demangled)
        return demangled
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

    private static func dropRustHash(_ name: inout [UInt8]) {
        guard name.count > 19, name[name.count - 19..<name.count - 16].elementsEqual("::h".utf8),
            name.suffix(16).allSatisfy({ $0 &- 0x30 < 10 || $0 &- 0x61 < 6 })
        else { return }
        name.removeLast(19)
    }
}
