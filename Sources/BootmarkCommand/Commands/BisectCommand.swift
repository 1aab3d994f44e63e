import ArgumentParser
import BootModel
import BootRunner
import BootStore
import Foundation

/// `bootmark bisect`: which commit made the boot slower.
struct BisectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bisect",
        abstract: "Find the commit that made the boot slower, by git bisect and pairs of boots.",
        discussion: """
            The QEMU command comes after two dashes; {tree} in it stands for the tree that was built. The good \
            commit is built once and booted in pairs with each commit that git wants tried. What stays \
            inconclusive is tried again, and then skipped.

              bootmark bisect --good v1.0 --bad main --build 'make -j2' --until 'login:' -o bisection \\
                  -- qemu-system-i386 -kernel {tree}/kernel.elf

            Your own tree stays as it is: git makes two work trees in DIR, and they go at the end. Exits 0 where \
            the commit was found, 2 where only commits are left that could not be judged.
            """)

    @OptionGroup var pairs: PairsOptions

    @Option(help: ArgumentHelp("A commit that boots as fast as it should.", valueName: "COMMIT"))
    var good: String

    @Option(help: ArgumentHelp("A commit that does not.", valueName: "COMMIT"))
    var bad: String

    @Option(help: ArgumentHelp("How a tree is built: a shell's command.", valueName: "COMMAND"))
    var build: String

    @Option(help: ArgumentHelp("The repository.", valueName: "DIR"))
    var repository = "."

    @Option(help: ArgumentHelp("How often what is inconclusive is tried, 1 to 10.", valueName: "N"))
    var tries = 3

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("A new folder for trees, logs and reports.", valueName: "DIR"))
    var output: String

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("The QEMU command.", valueName: "qemu-system-… ARGUMENTS"))
    var command: [String] = []

    func validate() throws {
        guard command.contains(where: { $0.contains("{tree}") }) else {
            throw ValidationError(
                "The QEMU command has to name what was built: {tree} stands for its tree, as in -kernel {tree}/kernel.elf."
            )
        }
        guard (1...10).contains(tries) else { throw ValidationError("--tries takes a number from 1 to 10.") }
    }

    func run() async throws {
        try await Failures.reported {
            let bisection = Bisection(repository: repository, folder: try newFolder())
            do {
                let found = try await search(bisection)
                await bisection.end()
                if !found { throw ExitCode(Verdict.inconclusive.exitCode) }
            } catch {
                await bisection.end()
                throw error
            }
        }
    }

    /// Whether the commit was found.
    private func search(_ bisection: Bisection) async throws -> Bool {
        let first = try await bisection.commit(named: good)
        let last = try await bisection.commit(named: bad)
        try await bisection.begin(good: first, bad: last)
        let log = "\(bisection.folder)/build-good.log"
        if try await bisection.build(bisection.goodTree, by: build, log: log) != nil {
            throw RunnerError(
                .input, "\(good) could not be built.", next: "What --build said is in \(log).")
        }
        guard let whole = try await judge(last, bisection), whole.verdict == .regression else {
            throw RunnerError(
                .input,
                "\(bad) was not found to boot slower than \(good), so there is nothing to search for.",
                next: "The reports in \(bisection.folder) say why; --max-pairs and --tolerance may help.")
        }
        var slow = [last: whole]
        var answer = try await bisection.start(good: first, bad: last)
        while answer == .goesOn {
            let commit = try await bisection.candidate()
            let trial = try await judge(commit, bisection)
            if let trial, trial.verdict == .regression { slow[commit] = trial }
            let mark = trial?.mark ?? .skip
            Standard.error("\(await bisection.describe(commit)): \(mark.rawValue)")
            answer = try await bisection.mark(mark)
        }
        guard case .found(let commit) = answer else {
            Standard.output("The commit was not found: only commits are left that could not be judged.")
            return false
        }
        Standard.output(
            "\(ConsoleLine.clean(await bisection.describe(commit))) is the first commit that boots slower.")
        if let trial = slow[commit] {
            Standard.output("\(ConsoleLine.cleanLines(trial.reason))\nReports: \(trial.folder)/summary.md")
            for name in ["diff-guest.svg", "diff-host.svg"] {
                let path = "\(trial.folder)/\(name)"
                if FileManager.default.fileExists(atPath: path) { Standard.output("Flame graph: \(path)") }
            }
        }
        return true
    }

    /// A commit's comparison with the good one.
    struct Trial {
        var verdict: Verdict
        var reason: String
        var folder: String

        /// What git is told; a commit that does not boot says nothing of its speed.
        var mark: Bisection.Mark {
            switch verdict {
            case .regression: .bad
            case .pass, .improvement: .good
            case .inconclusive, .failed, .incomparable, .invalidEnvironment: .skip
            }
        }
    }

    /// Builds the candidate's tree and judges it; nil where it could not be built.
    private func judge(_ commit: String, _ bisection: Bisection) async throws -> Trial? {
        let name = String(commit.prefix(12))
        let log = "\(bisection.folder)/build-\(name).log"
        if try await bisection.build(bisection.candidateTree, by: build, log: log) != nil {
            Standard.error("\(name) could not be built, see \(log).")
            return nil
        }
        var last: Trial?
        for attempt in 1...tries {
            let path = "\(bisection.folder)/\(name)" + (attempt > 1 ? "-\(attempt)" : "")
            let trial = try await boot(bisection, into: path)
            last = trial
            if ![.inconclusive, .invalidEnvironment].contains(trial.verdict) { break }
        }
        return last
    }

    private func boot(_ bisection: Bisection, into path: String) async throws -> Trial {
        func words(_ tree: String) -> [String] {
            command.map { $0.replacingOccurrences(of: "{tree}", with: tree) }
        }
        let run = try await pairs.planned(
            before: words(bisection.goodTree), after: words(bisection.candidateTree),
            reproduction: ["bootmark"] + CommandLine.arguments.dropFirst())
        let stop = StopSignal()
        let interruption = Interruption(raising: stop)
        HostNotes.say(before: run.before, run.after)
        let trial = try await PairedTrial(run, in: try PairedFolder.create(at: path), stop: stop)
        let done = try await trial.take()
        if let number = interruption.received { throw ExitCode(128 + number) }
        let comparison = try trial.report(done)
        return Trial(verdict: comparison.verdict, reason: comparison.reason, folder: path)
    }

    /// The folder, made, by its whole path: git is run in other folders.
    private func newFolder() throws -> String {
        let path = URL(fileURLWithPath: output).path
        guard !FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                .exists, path: output, reason: "is already there", nextStep: "Give another name to -o.")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StoreError(
                .notWritable, path: output, reason: "cannot be made a folder",
                nextStep: "Name a folder that you may write to.")
        }
        return path
    }
}
