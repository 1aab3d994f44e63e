import BootModel
import XCTest

@testable import BootReports

final class GitHubAnnotationsReporterTests: XCTestCase {
    private func lines(_ comparisons: Comparison...) throws -> [Substring] {
        String(decoding: try GitHubAnnotationsReporter().report(on: comparisons), as: UTF8.self)
            .split(separator: "\n")
    }

    func testARegressionIsOneErrorWithItsNumbers() throws {
        let lines = try lines(Samples.pass, Samples.regression)
        XCTAssertEqual(lines.count, 1)
        XCTAssertTrue(
            lines[0].hasPrefix(
                "::error title=tiny (i386 pc%2C 1 CPU%2C 32 MiB)%3A regression::boot-time: regression, changed by +12.0 %25,"
            ),
            String(lines[0]))
        XCTAssertTrue(lines[0].contains("%0AReproduce with: bootmark ab"))
    }

    func testWhatCannotBeAnsweredIsAWarning() throws {
        for comparison in [Samples.noBaseline, Samples.inconclusive, Samples.invalidEnvironment] {
            XCTAssertEqual(try lines(comparison).map { $0.prefix(10) }, ["::warning "])
        }
        XCTAssertEqual(try lines(Samples.pass, Samples.improvement), [])
    }

    func testAHostileNameCannotEndThePropertyOrBeginALine() throws {
        let lines = try lines(Samples.failedBoot)
        XCTAssertEqual(lines.count, 1)
        let title = try XCTUnwrap(lines[0].dropFirst("::error title=".count).firstRange(of: "::")).lowerBound
        XCTAssertTrue(lines[0][..<title].hasSuffix("%3A boot failed"), String(lines[0]))
    }
}
