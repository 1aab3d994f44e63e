import ArgumentParser
import BootRunner
import BootStore
import Foundation

/// `bootmark doctor`: what this host can measure, and what to install or set.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what this host can measure, and what to install or set.",
        discussion: "Exits 0 where boots can be measured, 4 where they cannot.")

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() async throws {
        let findings = await Diagnosis.all()
        if json {
            Standard.output(
                String(decoding: try CanonicalJSON.encode(findings, for: "findings"), as: UTF8.self))
        } else {
            for finding in findings {
                let mark =
                    ["good": "ok     ", "limited": "limited", "missing": "missing"][finding.state.rawValue]
                    ?? ""
                let subject = finding.subject.padding(toLength: 20, withPad: " ", startingAt: 0)
                Standard.output("\(mark)  \(subject) \(ConsoleLine.clean(finding.finding))")
                if !finding.advice.isEmpty { Standard.output("         \(finding.advice)") }
            }
        }
        let hasEmulator = findings.contains { $0.subject.hasPrefix("qemu") && $0.state == .good }
        if !hasEmulator { throw ExitCode(4) }
    }
}
