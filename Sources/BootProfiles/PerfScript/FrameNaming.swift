/// What a frame is called in a folded stack, as stackcollapse-perf.pl calls it.
struct FrameNaming {
    /// What kind of memory a frame without a symbol lies in.
    enum Kind: UInt8 {
        /// The frame has a symbol, or lies in a file.
        case named
        /// In memory that a program filled with code: a translator's buffer.
        case generated
        /// In no mapping at all, so it cannot be code: the stack walk went astray.
        case nowhere
    }

    let options: FoldingOptions

    /// The names of the functions in `function`, outermost first: several where some were inlined.
    func names(
        function: UnsafeRawBufferPointer, module: UnsafeRawBufferPointer, address: UnsafeRawBufferPointer,
        isJava: Bool
    ) -> [[UInt8]] {
        if options.namesModules { return [Self.moduleName(module)] }
        var names: [[UInt8]] = []
        var start = 0
        while start <= function.count {
            let end = Self.arrow(in: function, from: start)
            let part = UnsafeRawBufferPointer(rebasing: function[start..<end])
            names.append(
                name(of: part, module: module, address: address, isJava: isJava, isInlined: !names.isEmpty))
            start = end + 2
        }
        return names
    }

    /// What kind of memory the frame lies in.
    static func kind(function: UnsafeRawBufferPointer, module: UnsafeRawBufferPointer) -> Kind {
        guard function.elementsEqual("[unknown]".utf8) else { return .named }
        if module.elementsEqual("[unknown]".utf8) { return .nowhere }
        return isGeneratedMemory(module) ? .generated : .named
    }

    /// The module's last path component; the kernel and all of its modules are `[kernel]`.
    private static func moduleName(_ module: UnsafeRawBufferPointer) -> [UInt8] {
        if isKernel(module) { return Array("[kernel]".utf8) }
        let slash = ByteSearch.last(0x2F, in: module).map { $0 + 1 } ?? 0
        var name = Array(module[slash...])
        for index in name.indices where name[index] == 0x3B { name[index] = 0x3A }
        return name.isEmpty ? Array("[unknown]".utf8) : name
    }

    private func name(
        of function: UnsafeRawBufferPointer, module: UnsafeRawBufferPointer,
        address: UnsafeRawBufferPointer, isJava: Bool, isInlined: Bool
    ) -> [UInt8] {
        var name: [UInt8]
        if function.elementsEqual("[unknown]".utf8) {
            name = unknownName(module: module, address: address)
            for index in name.indices where name[index] == 0x3B { name[index] = 0x3A }
        } else {
            name = Array(function)
            // perf demangles C++ and Rust, and not Swift.
            if options.showsRawNames { Self.tidy(&name) } else { Self.demangle(&name) }
        }
        if isJava, name.first == 0x4C, name.contains(0x2F) { name.removeFirst() }
        if isInlined {
            Self.mark(&name, 0x69)
        } else if options.marksKernel, Self.isKernel(module) {
            name.append(contentsOf: "_[k]".utf8)
        } else if options.marksGenerated, Self.isPerfMap(module) || Self.isJitdump(module) {
            Self.mark(&name, 0x6A)
        }
        return name
    }

    private func unknownName(module: UnsafeRawBufferPointer, address: UnsafeRawBufferPointer) -> [UInt8] {
        var name: [UInt8] = [0x5B]
        if module.elementsEqual("[unknown]".utf8) {
            name.append(contentsOf: "unknown".utf8)
        } else {
            name.append(contentsOf: Self.baseName(module))
        }
        if options.showsAddresses {
            name.append(contentsOf: " <".utf8)
            name.append(contentsOf: address)
            name.append(0x3E)
        }
        name.append(0x5D)
        return name
    }

    /// `name` without its arguments, so that something can be written behind it.
    static func withoutArguments(_ name: [UInt8]) -> [UInt8] {
        guard name.contains(0x28), !isGoMethod(name) else { return name }
        var name = name
        cutArguments(&name)
        return name
    }

    /// Puts a name that is mangled as it stands in the source, and tidies it.
    static func demangle(_ name: inout [UInt8]) {
        let isSwift = SwiftNames.areMangled(name)
        name = Demangler.demangled(name)
        // Parentheses that a name of Swift still has are of types, or stand at its beginning.
        tidy(&name, cutsArguments: !isSwift)
    }

    /// Semicolons to colons, arguments cut off, quotes deleted.
    static func tidy(_ name: inout [UInt8], cutsArguments: Bool = true) {
        var semicolons = false
        var parentheses = false
        var quotes = false
        for byte in name {
            if byte == 0x3B { semicolons = true }
            if byte == 0x28 { parentheses = true }
            if byte == 0x22 || byte == 0x27 { quotes = true }
        }
        if semicolons { for index in name.indices where name[index] == 0x3B { name[index] = 0x3A } }
        if parentheses, cutsArguments, !isGoMethod(name) { Self.cutArguments(&name) }
        if quotes { name.removeAll { $0 == 0x22 || $0 == 0x27 } }
    }

    /// Cuts from the first parenthesis that is neither inside angle brackets nor of an anonymous namespace or an extension
    /// in Swift.
    private static func cutArguments(_ name: inout [UInt8]) {
        let anonymous = Array("(anonymous namespace)".utf8)
        let extending = Array("(extension in ".utf8)
        var depth = 0
        var inBrackets: Int?
        for (index, byte) in name.enumerated() {
            switch byte {
            case 0x3C where !name[..<index].hasOperator: depth += 1
            case 0x3E where depth > 0: depth -= 1
            case 0x28
            where !name[index...].starts(with: anonymous) && !name[index...].starts(with: extending):
                if depth == 0 {
                    name.removeLast(name.count - index)
                    return
                }
                if inBrackets == nil { inBrackets = index }
            default: break
            }
        }
        // The brackets were none: less-than signs, or a name that perf cut short.
        if depth > 0, let inBrackets { name.removeLast(name.count - inBrackets) }
    }

    /// Whether the name reads like `net/http.(*Client).Do`.
    private static func isGoMethod(_ name: [UInt8]) -> Bool {
        guard
            let opening = name.indices.first(where: {
                name[$0] == 0x28 && $0 > 0 && name[$0 - 1] == 0x2E
            })
        else { return false }
        return name.indices.contains {
            $0 > opening && name[$0] == 0x29 && $0 + 1 < name.count && name[$0 + 1] == 0x2E
        }
    }

    private static func mark(_ name: inout [UInt8], _ letter: UInt8) {
        let mark: [UInt8] = [0x5F, 0x5B, letter, 0x5D]
        guard !name.indices.contains(where: { name[$0...].starts(with: mark) }) else { return }
        name.append(contentsOf: mark)
    }

    /// The next arrow that parts inlined functions: neither that of a function's type in angle brackets nor an
    /// operator.
    private static func arrow(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var place = start
        var depth = 0
        var inBrackets: Int?
        while place < bytes.count {
            switch bytes[place] {
            case 0x2D where place + 1 < bytes.count && bytes[place + 1] == 0x3E:
                if depth == 0, !endsInOperator(bytes, place) { return place }
                if depth > 0, inBrackets == nil { inBrackets = place }
                place += 1
            case 0x3C where !endsInOperator(bytes, place): depth += 1
            case 0x3E where depth > 0: depth -= 1
            default: break
            }
            place += 1
        }
        // The brackets were none.
        if depth > 0, let inBrackets { return inBrackets }
        return bytes.count
    }

    private static func endsInOperator(_ bytes: UnsafeRawBufferPointer, _ end: Int) -> Bool {
        bytes[..<end].suffix(8).elementsEqual("operator".utf8)
    }
}

extension FrameNaming {
    static func baseName(_ module: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let slash = ByteSearch.last(0x2F, in: module) else { return module }
        return UnsafeRawBufferPointer(rebasing: module[(slash + 1)...])
    }

    /// Whether a module belongs to the kernel: `[kernel.kallsyms]`, `vmlinux-6.1`, `virtio_net.ko`.
    static func isKernel(_ module: UnsafeRawBufferPointer) -> Bool {
        if module.first == 0x5B { return !contains("unknown", in: module) }
        let base = baseName(module)
        return base.starts(with: "vmlinux".utf8) || module.hasSuffix("vmlinux") || base.hasSuffix(".ko")
            || base.hasSuffix(".ko.xz") || base.hasSuffix(".ko.gz") || base.hasSuffix(".ko.zst")
    }

    /// Whether a module is the map that a just-in-time compiler writes for perf: `/tmp/perf-123.map`.
    static func isPerfMap(_ module: UnsafeRawBufferPointer) -> Bool {
        module.starts(with: "/tmp/perf-".utf8) && module.hasSuffix(".map")
    }

    /// Whether a module was made by `perf inject --jit`: `jitted-123-4.so`.
    static func isJitdump(_ module: UnsafeRawBufferPointer) -> Bool {
        baseName(module).starts(with: "jitted-".utf8) && module.hasSuffix(".so")
    }

    private static func isGeneratedMemory(_ module: UnsafeRawBufferPointer) -> Bool {
        isPerfMap(module) || isJitdump(module)
            || ["//anon", "/memfd:", "/dev/zero", "[anon", "anon_inode:", "[heap]", "[stack"].contains {
                module.starts(with: $0.utf8)
            }
    }

    private static func contains(_ word: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        let word = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes.count >= word.count else { return false }
        return (0...(bytes.count - word.count)).contains {
            ByteOrder.equal(UnsafeRawBufferPointer(rebasing: bytes[$0..<($0 + word.count)]), word)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes end in `suffix`.
    func hasSuffix(_ suffix: String) -> Bool { self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}

extension ArraySlice<UInt8> {
    /// Whether these bytes end in `operator` or `operator<`: the bracket behind it opens nothing.
    fileprivate var hasOperator: Bool {
        let word = Array("operator".utf8)
        return suffix(word.count).elementsEqual(word)
            || (last == 0x3C && dropLast().suffix(word.count).elementsEqual(word))
    }
}
