import BootModel
import CBootLauncher
import Foundation
import Glibc

/// Whether KVM really runs a guest here.
///
/// /dev/kvm can open, make a machine, and still hang its guest with no output; so the probe boots a kernel
/// of 42 bytes that writes one letter to the serial port, under a time limit. (A boot sector will not do: it
/// runs where a kernel, which enters protected mode, hangs.)
public enum KVMProbe {
    /// What the probe found.
    public enum Answer: Sendable, Hashable {
        /// A guest ran.
        case works
        /// It is no use here, for this reason.
        case fails(String)
    }

    /// A multiboot kernel: its header (magic, flags, checksum, addresses from 1 MiB on, entry behind it), then
    /// `mov dx,0x3f8; mov al,'K'; out dx,al; hlt; jmp $`.
    static let kernel: [UInt8] = [
        0x02, 0xb0, 0xad, 0x1b, 0x00, 0x00, 0x01, 0x00, 0xfe, 0x4f, 0x51, 0xe4, 0x00, 0x00, 0x10, 0x00,
        0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x10, 0x00,
        0x66, 0xba, 0xf8, 0x03, 0xb0, 0x4b, 0xee, 0xf4, 0xeb, 0xfe,
    ]

    /// Boots the probe's guest, again and again: a broken KVM was seen to run one guest in twenty, and to hang the
    /// others.
    ///
    /// - Parameters:
    ///   - qemu: the full path of a qemu-system-i386 or -x86_64.
    ///   - limit: how long each guest may take.
    ///   - times: how many guests have to run.
    /// - Throws: `RunnerError` where no QEMU can be started at all.
    public static func run(
        qemu: String, accelerator: String = "kvm", limit: Nanoseconds = .seconds(5), times: Int = 3
    ) throws -> Answer {
        if accelerator == "kvm" {
            guard access("/dev/kvm", F_OK) == 0 else { return .fails("/dev/kvm does not exist") }
            guard access("/dev/kvm", R_OK | W_OK) == 0 else {
                return .fails("/dev/kvm may not be opened by this user (join the group kvm)")
            }
        }
        for _ in 0..<times {
            let answer = try once(qemu: qemu, accelerator: accelerator, limit: limit)
            guard answer == .works else { return answer }
        }
        return .works
    }

    private static func once(qemu: String, accelerator: String, limit: Nanoseconds) throws -> Answer {
        let own = try PrivateFolder()
        let image = "\(own.path)/probe"
        guard FileManager.default.createFile(atPath: image, contents: Data(kernel)) else {
            throw RunnerError(
                .environment, "\(image) could not be written.", next: "Free some space in TMPDIR.")
        }
        let script = BootScript(
            end: .reached(.init(name: BootScript.booted, pattern: "K", channel: .serial)), panics: [])
        let serial = try NamedPipe(at: "\(own.path)/serial")
        let control = try ControlSocket(at: "\(own.path)/control")
        let command = try QEMUCommandLine([
            qemu, "-accel", accelerator, "-nodefaults", "-display", "none", "-m", "16", "-kernel",
            image,
        ])
        let log = "\(own.path)/qemu.log"
        let output = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(output) }
        let process = try GuardedProcess(
            [qemu] + command.wired(.init(serial: serial.path, control: control.path)),
            environment: Tools.environment(temporary: own.path), output: output, error: output)
        let patterns = try ScriptPatterns(script)
        let stop = StopSignal()
        let watch = BootWatch(
            .init(
                script: script, limits: Limits(boot: limit), collectors: [], listener: control.descriptor,
                stop: stop.descriptor, screenCopy: "\(own.path)/screen", qemuLog: log),
            channels: [
                try patterns.channel(
                    "serial", serial.descriptor, own: .serial, log: "\(own.path)/console.log")
            ],
            screen: try patterns.channel("screen", -1, own: .vga, log: "\(own.path)/screen.txt"))
        let seen = watch.follow(process)
        switch seen.outcome.kind {
        case .booted: return .works
        case .hung, .timedOut: return .fails("it opens, and its guest hangs")
        default: return .fails(seen.outcome.detail)
        }
    }
}
