extension Scenario {
    /// The same scenario with this number of processors, under a name of its own: `linux+cpus=2`.
    public func with(cpus: Int) -> Scenario {
        varied { $0.cpus = cpus }
    }

    /// The same scenario with this CPU model, under a name of its own: `linux+cpu=pentium3`.
    /// - Parameter cpuModel: one of QEMU's models; nil for the machine's default.
    public func with(cpuModel: String?) -> Scenario {
        varied { $0.cpuModel = cpuModel }
    }

    /// The same scenario with this much memory, under a name of its own: `linux+memory=512M`.
    public func with(memory: Machine.Memory) -> Scenario {
        varied { $0.memory = memory }
    }

    /// The scenario in every combination of the given values, CPU models changing slowest.
    ///
    /// Without values of a kind, the scenario's own is kept. The names do not depend on the order in which
    /// things were varied, and what is as the scenario declares it adds nothing to its name.
    public func matrix(
        cpuModels: [String] = [], cpus: [Int] = [], memory: [Machine.Memory] = []
    ) -> [Scenario] {
        var scenarios = [self]
        if !cpuModels.isEmpty {
            scenarios = scenarios.flatMap { each in cpuModels.map(each.with(cpuModel:)) }
        }
        if !cpus.isEmpty { scenarios = scenarios.flatMap { each in cpus.map(each.with(cpus:)) } }
        if !memory.isEmpty { scenarios = scenarios.flatMap { each in memory.map(each.with(memory:)) } }
        var seen: Set<String> = []
        return scenarios.filter { seen.insert($0.name).inserted }
    }

    private func varied(_ change: (inout Machine) -> Void) -> Scenario {
        var scenario = self
        let origin = origin ?? Origin(name: name, machine: machine)
        scenario.origin = origin
        change(&scenario.machine)
        // What varies is what both sides run on; the reference keeps what it says beside.
        if var machine = scenario.reference?.machine {
            change(&machine)
            scenario.reference?.machine = machine
        }
        scenario.name = origin.name + scenario.machine.differences(from: origin.machine)
        return scenario
    }
}

extension Machine {
    fileprivate func differences(from origin: Machine) -> String {
        var suffix = ""
        if cpus != origin.cpus { suffix += "+cpus=\(cpus)" }
        if cpuModel != origin.cpuModel { suffix += "+cpu=\(cpuModel.map(Self.fileName) ?? "default")" }
        if memory != origin.memory { suffix += "+memory=\(memory.mebibytes)M" }
        return suffix
    }

    /// A CPU model as a part of a name. Models with features (`max,-avx`) hold characters that no name may,
    /// so they get a digest (FNV-1a, 32 bits), which keeps two models apart that read alike afterwards.
    private static func fileName(_ model: String) -> String {
        let plain = String(
            model.unicodeScalars.map { scalar -> Character in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "-", "_": Character(scalar)
                default: "_"
                }
            })
        guard plain != model else { return plain }
        let digest = model.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return "\(plain.prefix(40))=\(String(digest, radix: 16))"
    }
}
