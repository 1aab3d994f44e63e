import BootModel
import BootTestSupport
import LibXML
import XCTest

@testable import BootReports

final class HTMLReporterTests: XCTestCase {
    private func report(_ comparisons: [Comparison], beside neighbours: Set<String> = []) throws -> String {
        String(decoding: try HTMLReporter().report(on: comparisons, beside: neighbours), as: UTF8.self)
    }

    /// The page as a tree: the document type, which the reader refuses, is the first line.
    private func tree(_ comparisons: [Comparison], beside neighbours: Set<String> = []) throws -> XMLTree {
        let page = try report(comparisons, beside: neighbours)
        let start = try XCTUnwrap(page.firstIndex(of: "\n"))
        XCTAssertEqual(page[..<start], "<!DOCTYPE html>")
        return try XMLReader().read(Array(page[start...].utf8.dropFirst()))
    }

    private func elements(_ tree: XMLTree) -> [XMLTree] { [tree] + tree.children.flatMap(elements) }

    func testEveryPageIsWellFormedAndNeedsNeitherScriptNorInlineStyle() throws {
        let pages = Samples.all.map { [$0.value] } + [Samples.all.map(\.value), []]
        for comparisons in pages {
            for element in elements(try tree(comparisons, beside: ["diff-host.svg", "diff-guest.svg"])) {
                XCTAssertFalse(
                    ["script", "style", "object", "iframe", "base", "form"].contains(element.name))
                for attribute in element.attributes {
                    XCTAssertFalse(attribute.name.hasPrefix("on"), attribute.name)
                    XCTAssertNotEqual(attribute.name, "style")
                    if ["href", "src"].contains(attribute.name) {
                        XCTAssertFalse(attribute.value.contains(":"), attribute.value)
                    }
                }
            }
        }
    }

    func testTheBannerSaysVerdictReasonAndNumbers() throws {
        let banner = try XCTUnwrap(
            elements(tree([Samples.regression])).first { $0["class"] == "banner regression" })
        XCTAssertEqual(banner.children.first?.text, "REGRESSION")
        let text = banner.children.map(\.text).joined(separator: "\n")
        for part in [
            "+12.0 %", "98.0 % interval +10.0 % to +14.0 %", "at most +3.0 %", "n = 5 before, 5 after",
        ] {
            XCTAssertTrue(text.contains(part), part)
        }
    }

    func testAConsoleIsTextInAFold() throws {
        let all = elements(try tree([Samples.failedBoot]))
        let console = try XCTUnwrap(all.first { $0.name == "pre" && $0["class"] == nil }).text
        XCTAssertTrue(console.contains("]]> <script>alert(1)</script> & \"'"))
        XCTAssertTrue(all.contains { $0.name == "details" && $0.children.contains { $0.name == "pre" } })
    }

    func testPicturesAreThereOnlyWhereTheFilesAre() throws {
        XCTAssertFalse(try report([Samples.regression]).contains("<img"))
        let images = elements(try tree([Samples.regression], beside: ["diff-guest.svg"])).filter {
            $0.name == "img"
        }
        XCTAssertEqual(images.map { $0["src"] }, ["diff-guest.svg"])
    }

    func testFilesWithStrangeNamesAreNotPointedTo() throws {
        let page = try report(
            [Samples.pass], beside: ["javascript:a.svg", "a b.svg", ".hidden.json", "ok.folded.gz"])
        XCTAssertTrue(page.contains("<a href=\"ok.folded.gz\">"))
        XCTAssertFalse(page.contains("javascript:"))
        XCTAssertFalse(page.contains("a b.svg"))
        XCTAssertFalse(page.contains(".hidden"))
    }

    func testEveryMetricShowsADotForEachBoot() throws {
        let plots = elements(try tree([Samples.pass])).filter { $0.name == "svg" }
        XCTAssertEqual(plots.count, Samples.pass.results.count)
        for plot in plots { XCTAssertEqual(plot.children(named: "circle").count, 10) }
    }

    func testPhasesAreDrawnOnOneAxis() throws {
        var comparison = Samples.pass
        comparison.results = ["power-on", "kernel", "init"].map {
            Samples.result(Metric.bootTime.of(phase: $0))
        }
        let bars = elements(try tree([comparison])).filter { $0.name == "rect" }
        XCTAssertEqual(bars.count, 6)
        let ends = bars.map { (Double($0["x"] ?? "") ?? .nan) + (Double($0["width"] ?? "") ?? .nan) }
        XCTAssertEqual(try XCTUnwrap(ends.max()), 880, accuracy: 0.2)
    }

    func testValuesThatAreNoNumbersDrawNothing() throws {
        var comparison = Samples.pass
        comparison.results[0].before = [.nan, .infinity]
        comparison.results[0].after = [-.infinity, 1e308]
        comparison.results[0].change = .init(estimate: .nan, low: nil, high: .infinity, confidence: .nan)
        let plots = elements(try tree([comparison])).filter { $0.name == "svg" }
        XCTAssertEqual(plots.count, comparison.results.count - 1)
    }

    func testHostileAndRandomNamesAndConsolesKeepThePageWellFormed() throws {
        var random = RepeatableRandom(state: 11)
        let bytes = (0..<20).map { _ in random.consoleBytes(300) } + HostileNames.all.map(\.bytes)
        for hostile in bytes.map({ String(decoding: $0, as: UTF8.self) }) {
            var comparison = Samples.failedBoot
            comparison.scenario = hostile
            comparison.reason = hostile
            comparison.failures[0].consoleTail = hostile
            comparison.results[0].metric.name = hostile
            comparison.results[0].reason = hostile
            comparison.functions = [
                FunctionChange(
                    name: hostile, origin: .host, selfBefore: 0, selfAfter: 1, totalBefore: 0,
                    totalAfter: .nan)
            ]
            comparison.reproduction = [hostile]
            comparison.notes = [hostile]
            for element in elements(try tree([comparison])) {
                XCTAssertFalse(["script", "b", "style"].contains(element.name), element.name)
                XCTAssertFalse(element.attributes.contains { $0.name.hasPrefix("on") }, element.name)
            }
            let acting = try report([comparison]).unicodeScalars.filter {
                $0.properties.generalCategory == .control && !["\n", "\t"].contains($0)
            }
            XCTAssertTrue(acting.isEmpty, "\(acting.first?.value ?? 0) of \(hostile.debugDescription)")
        }
    }
}
