import ArgumentParser
import BootComparison
import BootModel
import BootReports
import BootStore
import Foundation

/// `bootmark compare`: the verdict on two stored runs.
struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge a run against another, or against a baseline.",
        discussion: """
            BEFORE and AFTER are run folders of bootmark boot, or baselines under Baselines/.

              bootmark compare before after -o report --tolerance boot-time=5

            Without --tolerance the budgets of the run decide, and where it has none, the most repeatable \
            metric that both runs hold. Exits as bootmark --help tells.
            """)

    @Argument(help: ArgumentHelp("The run that is the reference.", valueName: "BEFORE"))
    var before: String

    @Argument(help: ArgumentHelp("The run that is judged.", valueName: "AFTER"))
    var after: String

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp(
            "A folder for the reports: comparison.json, junit.xml, summary.md, report.html, flame graphs.",
            valueName: "DIR"))
    var output: String?

    @Option(help: ArgumentHelp("A file for the JUnit report alone.", valueName: "FILE"))
    var junit: String?

    @Option(
        help: ArgumentHelp(
            "The JUnit dialect of --junit: rich (Jenkins, GitLab, GitHub), suite (strict, surefire), ant (windyroad).",
            valueName: "DIALECT"))
    var dialect: JUnitReporter.Dialect = .rich

    @Option(
        help: ArgumentHelp(
            "How much worse a metric may become; repeat it for several metrics.", valueName: "METRIC=PERCENT")
    )
    var tolerance: [String] = []

    @Option(help: ArgumentHelp("The chance of a false alarm, 0 to 0.5.", valueName: "P"))
    var alpha = 0.01

    @Option(
        help: ArgumentHelp(
            "Where BEFORE is a baseline: which of its accepted runs is the reference. last, fixed (accept --fix, else the oldest that is kept), median:N (the middle one of N), pooled:N (N, each counted as one number).",
            valueName: "POLICY"))
    var against: ReferencePolicy = .last

    @Flag(help: "Compare runs of different scenarios too, which are incomparable otherwise.")
    var acrossScenarios = false

    @OptionGroup var memory: HistoryOptions

    @Flag(help: "Print the comparison as JSON.")
    var json = false

    func validate() throws {
        guard alpha > 0, alpha <= 0.5 else {
            throw ValidationError("--alpha takes a number above 0, up to 0.5.")
        }
        _ = try Tolerances.parsed(tolerance)
    }

    func run() async throws {
        try await Failures.reported {
            let old = try StoredSide(before, side: .before, readsStacks: output != nil)
            let new = try StoredSide(after, side: .after, readsStacks: output != nil)
            var settings = UnpairedComparator.Settings(alpha: alpha, acrossScenarios: acrossScenarios)
            settings.tolerances = try Tolerances.parsed(tolerance)
            try Tolerances.checkNames(settings.tolerances, old.compared.run, new.compared.run)
            var comparison = UnpairedComparator(settings: settings).compare(
                against, accepted: try old.accepted(), fixed: try old.fixed(), after: new.compared,
                reproduction: reproduction)
            if let output {
                comparison = try ComparisonFolder(path: output).write(
                    comparison, before: old.profiles, after: new.profiles)
            } else {
                comparison = comparison.naming(before: old.profiles, after: new.profiles)
            }
            if let junit {
                try AtomicFile.write(JUnitReporter(dialect: dialect).report(on: [comparison]), to: junit)
            }
            try ComparisonText.print(comparison, asJSON: json)
            if let output { Standard.error("The reports are in \(output).") }
            try memory.remember(comparison)
            if comparison.verdict.exitCode != 0 { throw ExitCode(comparison.verdict.exitCode) }
        }
    }

    private var reproduction: [String] {
        ["bootmark", "compare", before, after] + tolerance.flatMap { ["--tolerance", $0] }
            + (alpha == 0.01 ? [] : ["--alpha", "\(alpha)"])
            + (against == .last ? [] : ["--against", "\(against)"])
            + (acrossScenarios ? ["--across-scenarios"] : [])
    }
}

extension JUnitReporter.Dialect: ExpressibleByArgument {}

extension ReferencePolicy: ExpressibleByArgument {
    /// The policy that a word names.
    public init?(argument: String) { self.init(argument) }
}

/// A run or a baseline on disk, ready to be compared.
struct StoredSide {
    var compared: ComparedRun
    var profiles: ProfiledSide
    private let baseline: Baseline?

    /// With a `phase`, the stacks are those of that phase alone. Without stacks, an exact run's functions are there all
    /// the same, since they are small.
    init(_ path: String, side: BootFailure.Side, phase: String? = nil, readsStacks: Bool = true) throws {
        let folder = try RunFolder.open(at: path)
        let run = try folder.load()
        compared = ComparedRun(run: run, location: path, failures: folder.failures(of: run, side: side))
        // A baseline is a run folder whose stacks are packed.
        let isBaseline =
            FileManager.default.fileExists(atPath: "\(path)/host.folded.gz")
            || FileManager.default.fileExists(atPath: "\(path)/guest.folded.gz")
            || FileManager.default.fileExists(atPath: "\(path)/guest-samples.folded.gz")
        if !readsStacks {
            profiles = ProfiledSide(functions: try GuestFunctionsFile.read(folder.guestFunctions))
        } else if isBaseline {
            profiles = try ProfiledSide(try Baseline(at: path), phase: phase)
        } else {
            profiles = try ProfiledSide(folder, phase: phase)
        }
        baseline = side == .before ? try Baseline(at: path) : nil
    }

    /// The runs that were accepted as this baseline, oldest first; the run itself where it is none.
    func accepted() throws -> [ComparedRun] {
        let earlier = try baseline?.accepted().dropLast() ?? []
        return earlier.map { ComparedRun(run: $0.run, location: $0.file) } + [compared]
    }

    /// The run that was fixed as this baseline's reference.
    func fixed() throws -> ComparedRun? {
        try baseline?.fixed().map { ComparedRun(run: $0.run, location: $0.file) }
    }
}

/// A comparison on standard output.
enum ComparisonText {
    static func print(_ comparison: Comparison, asJSON: Bool) throws {
        let bytes =
            asJSON
            ? try JSONReporter().report(on: [comparison])
            : try TerminalReporter(width: Standard.width, isColoured: Standard.outputIsColoured).report(on: [
                comparison
            ])
        Standard.output(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines))
    }
}
