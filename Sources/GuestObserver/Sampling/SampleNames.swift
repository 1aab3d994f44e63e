/// Names what a sampled processor did: a stack of frames, outermost first.
///
/// `CPU 0`, then `[idle]`, `[user]`, `[firmware]`, `[boot loader]`, or `[kernel]` with what is known of its stack.
public final class SampleNames {
    private let index: SymbolIndex
    private var kernelRan = false

    /// How many stacks were walked, and how many of them led to no beginning.
    public private(set) var walked = 0
    /// How many of the stacks that were walked led to no beginning.
    public private(set) var lost = 0
    /// How many samples lay in functions with names.
    public private(set) var named = 0

    /// Names by these symbols.
    public init(_ index: SymbolIndex) { self.index = index }

    /// The frames of a processor of which its registers alone are known.
    public func frames(_ state: ProcessorState) -> [String] {
        frames(state) { function in StackWalker.Walk(functions: [function], ending: .entry) }
    }

    /// The frames of a stopped processor, its kernel's stack walked; `read` reads the guest's memory.
    public func frames(
        _ state: ProcessorState, walker: StackWalker, read: @escaping (UInt64, Int) -> [UInt8]?
    ) -> [String] {
        frames(state) { function in
            let walk = walker.walk(state, in: function, read: read)
            self.walked += 1
            if walk.ending == .lost { self.lost += 1 }
            return walk
        }
    }

    private func frames(
        _ state: ProcessorState, _ walk: (SymbolIndex.Function) -> StackWalker.Walk
    ) -> [String] {
        let root = "CPU \(state.number)"
        if state.isHalted == true { return [root, "[idle]"] }
        let function = index.function(at: state.programCounter)
        if state.mode == .user {
            if function != nil { named += 1 }
            return [root, "[user]"] + (function.map { [index.name($0)] } ?? [])
        }
        guard let function else { return [root] + unnamed(state) }
        kernelRan = true
        named += 1
        let walk = walk(function)
        var frames = [root, walk.ending == .interrupt ? "[interrupts]" : "[kernel]"]
        if walk.ending == .lost { frames.append("[unknown callers]") }
        return frames + walk.functions.reversed().map(index.name)
    }

    /// Code without a name: by where it lies, and in a kernel by its page.
    private func unnamed(_ state: ProcessorState) -> [String] {
        let address = state.programCounter
        if address < 0x100000 || (0xfff0_0000...0xffff_ffff).contains(address) { return ["[firmware]"] }
        // Kernels run in the upper half; with symbols, what ran before the first of them was its loader.
        let isKernel = kernelRan || (index.isEmpty && address >= 0x8000_0000)
        return isKernel ? ["[kernel]", "page 0x\(String(address & ~0xfff, radix: 16))"] : ["[boot loader]"]
    }
}
