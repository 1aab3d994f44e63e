extension Machine.Architecture {
    // Everybody who boots one writes it so.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    /// A 64-bit PC, under the name that QEMU gives it.
    public static let x86_64 = Machine.Architecture.amd64
}

extension Machine {
    /// A machine.
    /// - Parameters:
    ///   - architecture: which `qemu-system-…` runs.
    ///   - type: QEMU's machine type; nil for `pc` on PCs and `virt` elsewhere.
    ///   - cpuModel: QEMU's CPU model; nil for the machine's default.
    ///   - cpus: 1 to 4096; QEMU's machine types set lower limits.
    public init(
        _ architecture: Architecture, type: String? = nil, cpuModel: String? = nil, cpus: Int = 1,
        memory: Memory = .mebibytes(256)
    ) {
        let isPC = architecture == .i386 || architecture == .amd64
        self.init(
            architecture: architecture, type: type ?? (isPC ? "pc" : "virt"), cpuModel: cpuModel, cpus: cpus,
            memory: memory)
    }
}

extension Machine: ScenarioElement {
    /// Makes this the scenario's machine.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say(ScenarioDraft.machine)
        draft.scenario.machine = self
    }
}
