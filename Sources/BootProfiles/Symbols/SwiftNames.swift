import Glibc

/// The demangler of the Swift runtime, which every Swift program brings along.
@_silgen_name("swift_demangle")
private func swiftDemangle(
    _ name: UnsafePointer<CChar>?, _ length: Int, _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?

/// Swift's names as they stand in the source, without what makes them long: arguments, results, private markers.
enum SwiftNames {
    /// The longest name that is demangled; the longest of 418,461 names of Swift's own tools has 1,323 bytes.
    static let longest = 2_048
    /// How many bytes a name may unfold to at the most; 181 of those names might unfold to more.
    static let limit = 1 << 26

    /// Whether a name is mangled as Swift 4.2 and later does, on a platform with or without a leading underscore.
    static func areMangled(_ name: [UInt8]) -> Bool {
        let rest = name.first == 0x5F ? name.dropFirst() : name[...]
        return rest.first == 0x24 && rest.count > 2 && [0x73, 0x53, 0x65].contains(rest[rest.startIndex + 1])
    }

    /// `name` as it stands in the source: `closure #1 in static Label.clean`; nil where it is not mangled so.
    static func demangled(_ name: [UInt8]) -> [UInt8]? {
        guard areMangled(name), name.count <= longest, mostBytes(name) <= limit else { return nil }
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
        // What was left out at an end leaves its blank behind.
        let kept = scanner.kept.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
        return kept.isEmpty ? name : Array(kept)
    }

    /// An upper bound of the bytes that the mangled `name` unfolds to.
    ///
    /// The runtime's demangler has no limit, and each generic type may hold the one before it twice, so a name of
    /// 200 bytes can mean gigabytes. What names refer back to (`A…`) counts as the largest type that was complete
    /// (`G`) before; identifiers are stepped over.
    static func mostBytes(_ name: [UInt8]) -> Int {
        var largest = name.count
        var total = name.count
        var place = 2
        while place < name.count, total <= limit {
            let byte = name[place]
            var next = place + 1
            switch byte {
            case 0x41:
                // A: letters are references, the last one a capital, with numbers of times before them.
                var references = 0
                var times = 0
                while next < name.count {
                    let letter = name[next]
                    next += 1
                    if letter &- 0x30 < 10 {
                        times = min(times * 10 + Int(letter &- 0x30), 1 << 16)
                        continue
                    }
                    references += max(1, times)
                    times = 0
                    if !(letter &- 0x61 < 26) { break }
                }
                total =
                    total &+ min(limit + 1, references.multipliedReportingOverflow(by: largest).partialValue)
            case 0x53:  // S: a type of the standard library, several times
                let (times, end) = number(name, next)
                if end > next { total += 64 * times }
                next = end
            case 0x47: largest = total
            case 0x30: next = wordsEnd(name, next)
            case 0x31...0x39:
                let (count, end) = number(name, place)
                let isIndex = end < name.count && name[end] == 0x5F
                if isIndex, count == 33, end + 35 <= name.count, name[end + 33] == 0x4C,
                    name[end + 34] == 0x4C,
                    name[(end + 1)..<(end + 33)].allSatisfy({ $0 &- 0x30 < 10 || $0 &- 0x41 < 6 })
                {
                    // What tells files apart: a hash.
                    next = end + 35
                } else if isIndex || name[place - 2] == 0x54 {
                    next = end
                } else {
                    next = min(name.count, end + count)
                }
            default: break
            }
            place = next
        }
        return total
    }

    /// The number at `place`, and where it ends.
    private static func number(_ name: [UInt8], _ place: Int) -> (value: Int, end: Int) {
        var (value, end) = (0, place)
        while end < name.count, name[end] &- 0x30 < 10 {
            value = min(value * 10 + Int(name[end] &- 0x30), 1 << 16)
            end += 1
        }
        return (value, end)
    }

    /// Where the letters end that stand for words of identifiers before, the last one a capital.
    private static func wordsEnd(_ name: [UInt8], _ start: Int) -> Int {
        var place = start
        while place < name.count, name[place] &- 0x61 < 26 { place += 1 }
        if place < name.count, name[place] &- 0x41 < 26 { place += 1 }
        return place
    }

    private struct Scanner {
        var rest: ArraySlice<UInt8>
        var kept: [UInt8] = []

        mutating func take(_ byte: UInt8) {
            switch byte {
            case 0x28: takeParentheses()
            // An operator, `Swift.Comparable.< infix`, opens nothing.
            case _ where kept.last == 0x2E && Self.isOperator(byte):
                let name = rest.prefix { Self.isOperator($0) }
                kept += name
                rest = rest.dropFirst(name.count)
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

        private static func isOperator(_ byte: UInt8) -> Bool { "/=-+!*%<>&|^~?".utf8.contains(byte) }

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
        ///
        /// A bracket closes what was opened within its own pair and never closed, as the lists of arguments of
        /// specializations are.
        private mutating func group() -> [UInt8] {
            var open: [UInt8] = []
            var end = rest.startIndex
            while end < rest.endIndex {
                let isArrow = rest[end] == 0x3E && end > rest.startIndex && rest[end - 1] == 0x2D
                switch rest[end] {
                case 0x28, 0x3C, 0x5B: open.append(rest[end])
                case 0x29: close(0x28, in: &open)
                case 0x5D: close(0x5B, in: &open)
                case 0x3E where !isArrow: close(0x3C, in: &open)
                default: break
                }
                end += 1
                if open.isEmpty { break }
            }
            defer { rest = rest[end...] }
            return Array(rest[..<end])
        }

        private func close(_ bracket: UInt8, in open: inout [UInt8]) {
            if let place = open.lastIndex(of: bracket) { open.removeSubrange(place...) }
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
