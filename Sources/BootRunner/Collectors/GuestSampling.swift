import BootModel
import BootProfiles
import BootStore
import CBootLauncher
import Foundation
import Glibc
import GuestObserver
import Synchronization

/// Looks at the guest many times a second from outside, on a thread of its own and over a connection of its own:
/// no plugin takes part, so it works with every accelerator and with several processors.
final class GuestSampling: BootCollector {
    let qemuArguments: [String]
    private let sampler: Plan.Collector
    private let rate: Int
    private let output: String
    private let looking: Looking
    private let makeSource: @Sendable (Int32) -> any SampleSource

    /// Samples a boot; its stacks go to the folder `output`: `guest-samples.folded`, and a file for each phase.
    ///
    /// - Parameters:
    ///   - sampler: `guestRegisters` or `guestStacks`.
    ///   - rate: samples a second.
    ///   - command: the QEMU command, for its architecture and its accelerator.
    ///   - folder: the boot's private folder.
    init(
        _ sampler: Plan.Collector, rate: Int, command: QEMUCommandLine, request: GuestProfileRequest,
        folder: String,
        output: String
    ) throws {
        self.sampler = sampler
        self.rate = rate
        self.output = output
        let listener = try ControlSocket(at: "\(folder)/\(sampler.rawValue)")
        let device =
            "socket,id=bootmark-sampler,path=\(QEMUOption.escaped(listener.path))"
        if sampler == .guestStacks {
            let layout = RegisterLayout(architecture: command.architecture)
            qemuArguments = ["-chardev", device, "-gdb", "chardev:bootmark-sampler"]
            makeSource = { StackSource(GDBStub(socket: $0), request: request, expected: layout) }
        } else {
            // Translated code does not keep its program counter up to date while it runs.
            let pauses = command.accelerator == "tcg"
            qemuArguments = ["-chardev", device, "-mon", "chardev=bootmark-sampler,mode=control"]
            makeSource = { RegisterSource(Monitor(socket: $0), request: request, pauses: pauses) }
        }
        looking = Looking(listener)
    }

    deinit { looking.isOver.store(true, ordering: .relaxed) }

    func attach(to process: Int32) {
        let (looking, rate, makeSource) = (looking, rate, makeSource)
        let thread = Thread {
            looking.look(at: rate, makeSource)
            looking.hasEnded.signal()
        }
        thread.name = "bootmark-sampler"
        thread.start()
        looking.hasBegun.store(true, ordering: .relaxed)
    }

    func reached(_ milestone: String, atByte byte: Int?) { looking.phase.withLock { $0 = milestone } }

    func freeze() { looking.isOver.store(true, ordering: .relaxed) }

    func collect() -> Collected {
        freeze()
        guard looking.hasBegun.load(ordering: .relaxed) else { return Collected() }
        // QEMU is gone, so its end of the connection is closed: this takes no time.
        guard looking.hasEnded.wait(timeout: .now() + 60) == .success else {
            return Collected(notes: ["\(sampler.rawValue): the sampler did not end"])
        }
        let samples = looking.samples.withLock { $0 }
        var collected = Collected(notes: samples.notes(sampler, asked: rate))
        do {
            for (phase, profile) in samples.phases where samples.phases.count > 1 {
                try keep(profile, of: phase)
            }
            try keep(samples.profile, of: nil)
        } catch {
            collected.notes.append("\(sampler.rawValue): the samples could not be kept: \(error)")
        }
        return collected
    }

    private func keep(_ profile: Profile, of phase: String?) throws {
        guard !profile.isEmpty else { return }
        let name = RunFolder.foldedName(.guestSamples, phase: phase)
        try AtomicFile.write(FoldedWriter().bytes(profile), to: "\(output)/\(name)")
    }
}

/// Where samples come from.
protocol SampleSource {
    /// What a reader should know of how they were taken.
    var remarks: [String] { get }
    /// Whether the guest stands still while it is looked at.
    var stopsGuest: Bool { get }
    /// Looks at every processor once.
    mutating func look() throws -> Look
    /// Says what has to be said so that the guest does not stay stopped after a fault.
    mutating func letGo()
}

/// What one look has seen.
struct Look {
    /// A stack for each processor, outermost frame first; none where the guest does not run.
    var stacks: [[String]]
    /// How long the guest stood still for it, by whoever stopped it; nil where nobody says.
    var stood: Nanoseconds?
}

/// What was seen, and what it cost.
struct GuestSamples: Sendable {
    /// The stacks.
    var profile = Profile(origin: .guestSamples, unit: "samples")
    /// The stacks of each phase.
    var phases: [String: Profile] = [:]
    /// How often all processors were looked at.
    var looks = 0
    /// From the first look to the boot's end.
    var elapsed = Nanoseconds.zero
    /// How long the looks took together; of those that stop the guest, for how long it stood still.
    var looking = Nanoseconds.zero
    /// Whether the guest stood still meanwhile.
    var stopsGuest = false
    /// What a reader should know of how they were taken.
    var remarks: [String] = []
    /// Why sampling ended before the boot did.
    var problem: String?

    /// Adds what one look has seen, in the phase in which it began.
    mutating func add(_ stacks: [[String]], in phase: String) throws {
        for stack in stacks {
            try profile.add(names: stack, weight: 1)
            try phases[phase, default: Profile(origin: .guestSamples, unit: "samples")].add(
                names: stack, weight: 1)
        }
        looks += stacks.isEmpty ? 0 : 1
    }

    /// What a reader should know: how much was seen, at what cost, and what went wrong.
    func notes(_ sampler: Plan.Collector, asked rate: Int) -> [String] {
        var notes: [String] = []
        if looks > 0, elapsed > .zero {
            let reached = Double(looks) / elapsed.seconds
            let share = 100 * looking.seconds / elapsed.seconds
            notes.append(
                "\(sampler.rawValue): \(Int(profile.total)) samples, \(Self.text(reached)) looks a second of "
                    + "\(rate) asked; "
                    + (stopsGuest
                        ? "the guest stood still for " : "QEMU was asked, and the guest ran on, for ")
                    + "\(Self.text(share)) % of the boot")
        } else if problem == nil {
            notes.append("\(sampler.rawValue): the boot was over before the first look")
        }
        notes += remarks.map { "\(sampler.rawValue): \($0)" }
        if let problem { notes.append("\(sampler.rawValue) ended before the boot did: \(problem)") }
        return notes
    }

    private static func text(_ number: Double) -> String {
        "\((number * 10).rounded() / 10)"
    }
}

/// What the sampling thread shares with the one that watches the boot.
private final class Looking: Sendable {
    let isOver = Atomic(false)
    let hasBegun = Atomic(false)
    let hasEnded = DispatchSemaphore(value: 0)
    let samples = Mutex(GuestSamples())
    let phase = Mutex(BootScript.powerOn)
    private let listener: ControlSocket

    init(_ listener: consuming ControlSocket) { self.listener = listener }

    private var mustEnd: Bool { isOver.load(ordering: .relaxed) }

    /// Waits for QEMU's connection, then looks until the boot is over or QEMU is gone.
    func look(at rate: Int, _ makeSource: (Int32) -> any SampleSource) {
        var connection: Int32 = -1
        while connection < 0, !mustEnd {
            var watched = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&watched, 1, 50) > 0 { connection = bootmark_accept(listener.descriptor) }
        }
        guard connection >= 0 else { return }
        defer { close(connection) }
        var source = makeSource(connection)
        var seen = GuestSamples()
        do {
            try look(at: rate, &source, &seen)
        } catch {
            source.letGo()
            // At a boot's end QEMU is killed in the middle of an answer.
            if !mustEnd { seen.problem = "\(error)" }
        }
        seen.stopsGuest = source.stopsGuest
        seen.remarks = source.remarks
        samples.withLock { $0 = seen }
    }

    private func look(
        at rate: Int, _ source: inout any SampleSource, _ seen: inout GuestSamples
    ) throws {
        let period = 1_000_000_000 / Int64(rate)
        var generator = SystemRandomNumberGenerator()
        let began = Clock.now
        var next = began
        while !mustEnd {
            let now = Clock.now
            guard now >= next else {
                usleep(useconds_t(min((next - now).count / 1000 + 1, 20_000)))
                continue
            }
            // Not in step with the guest's own timer, or every sample would see its handler, or none.
            let jitter = Int64.random(in: -period / 4...period / 4, using: &generator)
            next = Nanoseconds(max(next.count + period, now.count + period / 8) + jitter)
            let phase = phase.withLock { $0 }
            let look = try source.look()
            let after = Clock.now
            // What was seen behind the boot's end does not belong to it.
            guard !mustEnd else { break }
            try seen.add(look.stacks, in: phase)
            seen.looking = seen.looking + (look.stood ?? after - now)
            seen.elapsed = after - began
        }
    }
}
