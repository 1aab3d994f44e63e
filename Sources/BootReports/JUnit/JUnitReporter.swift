import BootModel
import LibXML

/// JUnit XML, in the dialect that a build server understands.
///
/// A suite is a scenario on its machine, a test case one of its metrics. What fails, errs or is skipped, and
/// how that agrees with the exit code: `Documentation/Reports.md`. The file for each dialect is valid in the
/// schemas that the dialect names; no one document can be valid in all.
public struct JUnitReporter: Reporter {
    /// What differs between the schemas that consumers hold files to.
    public enum Dialect: String, Sendable, CaseIterable {
        /// A root of suites, output at the end of each suite, package and id given: Ant's (windyroad's
        /// JUnit.xsd), and valid for Jenkins too.
        case ant
        /// A single suite as the root, output inside the test cases: Maven Surefire's, and valid for Jenkins.
        case suite
        /// A root of suites, output inside the test cases, with attachments: what build servers show most of;
        /// valid for Jenkins.
        case rich
    }

    /// The dialect.
    public var dialect: Dialect

    /// A reporter that writes `dialect`.
    public init(dialect: Dialect) {
        self.dialect = dialect
    }

    /// `junit.xml` for the rich dialect, `junit-ant.xml` and `junit-suite.xml` for the others.
    public var fileName: String { dialect == .rich ? "junit.xml" : "junit-\(dialect.rawValue).xml" }

    /// The report as UTF-8.
    /// - Throws: `XMLError`, which is a fault of Bootmark's own.
    public func report(
        on comparisons: [Comparison], beside neighbours: Set<String>
    ) throws -> [UInt8] {
        let suites = JUnitSuite.suites(comparisons)
        var writer = try XMLWriter()
        switch dialect {
        case .ant: try Self.writeAnt(suites, to: &writer)
        case .suite: try Self.writeSuite(suites, to: &writer)
        case .rich: try Self.writeRich(suites, to: &writer)
        }
        return try writer.finish()
    }

    // MARK: - Dialects

    private static func writeAnt(_ suites: [JUnitSuite], to writer: inout XMLWriter) throws(XMLError) {
        try writer.element("testsuites") { (writer) throws(XMLError) in
            for (index, suite) in suites.enumerated() {
                let counts = suite.counts
                let attributes: KeyValuePairs<String, String?> = [
                    "name": safe(suite.name), "package": "bootmark", "id": String(index),
                    "timestamp": Timestamp.text(secondsSince1970: suite.startedAt),
                    // The schema asks for a host name; a real one would say where a report was made.
                    "hostname": "localhost", "tests": String(counts.tests),
                    "failures": String(counts.failures), "errors": String(counts.errors),
                    "skipped": String(counts.skipped),
                    "time": FixedDecimal.seconds(nanoseconds: suite.duration),
                ]
                try writer.element("testsuite", attributes) { (writer) throws(XMLError) in
                    try write(suite.properties, to: &writer)
                    for testCase in suite.cases { try write(testCase, output: nil, to: &writer) }
                    let output = suite.cases.map { "== \($0.name)\n\($0.output)" }.joined(separator: "\n\n")
                    // Text of many megabytes is refused by parsers.
                    let capped = ConsoleText(output).capped(head: 1 << 20, tail: 1 << 20)
                    try writer.element("system-out", text: safe(capped))
                    try writer.element("system-err")
                }
            }
        }
    }

    private static func writeSuite(_ suites: [JUnitSuite], to writer: inout XMLWriter) throws(XMLError) {
        let counts = suites.reduce(JUnitSuite.Counts()) { $0 + $1.counts }
        let only = suites.count == 1 ? suites.first : nil
        let attributes: KeyValuePairs<String, String?> = [
            "name": safe(only?.name ?? "bootmark"),
            "time": FixedDecimal.seconds(nanoseconds: suites.reduce(0) { $0 + $1.duration }),
            "tests": String(counts.tests), "errors": String(counts.errors),
            "skipped": String(counts.skipped), "failures": String(counts.failures),
        ]
        try writer.element("testsuite", attributes) { (writer) throws(XMLError) in
            let properties = suites.flatMap { suite in
                suite.properties.map { property in
                    let name = only == nil ? "\(suite.name): \(property.name)" : property.name
                    return Environment.Property(name: name, value: property.value)
                }
            }
            try write(properties, to: &writer)
            for suite in suites {
                for testCase in suite.cases { try write(testCase, output: testCase.output, to: &writer) }
            }
        }
    }

    private static func writeRich(_ suites: [JUnitSuite], to writer: inout XMLWriter) throws(XMLError) {
        let counts = suites.reduce(JUnitSuite.Counts()) { $0 + $1.counts }
        let attributes: KeyValuePairs<String, String?> = [
            "name": "bootmark", "tests": String(counts.tests), "failures": String(counts.failures),
            "errors": String(counts.errors),
            "time": FixedDecimal.seconds(nanoseconds: suites.reduce(0) { $0 + $1.duration }),
        ]
        try writer.element("testsuites", attributes) { (writer) throws(XMLError) in
            for suite in suites {
                let counts = suite.counts
                let attributes: KeyValuePairs<String, String?> = [
                    "name": safe(suite.name), "timestamp": Timestamp.text(secondsSince1970: suite.startedAt),
                    "tests": String(counts.tests), "failures": String(counts.failures),
                    "errors": String(counts.errors), "skipped": String(counts.skipped),
                    "time": FixedDecimal.seconds(nanoseconds: suite.duration),
                ]
                try writer.element("testsuite", attributes) { (writer) throws(XMLError) in
                    try write(suite.properties, to: &writer)
                    for testCase in suite.cases {
                        let lines = testCase.attachments.filter(isAttachable).map { "[[ATTACHMENT|\($0)]]" }
                        let output = [safe(testCase.output)] + (lines.isEmpty ? [] : [""] + lines)
                        try write(testCase, output: output.joined(separator: "\n"), isSafe: true, to: &writer)
                    }
                }
            }
        }
    }

    // MARK: - Parts

    private static func write(
        _ properties: [Environment.Property], to writer: inout XMLWriter
    ) throws(XMLError) {
        try writer.element("properties") { (writer) throws(XMLError) in
            for property in properties {
                try writer.element("property", ["name": safe(property.name), "value": safe(property.value)])
            }
        }
    }

    private static func write(
        _ testCase: JUnitSuite.Case, output: String?, isSafe: Bool = false, to writer: inout XMLWriter
    ) throws(XMLError) {
        let attributes: KeyValuePairs<String, String?> = [
            "name": safe(testCase.name), "classname": safe(testCase.className),
            "time": FixedDecimal.seconds(nanoseconds: testCase.duration),
        ]
        try writer.element("testcase", attributes) { (writer) throws(XMLError) in
            // Some consumers show the message, others the body only: both say it.
            switch testCase.outcome {
            case .passed: break
            case .skipped(let reason):
                try writer.element("skipped", ["message": safe(reason)], text: safe(reason))
            case .failure(let type, let message, let body):
                try writer.element("failure", ["type": type, "message": safe(message)], text: safe(body))
            case .error(let type, let message, let body):
                try writer.element("error", ["type": type, "message": safe(message)], text: safe(body))
            }
            if let output { try writer.element("system-out", text: isSafe ? output : safe(output)) }
        }
    }

    /// Jenkins and GitLab take a certain bracket in any text for an order to publish a file of the build
    /// server's; a guest must not give that order.
    private static func safe(_ text: String) -> String {
        text.replacing("[[ATTACHMENT|", by: "[[ATTACHMENT#x7C")
    }

    /// Whether a path fits between the brackets of an attachment as it is.
    private static func isAttachable(_ path: String) -> Bool {
        !path.isEmpty && ConsoleText.line(path, limit: 4096) == path
            && !path.utf8.contains(UInt8(ascii: "]")) && !path.utf8.contains(UInt8(ascii: "["))
    }
}
