import BootModel
import GuestObserver

/// Samples of all processors' stacks, by QEMU's GDB stub.
struct StackSource: SampleSource {
    let stopsGuest = true
    private let stub: GDBStub
    private let index: SymbolIndex
    private let names: SampleNames
    private let expected: RegisterLayout?
    private var target: Target?

    /// What the stub looks at.
    private struct Target {
        var layout: RegisterLayout
        var walker: StackWalker
        var processors: [String]
    }

    /// Why stacks cannot be read.
    enum Failure: Error, CustomStringConvertible {
        case architecture(String)
        case registers(Int)

        var description: String {
            switch self {
            case .architecture(let name): "stacks are not read on \(name)"
            case .registers(let count):
                "the stub gives \(count) bytes of registers, too few for this architecture"
            }
        }
    }

    /// Stacks named by `request`.
    /// - Parameter expected: the layout of the registers, where the stub does not describe it.
    init(_ stub: GDBStub, request: GuestProfileRequest, expected: RegisterLayout?) {
        self.stub = stub
        self.expected = expected
        index = SymbolIndex(request.symbols, rules: request.rules)
        names = SampleNames(index)
    }

    var remarks: [String] {
        guard let method = target?.walker.method, names.walked > 0 else { return [] }
        let share = (1000 * Double(names.lost) / Double(names.walked)).rounded() / 10
        return [
            "callers were found by \(method.rawValue); of \(names.walked) kernel stacks \(share) % "
                + "lead to no beginning and are under [unknown callers]"
        ]
    }

    mutating func look() throws -> Look {
        try stub.stop()
        let stopped = Clock.now
        let target = try self.target ?? describe()
        self.target = target
        var stacks: [[String]] = []
        for (number, processor) in target.processors.enumerated() {
            let registers = try stub.registers(of: processor)
            guard var state = target.layout.state(registers, number: number) else {
                throw Failure.registers(registers.count)
            }
            state.isHalted = try stub.isHalted(processor)
            // A failure of the stub shows at its next answer.
            stacks.append(
                names.frames(state, walker: target.walker) { [stub] in try? stub.memory(at: $0, count: $1) })
        }
        try stub.resume()
        return Look(stacks: stacks, stood: Clock.now - stopped)
    }

    mutating func letGo() { stub.letGo() }

    private func describe() throws -> Target {
        let name = try stub.architecture()
        let layout = name.flatMap(RegisterLayout.init(architecture:)) ?? (name == nil ? expected : nil)
        guard let layout else {
            throw Failure.architecture(name.map { String($0.prefix(40)) } ?? "this machine")
        }
        return Target(
            layout: layout, walker: StackWalker(index, layout: layout), processors: try stub.processors())
    }
}
