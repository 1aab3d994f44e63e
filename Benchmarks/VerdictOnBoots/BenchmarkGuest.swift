import BootModel
import Foundation

/// A system that the comparisons boot, and the phase that is slowed.
enum BenchmarkGuest: String, Codable, CaseIterable {
    case tiny, linux

    /// The phase whose work is increased by a known share; nil where none can be.
    var phase: String? { self == .tiny ? "memory" : nil }

    /// The QEMU command, with so many percent more work in the phase.
    func command(percent: Double) -> [String] {
        let guests = ProcessInfo.processInfo.environment["BOOTMARK_GUESTS"] ?? "Guests/build"
        switch self {
        case .tiny:
            // Command lines of one length take one time to read.
            return [
                "qemu-system-i386", "-accel", "tcg", "-nodefaults", "-m", "16", "-kernel",
                "\(guests)/tiny/tiny.elf", "-append", "slow=memory:" + String(format: "%05.1f", percent),
            ]
        case .linux:
            return [
                "qemu-system-x86_64", "-accel", "tcg", "-nodefaults", "-m", "256", "-kernel",
                "\(guests)/linux-cloud/vmlinuz", "-initrd", "\(guests)/linux-cloud/initrd.cpio.gz", "-append",
                "console=ttyS0 panic=-1",
            ]
        }
    }

    /// How its boot is followed.
    var script: BootScript {
        switch self {
        case .tiny:
            BootScript(
                phases: ["memory", "tables"].map {
                    .init(name: $0, pattern: "^tiny: \($0)$", channel: .serial)
                },
                end: .reached(
                    .init(name: BootScript.booted, pattern: "^tiny: booted$", channel: .serial)))
        case .linux:
            BootScript(
                end: .reached(
                    .init(name: BootScript.booted, pattern: "BOOT-COMPLETE", channel: .serial)))
        }
    }

    /// What decides when enough pairs are taken: what the guest executes, and the time that it takes, of the slowed
    /// phase.
    func metrics(slowed: Bool) -> [Metric] {
        [Metric.guestInstructions, .bootTime].map { metric in
            slowed ? phase.map(metric.of(phase:)) ?? metric : metric
        }
    }

    /// What is judged: these, and the same of the whole boot.
    func judged(slowed: Bool) -> [Metric] {
        metrics(slowed: slowed) + (slowed && phase != nil ? metrics(slowed: false) : [])
    }
}
