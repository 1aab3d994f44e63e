import BootModel

/// A comparison as a suite of test cases, before it is written in a dialect.
///
/// The cases of a suite are the same whether they pass or not, so that a build server can follow each over
/// time: `boots` (every boot reached its end), `comparison` (there was something to compare with), and one for
/// each metric.
struct JUnitSuite {
    /// One test case.
    struct Case {
        /// What became of a case.
        enum Outcome: Equatable {
            case passed
            case skipped(reason: String)
            case failure(type: String, message: String, body: String)
            case error(type: String, message: String, body: String)
        }

        /// What consumers group by: the scenario's name.
        var className: String
        /// The case's name: unique within its suite.
        var name: String
        /// Nanoseconds; zero for a metric that is no time.
        var duration: Double
        /// What became of it.
        var outcome: Outcome
        /// What is to be said beside, also of a case that passed.
        var output: String
        /// Files that a build server may keep with the case.
        var attachments: [String] = []
    }

    /// The scenario with its machine.
    var name: String
    /// Seconds since 1970, UTC.
    var startedAt: Double
    /// Nanoseconds: what the boots of the judged run took.
    var duration: Double
    /// What ran the boots, and what came out.
    var properties: [Environment.Property]
    /// The cases, in order.
    var cases: [Case]

    /// How many cases there are, and how many of each outcome.
    var counts: Counts {
        var counts = Counts()
        for testCase in cases { counts.add(testCase.outcome) }
        return counts
    }

    /// Exact numbers of cases: some consumers trust them without counting.
    struct Counts: Equatable {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0

        mutating func add(_ outcome: Case.Outcome) {
            tests += 1
            switch outcome {
            case .passed: break
            case .skipped: skipped += 1
            case .failure: failures += 1
            case .error: errors += 1
            }
        }

        static func + (left: Counts, right: Counts) -> Counts {
            Counts(
                tests: left.tests + right.tests, failures: left.failures + right.failures,
                errors: left.errors + right.errors, skipped: left.skipped + right.skipped)
        }
    }
}
