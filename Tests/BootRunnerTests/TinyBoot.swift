import BootModel
import BootStore
import BootTestSupport
import Foundation
import XCTest

@testable import BootRunner

/// Boots of tiny in a real QEMU, a small machine each.
struct TinyBoot {
    /// tiny's phases, as its serial port shows them.
    static let phases = ["start", "memory", "tables", "decompress", "drivers"].map {
        BootScript.Milestone(name: $0, pattern: "^tiny: \($0)$")
    }
    /// The milestone that tiny prints last.
    static let booted = BootScript.Milestone(name: BootScript.booted, pattern: "^tiny: booted$")
    /// A host of which only QEMU is used.
    static let bareHost = HostTools(perf: nil, perfProblem: nil, hasHardwareCounters: false)

    /// The script that follows it.
    var script = BootScript(phases: TinyBoot.phases, end: .reached(TinyBoot.booted))
    /// Time limits.
    var limits = Limits(boot: .seconds(60), silence: .seconds(20))
    /// What measures it.
    var collectors: [Plan.Collector] = []
    /// What the boot is for.
    var purpose = Boot.Purpose.timed
    /// What there is to measure with.
    var host = TinyBoot.bareHost
    /// The processor that QEMU is pinned to.
    var pinnedTo: Int?
    /// When the whole run is over.
    var deadline: Nanoseconds?
    /// Raised to stop it.
    var stop = StopSignal()
    /// More arguments for QEMU.
    var arguments = ["-nodefaults", "-vga", "std"]
    /// The folder that the boot's files go to.
    let folder: String

    /// Boots that keep their files in `folder`.
    init(in folder: String) { self.folder = folder }

    /// The QEMU command of a boot with these words on tiny's command line.
    func command(_ knobs: String = "") throws -> [String] {
        _ = try RequiredTool.qemu()
        return ["qemu-system-i386", "-m", "32M", "-kernel", try Guests.tiny()]
            + (knobs.isEmpty ? [] : ["-append", knobs]) + arguments
    }

    /// Takes one boot.
    func take(_ knobs: String = "") async throws -> Boot { try await take(command: try command(knobs)) }

    /// Takes one boot of a QEMU command.
    func take(command: [String]) async throws -> Boot {
        let planned = Plan.PlannedBoot(index: 1, purpose: purpose)
        let plan = Plan(
            command: command, script: script, boots: [planned], collectors: collectors, limits: limits,
            pinnedTo: pinnedTo)
        return try await QEMUExecutor(host).boot(
            planned, of: plan, folder: folder, deadline: deadline, stop: stop)
    }

    /// What the boot kept of the serial port.
    var console: [UInt8] { (try? File.bytes(folder + "/console.log")) ?? [] }
    /// The same as text.
    var consoleText: String { String(decoding: console, as: UTF8.self) }
}

/// Progress that nobody watches.
struct NoProgress: RunProgress {
    func waitingForTheMachine() {}
    func began(_ boot: Plan.PlannedBoot, of plan: Plan) {}
    func ended(_ boot: Boot, of run: Run) {}
}
