/// Finds who called whom on a stopped processor's stack, in a kernel with symbols.
///
/// Where the kernel keeps frame pointers it follows them. Else it looks through the stack for return addresses:
/// values that lie in known code right behind a call instruction. Old ones lie about on every stack, so a
/// candidate counts only where its call leads to the function found before, directly or by tail calls (a jump in
/// the function called); a call through a register or memory cannot be checked and counts as it is.
/// A walk ends at an interrupt's or a system call's entry, at the stack's end, or where nobody fits.
public final class StackWalker {
    /// How callers are found.
    public enum Method: String, Sendable, Hashable {
        /// By the chain of frame pointers.
        case framePointers = "frame pointers"
        /// By return addresses whose calls lead to the function found before.
        case returnAddresses = "return addresses that fit their calls"
    }

    /// How a walk ended.
    enum Ending: Hashable {
        /// At an asynchronous interrupt's entry.
        case interrupt
        /// At a system call's entry, or where the stack begins.
        case entry
        /// Where no caller could be found.
        case lost
    }

    /// A walked stack.
    struct Walk: Hashable {
        /// The functions, innermost first.
        var functions: [SymbolIndex.Function]
        /// How it ended.
        var ending: Ending
    }

    private static let mostFrames = 128
    private static let mostSlots = 4096
    /// The stack's first words are the registers of whoever entered the kernel, or nothing.
    private static let nearBeginning: UInt64 = 512

    /// How callers are found; nil before the first walk.
    public private(set) var method: Method?

    private let index: SymbolIndex
    private let layout: RegisterLayout
    private let code: CodeBytes
    private let wordSize: UInt64
    private var known: [Passage: Bool] = [:]

    /// From a function that is called to one that is found to run.
    private struct Passage: Hashable {
        var from: SymbolIndex.Function
        var to: SymbolIndex.Function
    }

    /// A walker over the stacks of a kernel with these symbols.
    public init(_ index: SymbolIndex, layout: RegisterLayout) {
        self.index = index
        self.layout = layout
        let isWide = layout == .x86x64 ? index.isWide : layout != .i386
        code = CodeBytes(isWide: isWide)
        wordSize = isWide ? 8 : 4
    }

    /// Walks the stack of a processor that runs `function`; `read` reads the guest's memory as it sees it.
    func walk(
        _ state: ProcessorState, in function: SymbolIndex.Function,
        read: @escaping (UInt64, Int) -> [UInt8]?
    ) -> Walk {
        code.read = read
        code.budget = 64
        defer { code.read = { _, _ in nil } }
        let method = self.method ?? chosenMethod()
        self.method = method
        var stack = StackMemory(
            from: state.stackPointer, size: index.rules.stackSize, wordSize: wordSize, read: read)
        var walk = Walk(functions: [function], ending: .lost)
        switch method {
        case .framePointers: follow(state, &stack, &walk)
        case .returnAddresses: scan(state, &stack, &walk)
        }
        return walk
    }

    /// Frame pointers where most functions begin by setting one up: 64 of them are looked at.
    private func chosenMethod() -> Method {
        guard layout.isX86 else { return .framePointers }
        let step = max(1, index.count / 64)
        let looked = stride(from: 0, to: index.count, by: step).compactMap {
            code.keepsFramePointer(index.start($0))
        }
        let keeping = looked.count { $0 }
        return keeping * 2 > looked.count ? .framePointers : .returnAddresses
    }

    // MARK: Frame pointers

    private func follow(_ state: ProcessorState, _ stack: inout StackMemory, _ walk: inout Walk) {
        var frame = state.framePointer
        var lowest = state.stackPointer
        if let caller = callerOfLeaf(state, walk.functions[0], &stack) { walk.functions.append(caller) }
        while walk.functions.count < Self.mostFrames {
            if let ending = ending(at: walk.functions.last) {
                walk.ending = ending
                return
            }
            // RISC-V's frame pointer stands behind the return address and the pointer before.
            let at = layout == .riscv64 ? frame &- 16 : frame
            guard at >= lowest, at &- lowest < 1 << 20, at % wordSize == 0,
                let first = stack.word(at: at), let second = stack.word(at: at &+ wordSize)
            else {
                walk.ending = frame == 0 ? .entry : .lost
                return
            }
            guard let caller = function(returningTo: second) else {
                // The outermost frame returns nowhere.
                walk.ending = second == 0 || first == 0 ? .entry : .lost
                return
            }
            walk.functions.append(caller)
            lowest = at &+ wordSize
            frame = first
        }
    }

    /// Who called a function that has not set up its frame yet, or never does.
    private func callerOfLeaf(
        _ state: ProcessorState, _ leaf: SymbolIndex.Function, _ stack: inout StackMemory
    ) -> SymbolIndex.Function? {
        guard layout.isX86 else { return nil }
        let isBeginning = state.programCounter - index.start(leaf) <= 5
        guard isBeginning || code.keepsFramePointer(index.start(leaf)) == false else { return nil }
        for slot in 0..<(isBeginning ? UInt64(2) : 1) {
            guard let address = stack.word(at: state.stackPointer &+ slot * wordSize),
                case .direct(let target) = code.call(before: address), target == index.start(leaf)
            else { continue }
            return function(returningTo: address)
        }
        return nil
    }

    private func function(returningTo address: UInt64) -> SymbolIndex.Function? {
        // A call that never returns may be its function's last instruction.
        guard address > 0, let function = index.function(at: address - 1) else { return nil }
        guard layout.isX86 else { return function }
        return code.call(before: address) == .none ? nil : function
    }

    // MARK: Return addresses

    private func scan(_ state: ProcessorState, _ stack: inout StackMemory, _ walk: inout Walk) {
        var slot = state.stackPointer
        var hops = 0
        var looked = 0
        while let current = walk.functions.last, walk.functions.count < Self.mostFrames {
            if let ending = ending(at: current) {
                walk.ending = ending
                return
            }
            if index.kind(current) == "e", let frame = interruptedFrame(from: slot, &stack, state) {
                walk.functions.append(frame.function)
                slot = frame.next
                continue
            }
            let begun = slot
            var found: SymbolIndex.Function?
            while found == nil, slot < stack.end, looked < Self.mostSlots, let word = stack.word(at: slot) {
                looked += 1
                slot &+= wordSize
                found = caller(of: current, returningTo: word)
            }
            if let found {
                walk.functions.append(found)
                continue
            }
            // An interrupt's own stack ends with the address of the stack that it interrupted.
            if hops < 2, stack.end > 0, let below = stack.word(at: stack.end &- wordSize),
                below % wordSize == 0, below > 0xffff, index.function(at: below) == nil,
                !stack.contains(below),
                stack.isReadable(below)
            {
                hops += 1
                stack = stack.moved(to: below)
                slot = below
                continue
            }
            let isAtBeginning = stack.end &- begun <= Self.nearBeginning
            walk.ending = isAtBeginning || index.rules.stackSize == 0 ? .entry : .lost
            return
        }
    }

    /// The function that a word returns to, where the call in front of it leads to `current`.
    private func caller(of current: SymbolIndex.Function, returningTo word: UInt64) -> SymbolIndex.Function? {
        guard word > 0, let caller = index.function(at: word - 1) else { return nil }
        switch code.call(before: word) {
        case .none: return nil
        case .indirect: return caller
        case .direct(let target):
            guard let called = index.function(at: target) else { return nil }
            let name = index.name(called)
            // Calls through a register or memory, dressed as direct ones.
            if name.hasPrefix("__x86_indirect_") || name.hasPrefix("__SCT__") { return caller }
            let passage = Passage(from: called, to: current)
            if let leads = known[passage] { return leads ? caller : nil }
            let leads = leads(called, to: current, depth: 2)
            if code.budget > 0, known.count < 1 << 20 { known[passage] = leads }
            return leads ? caller : nil
        }
    }

    /// Whether a call of `called` may end up in `current`: it is that function, or jumps to it.
    private func leads(_ called: SymbolIndex.Function, to current: SymbolIndex.Function, depth: Int) -> Bool {
        let (from, to) = (index.owner(called), index.owner(current))
        if from == to || index.name(from) == index.name(to) { return true }
        guard depth > 0 else { return false }
        let start = index.start(from)
        let targets = code.jumps(from: start, count: Int(clamping: index.end(from) &- start))
        if targets.contains(where: { index.function(at: $0) == to }) { return true }
        return targets.contains { target in
            guard let next = index.function(at: target), next != from, index.start(next) == target else {
                return false
            }
            return leads(next, to: current, depth: depth - 1)
        }
    }

    /// Behind an exception's entry: what it interrupted, as the processor pushed it (address, code segment,
    /// flags).
    private func interruptedFrame(
        from slot: UInt64, _ stack: inout StackMemory, _ state: ProcessorState
    ) -> (function: SymbolIndex.Function, next: UInt64)? {
        for place in 0..<UInt64(64) {
            let at = slot &+ place * wordSize
            guard let address = stack.word(at: at), let segment = stack.word(at: at &+ wordSize) else {
                return nil
            }
            guard segment & 0xffff == state.codeSegment, let function = index.function(at: address) else {
                continue
            }
            // With 64 bits the processor pushes its stack pointer too.
            let next = wordSize == 8 ? stack.word(at: at &+ 24) : at &+ 12
            guard let next, stack.contains(next), next >= at else { return nil }
            return (function, next)
        }
        return nil
    }

    /// Whether a function is where a stack begins.
    private func ending(at function: SymbolIndex.Function?) -> Ending? {
        guard let function else { return nil }
        switch index.kind(function) {
        case "i", "t": return .interrupt
        case "s": return .entry
        default: return nil
        }
    }
}

/// A stack in the guest's memory, read by the piece as a walk goes up.
struct StackMemory {
    private static let pieceSize: UInt64 = 512

    /// The first address behind it.
    let end: UInt64
    private let begin: UInt64
    private let size: UInt64
    private let wordSize: UInt64
    private let read: (UInt64, Int) -> [UInt8]?
    private var pieces: [UInt64: [UInt8]] = [:]

    /// The stack around `pointer`: a block of `size` bytes at a multiple of its size, or what follows where all
    /// code runs on one stack.
    init(from pointer: UInt64, size: UInt64, wordSize: UInt64, read: @escaping (UInt64, Int) -> [UInt8]?) {
        self.size = size
        self.wordSize = wordSize
        self.read = read
        begin = size > 0 ? pointer - pointer % size : pointer
        let (end, overflows) = begin.addingReportingOverflow(size > 0 ? size : 1 << 16)
        self.end = overflows ? .max : end
    }

    func contains(_ address: UInt64) -> Bool { address >= begin && address < end }

    /// The stack around another pointer.
    func moved(to pointer: UInt64) -> StackMemory {
        StackMemory(from: pointer, size: size, wordSize: wordSize, read: read)
    }

    func isReadable(_ address: UInt64) -> Bool { read(address, Int(wordSize)) != nil }

    /// The word at an address; nil where there is no memory.
    mutating func word(at address: UInt64) -> UInt64? {
        let start = address - address % Self.pieceSize
        let offset = Int(address - start)
        if pieces[start] == nil { pieces[start] = read(start, Int(Self.pieceSize)) ?? [] }
        guard let piece = pieces[start], offset + Int(wordSize) <= piece.count else { return nil }
        return piece[offset..<offset + Int(wordSize)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
