/// A kernel that QEMU loads itself, without firmware's help: Linux or multiboot.
public struct Kernel: ScenarioElement {
    private let medium: Medium

    /// A kernel with an initial RAM disk.
    public init(_ kernel: Artifact, initialRAMDisk: Artifact? = nil, commandLine: String = "") {
        medium = .kernel(kernel, initialRAMDisk: initialRAMDisk?.path, commandLine: commandLine)
    }

    /// A multiboot kernel with modules, each a path that may be followed by the module's arguments.
    public init(_ kernel: Artifact, modules: [String], commandLine: String = "") {
        // QEMU takes multiboot modules as one list, in which a comma of a path's own is doubled.
        let list = modules.map {
            $0.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
        }
        medium = .kernel(
            kernel, initialRAMDisk: list.isEmpty ? nil : list.joined(separator: ","), commandLine: commandLine
        )
    }

    /// Makes this what the scenario boots.
    public func declare(in draft: inout ScenarioDraft) { draft.boot(medium) }
}

/// A CD image, which the firmware boots.
public struct CDROM: ScenarioElement {
    private let image: Artifact

    /// A CD image.
    public init(_ image: Artifact) { self.image = image }

    /// Makes this what the scenario boots.
    public func declare(in draft: inout ScenarioDraft) { draft.boot(.cdrom(image)) }
}

/// A disk image, which the firmware boots; nothing is ever written to it.
public struct Disk: ScenarioElement {
    private let image: Artifact

    /// A disk image: raw, or what its name's end says (`.qcow2`, `.vmdk`, `.vdi`, `.vhdx`).
    public init(_ image: Artifact) { self.image = image }

    /// Makes this what the scenario boots.
    public func declare(in draft: inout ScenarioDraft) { draft.boot(.disk(image)) }
}

extension ScenarioDraft {
    fileprivate mutating func boot(_ medium: Medium) {
        say(Self.medium)
        scenario.medium = medium
    }
}
