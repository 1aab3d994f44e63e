import Glibc

/// The demangler of the Swift runtime, which every Swift program brings along.
@_silgen_name("swift_demangle")
private func swiftDemangle(
    _ name: UnsafePointer<CChar>?, _ length: Int, _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?

/// Swift's names as they stand in the source, without what makes them long: arguments, results, private markers.
enum SwiftNames {
    /// Whether a name is mangled as Swift 4.2 and later does, on a platform with or without a leading underscore.
    static func areMangled(_ name: [UInt8]) -> Bool {
        let rest = name.first == 0x5F ? name.dropFirst() : name[...]
        return rest.first == 0x24 && rest.count > 2 && [0x73, 0x53, 0x65].contains(rest[rest.startIndex + 1])
    }

    /// `name` as it stands in the source: `closure #1 in static Label.clean`; nil where it is not mangled so.
    static func demangled(_ name: [UInt8]) -> [UInt8]? {
        guard areMangled(name) else { return nil }
        // The compiler's own suffixes are none of the mangling: `.resume.0`, `.llvm.123`.
        let core = Array(name.prefix { $0 != 0x2E })
        let terminated = core.map { CChar(bitPattern: $0) } + [0]
        guard let text = swiftDemangle(terminated, core.count, nil, nil, 0) else { return nil }
        defer { free(text) }
        let length = strlen(text)
        guard length <= Demangler.longestResult else { return nil }
        let full = text.withMemoryRebound(to: UInt8.self, capacity: length) {
            Array(UnsafeBufferPointer(start: $0, count: length))
        }
        // What it does not understand it gives back.
        return full == core ? nil : shortened(full)
    }

    /// A demangled name without argument lists, result types, types of properties and markers of private names.
    ///
    /// `closure #1 (Swift.Int) -> () in main.(f in _1F2E)(x: Swift.Int) -> Swift.Int` becomes
    /// `closure #1 in main.f`. Names of types, in `<>` and of tables, stay whole.
    static func shortened(_ name: [UInt8]) -> [UInt8] {
        var scanner = Scanner(rest: name[...])
        // What is a type's, and no function's, has no arguments to lose.
        let heads = [
            "type metadata", "witness table", "metadata for", "outlined ", "descriptor", "reabstraction",
        ]
        if heads.contains(where: { holds(name, $0) }), !holds(name, " in conformance ") {
            return withoutMarkers(name)
        }
        while let byte = scanner.rest.first { scanner.take(byte) }
        return scanner.kept
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>
        var kept: [UInt8] = []

        mutating func take(_ byte: UInt8) {
            switch byte {
            case 0x28: takeParentheses()
            case 0x3C: kept += group()
            case 0x20 where rest.starts(with: " -> ".utf8) || rest.starts(with: " : ".utf8): skipType()
            case 0x20 where rest.starts(with: " throws".utf8) || rest.starts(with: " async".utf8):
                rest = rest.dropFirst(rest.starts(with: " async".utf8) ? 6 : 7)
            case 0x20 where rest.starts(with: " @".utf8): skipAttribute()
            default:
                kept.append(byte)
                rest.removeFirst()
            }
        }

        /// An argument list is left out, the name in `(name in _MARKER)` and `(extension in Module)` stay.
        private mutating func takeParentheses() {
            let whole = group()
            if whole.starts(with: "(extension in ".utf8) {
                kept += whole
            } else if kept.last == 0x2E || kept.isEmpty,
                let end = SwiftNames.place(of: " in _", in: whole[...])
            {
                kept += whole[1..<end]
            } else if kept.last == 0x20 {
                // "closure #1 (Swift.Int)": the blank goes with the arguments.
                kept.removeLast()
            }
        }

        /// A result's or a property's type, up to " in " and what the closure or the function is in.
        private mutating func skipType() {
            rest = rest.dropFirst(rest.starts(with: " -> ".utf8) ? 4 : 3)
            while let byte = rest.first, !rest.starts(with: " in ".utf8) {
                if byte == 0x28 || byte == 0x3C || byte == 0x5B { _ = group() } else { rest.removeFirst() }
            }
        }

        /// "@Sendable", "@MainActor" before the arguments of a closure.
        private mutating func skipAttribute() {
            rest.removeFirst()
            rest = rest.drop { $0 != 0x20 && $0 != 0x28 }
        }

        /// Takes what stands between a bracket and its partner, both included; all that is left where it has none.
        private mutating func group() -> [UInt8] {
            var depth = 0
            var end = rest.startIndex
            while end < rest.endIndex {
                let isArrow = rest[end] == 0x3E && end > rest.startIndex && rest[end - 1] == 0x2D
                switch rest[end] {
                case 0x28, 0x3C, 0x5B: depth += 1
                case 0x29, 0x5D: depth -= 1
                case 0x3E where !isArrow: depth -= 1
                default: break
                }
                end += 1
                if depth == 0 { break }
            }
            defer { rest = rest[end...] }
            return Array(rest[..<end])
        }
    }

    /// `(Unit in _FE8B)` becomes `Unit`.
    private static func withoutMarkers(_ name: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var rest = name[...]
        while let byte = rest.first {
            if byte == 0x28, let end = rest.firstIndex(of: 0x29),
                let marker = place(of: " in _", in: rest[..<end]),
                !rest[(rest.startIndex + 1)..<marker].contains(0x28)
            {
                kept += rest[(rest.startIndex + 1)..<marker]
                rest = rest[(end + 1)...]
            } else {
                kept.append(byte)
                rest.removeFirst()
            }
        }
        return kept
    }

    private static func holds(_ name: [UInt8], _ text: String) -> Bool {
        place(of: text, in: name[...]) != nil
    }

    /// Where `text` begins in `name`; nil where it does not stand there.
    private static func place(of text: String, in name: ArraySlice<UInt8>) -> Int? {
        let wanted = Array(text.utf8)
        guard name.count >= wanted.count else { return nil }
        return (name.startIndex...(name.endIndex - wanted.count)).first { name[$0...].starts(with: wanted) }
    }
}
