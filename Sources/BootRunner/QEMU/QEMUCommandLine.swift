/// A QEMU command as the user wrote it, and as the runner starts it.
///
/// The guest sees the machine that the user described; what changes is where its serial port and its
/// firmware's debug port end, that nobody sits at a display or a monitor, that nothing is written to its
/// disks, and that QEMU pauses, rather than goes, when the guest switches off or resets.
public struct QEMUCommandLine: Sendable, Hashable {
    /// Where a boot's channels end on the host.
    struct Wiring: Sendable, Hashable {
        /// A named pipe for the first serial port.
        var serial: String
        /// A named pipe for the firmware's debug port; nil where the scenario does not listen there.
        var firmware: String?
        /// The socket on which the runner waits for QEMU's control connection.
        var control: String
        /// More options: a plugin.
        var extra: [String] = []
    }

    /// QEMU's program, as the user wrote it.
    public var program: String
    var options: [QEMUOption]

    /// Reads a command line: the program, then its arguments.
    /// - Throws: `RunnerError` of code `.usage` for a command that cannot be measured, with what to change.
    public init(_ words: [String]) throws {
        guard let program = words.first, !program.isEmpty else {
            throw RunnerError(
                .usage, "There is no QEMU command to boot.",
                next: "Put it after two dashes: bootmark boot … -- qemu-system-x86_64 -cdrom image.iso")
        }
        self.program = program
        options = QEMUOption.parse(words.dropFirst())
        for (name, why) in Self.refused where has(name) {
            throw RunnerError(.usage, "-\(name) cannot be measured: \(why.0)", next: why.1)
        }
        if let last = options.last, last.value == nil, last.takesValue {
            // What the runner adds would become its value.
            throw RunnerError(
                .usage, "-\(last.name) at the end of the QEMU command lacks its value.",
                next: "Add the value, or leave the option out.")
        }
        for device in options where device.name == "blockdev" && device.part("read-only") != "on" {
            throw RunnerError(
                .usage, "-blockdev \(device.value ?? "") would let one boot change the disk of the next.",
                next:
                    "Name the image by -drive file=…, which is opened as a throw-away overlay, or add read-only=on."
            )
        }
    }

    private static let refused: [String: (String, String)] = [
        "daemonize": ("QEMU would leave the runner's sight.", "Leave it out: the runner waits for the boot."),
        "version": ("QEMU would print and go.", "Leave it out."),
        "help": ("QEMU would print and go.", "Leave it out."),
        "h": ("QEMU would print and go.", "Leave it out."),
        "S": ("the guest would never start.", "Leave it out."),
        "preconfig": ("the guest would never start.", "Leave it out."),
        "loadvm": ("a resumed guest does not boot.", "Leave it out."),
        "incoming": ("a migrated guest does not boot.", "Leave it out."),
    ]

    /// The whole command again, its program first.
    var words: [String] { [program] + options.flatMap(\.words) }

    func has(_ name: String) -> Bool { options.contains { $0.name == name } }
    func values(_ name: String) -> [String] { options.filter { $0.name == name }.compactMap(\.value) }

    /// The accelerator that the command asks for: the first that it names, else `tcg`.
    public var accelerator: String {
        if has("enable-kvm") { return "kvm" }
        for option in options {
            switch option.name {
            case "accel":
                return option.parts.first.map { $0.key.isEmpty ? $0.value : $0.value } ?? "tcg"
            case "machine", "M":
                if let named = option.part("accel") {
                    return String(named.split(separator: ":").first ?? "tcg")
                }
            default: continue
            }
        }
        return "tcg"
    }

    /// The arguments that the runner starts QEMU with.
    func wired(_ wiring: Wiring) -> [String] {
        let serial = values("serial").first
        // A device that the user shares between the serial port and others is kept, with another end.
        let shared = serial.flatMap {
            $0.hasPrefix("chardev:") ? String($0.dropFirst("chardev:".count)) : nil
        }
        var words: [String] = []
        var serialIsWired = false
        for option in options {
            switch (option.name, option.value) {
            case ("serial", let value?) where !serialIsWired:
                serialIsWired = true
                let isSilent = value == "none" || value == "null"
                words += ["-serial", isSilent || shared != nil ? value : "chardev:\(Self.serialDevice)"]
            case ("chardev", _) where shared != nil && option.part("id") == shared:
                let mux = option.part("mux").map { ",mux=\($0)" } ?? ""
                words += ["-chardev", Self.pipe(shared ?? "", wiring.serial) + mux]
            case ("monitor", _), ("curses", _), ("sdl", _), ("full-screen", _), ("no-shutdown", _),
                ("no-reboot", _), ("snapshot", _):
                continue
            case ("display", let value?) where value != "none" && !value.hasPrefix("vnc"):
                continue
            default:
                words += option.words
            }
        }
        if shared == nil {
            // Where the user keeps the console in a file, it still gets its copy.
            let copy = serial.flatMap { $0.hasPrefix("file:") ? String($0.dropFirst("file:".count)) : nil }
            let logged = copy.map { ",logfile=\(QEMUOption.escaped($0))" } ?? ""
            words += ["-chardev", Self.pipe(Self.serialDevice, wiring.serial) + logged]
            if !serialIsWired { words += ["-serial", "chardev:\(Self.serialDevice)"] }
        }
        return words + additions(wiring)
    }

    private static let serialDevice = "bootmark-serial"

    /// A device that writes to a named pipe: every write reaches the runner at once and in order.
    private static func pipe(_ identifier: String, _ path: String) -> String {
        "file,id=\(identifier),path=\(QEMUOption.escaped(path))"
    }

    private func additions(_ wiring: Wiring) -> [String] {
        var words = ["-monitor", "none"]
        let isShown = values("display").contains { $0 == "none" || $0.hasPrefix("vnc") } || has("vnc")
        if !isShown && !has("nographic") { words += ["-display", "none"] }
        let namesAccelerator =
            has("accel") || has("enable-kvm")
            || options.contains { ["machine", "M"].contains($0.name) && $0.part("accel") != nil }
        if !namesAccelerator { words += ["-accel", "tcg"] }
        if let firmware = wiring.firmware {
            words += ["-chardev", Self.pipe("bootmark-firmware", firmware)]
            words += ["-device", "isa-debugcon,iobase=0x402,chardev=bootmark-firmware"]
        }
        // QEMU connects to the runner, so the runner need not poll for a socket, and the last event is never
        // lost: QEMU pauses instead of going.
        let control = QEMUOption.escaped(wiring.control)
        words += ["-chardev", "socket,id=bootmark-control,path=\(control)"]
        words += ["-mon", "chardev=bootmark-control,mode=control"]
        words += ["-action", "reboot=shutdown,shutdown=pause,panic=pause"]
        return words + ["-snapshot"] + wiring.extra
    }
}
