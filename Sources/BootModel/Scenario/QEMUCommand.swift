extension Scenario {
    /// The QEMU command that boots the scenario, the program's name first.
    ///
    /// The machine, its medium and no devices that were not asked for; what the runner talks through
    /// (serial port, monitor, snapshots, what happens at a reset) is the runner's to add. Guests are emulated
    /// (TCG) unless the scenario's own arguments name an accelerator: counts repeat only there.
    /// The options mean what qemu-system(1) says; a comma in an option's value is doubled as it asks.
    public func qemuCommand() -> [String] {
        var command = [program ?? "qemu-system-\(machine.architecture.rawValue)"]
        // Several -accel options are a list to fall back along, in which the first would win.
        if !extraArguments.contains(where: { ["-accel", "-enable-kvm"].contains($0) }) {
            command += ["-accel", "tcg"]
        }
        command += ["-M", machine.type]
        if let model = machine.cpuModel { command += ["-cpu", model] }
        command += ["-smp", String(machine.cpus), "-m", "\(machine.memory.mebibytes)M", "-nodefaults"]
        if machine.isPC { command += ["-vga", "std"] }
        command += ["-display", "none", "-no-reboot"]
        return command + mediumArguments + extraArguments
    }

    private var mediumArguments: [String] {
        switch medium {
        case .kernel(let kernel, let initialRAMDisk, let commandLine):
            return ["-kernel", kernel.path]
                + (initialRAMDisk.map { ["-initrd", $0] } ?? [])
                + (commandLine.isEmpty ? [] : ["-append", commandLine])
        case .cdrom(let image):
            // -cdrom takes its value as it is, commas and all.
            return ["-cdrom", Self.localFile(image.path), "-boot", "d"]
        case .disk(let image):
            let interface = machine.isPC ? "ide" : "virtio"
            let file = Self.doublingCommas(Self.localFile(image.path))
            let drive = "file=\(file),format=\(Self.format(of: image.path)),if=\(interface),media=disk"
            return ["-drive", drive] + (machine.isPC ? ["-boot", "c"] : [])
        }
    }

    /// A path that QEMU does not take for a protocol: `a:b.img` would be one, `./a:b.img` is a file.
    private static func localFile(_ path: String) -> String {
        guard let colon = path.firstIndex(of: ":") else { return path }
        return path[..<colon].contains("/") ? path : "./" + path
    }

    private static func doublingCommas(_ value: String) -> String {
        value.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }

    /// The format by the name's end: left to guess, QEMU would warn and let a raw disk pass for another.
    private static func format(of path: String) -> String {
        let known = [
            "qcow2": "qcow2", "vmdk": "vmdk", "vdi": "vdi", "vhdx": "vhdx", "vpc": "vpc", "vhd": "vpc",
        ]
        return path.split(separator: ".").last.flatMap { known[$0.lowercased()] } ?? "raw"
    }
}

extension Machine {
    /// Whether it is one of QEMU's PCs, with VGA and IDE.
    fileprivate var isPC: Bool { architecture == .i386 || architecture == .amd64 }
}
