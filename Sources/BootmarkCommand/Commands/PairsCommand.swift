import ArgumentParser
import BootComparison
import BootModel
import BootReports
import BootRunner
import BootStore
import Foundation

/// `bootmark ab`: boot two systems in turns, and judge the one against the other.
struct PairsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ab",
        abstract: "Boot two systems in pairs until it is clear whether the second is slower.",
        discussion: """
            Each command is one quoted word, read by a shell's rules of quoting, and no shell runs it. Every \
            pair is one boot of each, in a random order; after 12, 24 and 40 pairs it is judged whether enough \
            is known.

              bootmark ab --until 'login:' -o report \\
                  --before 'qemu-system-i386 -cdrom old.iso -m 512M' \\
                  --after  'qemu-system-i386 -cdrom new.iso -m 512M'

            DIR holds the reports, and both runs as DIR/before and DIR/after. Exits as bootmark --help tells.
            """)

    @OptionGroup var pairs: PairsOptions

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The folder to keep runs and reports in.", valueName: "DIR"))
    var output: String?

    @Option(help: ArgumentHelp("The QEMU command of the reference.", valueName: "'COMMAND'"))
    var before: String?

    @Option(help: ArgumentHelp("The QEMU command of what is judged.", valueName: "'COMMAND'"))
    var after: String?

    @Option(help: ArgumentHelp("A file for the JUnit report alone.", valueName: "FILE"))
    var junit: String?

    @OptionGroup var memory: HistoryOptions

    @Flag(help: "Go on with the pairs that DIR holds.")
    var resume = false

    @Flag(name: .customLong("dry-run"), help: "Print what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Print the comparison as JSON.")
    var json = false

    func validate() throws {
        guard output != nil || dryRun else {
            throw ValidationError("-o DIR is missing: where should runs and reports be kept?")
        }
        guard !(resume && dryRun) else { throw ValidationError("--resume and --dry-run exclude each other.") }
        let isNamed = (before != nil, after != nil)
        guard resume ? isNamed == (false, false) : isNamed == (true, true) else {
            throw ValidationError(
                resume
                    ? "--resume goes on as it was begun: leave --before and --after out."
                    : "Give both --before 'QEMU COMMAND' and --after 'QEMU COMMAND'.")
        }
    }

    func run() async throws {
        try await Failures.reported {
            if resume { return try await goOn() }
            let old = try QuotedCommand(before ?? "", option: "--before").words
            let new = try QuotedCommand(after ?? "", option: "--after").words
            let run = try await pairs.planned(before: old, after: new, reproduction: reproduction)
            if dryRun { return try PairedText.print(run, asJSON: json) }
            try await take(run, in: try PairedFolder.create(at: output ?? ""))
        }
    }

    private func goOn() async throws {
        let folder = try PairedFolder.resume(at: output ?? "")
        let run = try folder.load()
        for side in [run.before, run.after] {
            let host = await HostTools.probe(for: side.plan)
            try await side.checkThatItCanGoOn(host: host)
        }
        try await take(run, in: folder)
    }

    private func take(_ run: PairedRun, in folder: PairedFolder) async throws {
        let stop = StopSignal()
        let interruption = Interruption(raising: stop)
        HostNotes.say(before: run.before, run.after)
        let trial = try await PairedTrial(run, in: folder, stop: stop)
        let done = try await trial.take()
        if let number = interruption.received {
            Standard.error(
                "The pairs taken so far are kept. Go on with: bootmark ab --resume -o \(folder.path)")
            throw ExitCode(128 + number)
        }
        let comparison = try trial.report(done)
        if let junit {
            try AtomicFile.write(JUnitReporter(dialect: .rich).report(on: [comparison]), to: junit)
        }
        try ComparisonText.print(comparison, asJSON: json)
        Standard.error("The reports are in \(folder.path).")
        try memory.remember(comparison)
        if comparison.verdict.exitCode != 0 { throw ExitCode(comparison.verdict.exitCode) }
    }

    /// What was typed; -o too, although it has to be another folder the next time.
    private var reproduction: [String] { ["bootmark"] + CommandLine.arguments.dropFirst() }
}

/// One comparison in pairs, from the first boot to the reports.
struct PairedTrial {
    let run: PairedRun
    let folder: PairedFolder
    private let comparator: PairedComparator
    private let runner: PairedRunner

    /// A trial on this host.
    init(_ run: PairedRun, in folder: PairedFolder, stop: StopSignal) async throws {
        self.run = run
        self.folder = folder
        let comparator = PairedComparator(settings: .init(rule: run.plan.rule))
        self.comparator = comparator
        let before = QEMUExecutor(
            await HostTools.probe(for: run.before.plan))
        let after = QEMUExecutor(
            await HostTools.probe(for: run.after.plan))
        runner = PairedRunner(
            executors: { $0 == .before ? before : after },
            progress: PairedTerminalProgress(comparator: comparator), stop: stop)
    }

    /// Takes the pairs until enough is known.
    func take() async throws -> PairedRun {
        try await runner.execute(run, in: folder) { [comparator] run in
            let sides = run.compared(in: "")
            return comparator.isEnough(comparator.progress(before: sides.before, after: sides.after))
        }
    }

    /// Judges the pairs and writes the reports.
    func report(_ done: PairedRun) throws -> Comparison {
        var sides = done.compared(in: folder.path)
        sides.before.failures = folder.before.failures(of: done.before, side: .before)
        sides.after.failures = folder.after.failures(of: done.after, side: .after)
        let comparison = comparator.compare(
            before: sides.before, after: sides.after, reproduction: done.plan.reproduction)
        return try ComparisonFolder(path: folder.path, isPaired: true).write(
            comparison, before: try ProfiledSide(folder.before), after: try ProfiledSide(folder.after))
    }
}

extension PairedRun {
    /// Both sides, ready to be compared.
    func compared(in folder: String) -> (before: ComparedRun, after: ComparedRun) {
        (
            ComparedRun(run: before, location: "\(folder)/before"),
            ComparedRun(run: after, location: "\(folder)/after")
        )
    }
}
