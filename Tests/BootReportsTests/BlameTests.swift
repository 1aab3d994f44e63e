import BootModel
import BootProfiles
import XCTest

@testable import BootReports

final class BlameTests: XCTestCase {
    /// An exact comparison whose instructions went from 1,500 M up by `more`.
    private func comparison(
        _ more: Double, floor: Double? = 100_000, _ functions: [FunctionChange], controls: Int = 4
    ) -> Comparison {
        let before = 1_500_000_000.0
        var result = Samples.result(Metric.guestInstructions.exactly, more > 0 ? .regression : .improvement)
        result.before = [before, before]
        result.after = [before + more, before + more]
        result.change = .init(estimate: more / before, low: more / before, high: more / before, confidence: 1)
        result.floor = floor
        result.tolerance = 0
        var comparison = Samples.pass
        comparison.verdict = more > 0 ? .regression : .improvement
        comparison.results = [result]
        comparison.functions = functions
        comparison.guest = GuestDifference(
            net: more, gross: 2_100_222, changed: 14, within: 1_203, controls: controls)
        return comparison
    }

    private func function(_ name: String, own: Double, total: Double? = nil, caller: String? = nil)
        -> FunctionChange
    {
        let basis = 1_500_000_000.0
        return FunctionChange(
            name: name, origin: .guest, basis: basis, selfBefore: 0.1, selfAfter: 0.1 + own / basis,
            totalBefore: 0.2,
            totalAfter: 0.2 + (total ?? own) / basis, caller: caller, selfFloor: 0, totalFloor: 1000 / basis)
    }

    func testTheVerdictNamesTheFunctionsAtFaultWithTheirCallers() {
        let comparison = comparison(
            1_900_000,
            [
                function("crc32_body", own: 1_700_000, caller: "unpack_to_rootfs"),
                function("vfs_read", own: 10_000, total: 190_000, caller: "ksys_read"),
                function("tiny", own: 400),
            ])
        XCTAssertEqual(
            comparison.blame,
            "+1.90 M instructions, +0.13 %: crc32_body +1.70 M, called from unpack_to_rootfs; vfs_read +190 k with what it calls, called from ksys_read"
        )
        XCTAssertEqual(
            comparison.exactness,
            "Instructions: the same images again 0; layout alone up to 100,000; the change +1,900,000; 2,100,222 moved between functions in all; 14 functions changed, 1,203 moved no further than layout moves them."
        )
    }

    func testEveryReportSaysIt() throws {
        let comparison = comparison(
            1_900_000, [function("crc32_body", own: 1_700_000, caller: "unpack_to_rootfs")])
        let reporters: [any Reporter] = [
            TerminalReporter(width: 400), MarkdownReporter(), HTMLReporter(), JUnitReporter(dialect: .rich),
            JUnitReporter(dialect: .ant),
        ]
        for reporter in reporters {
            let text = String(decoding: try reporter.report(on: [comparison], beside: []), as: UTF8.self)
                .replacing("\\", with: "")
            XCTAssertTrue(
                text.contains("crc32_body +1.70 M, called from unpack_to_rootfs"), "\(reporter): \(text)")
            XCTAssertTrue(text.contains("layout alone up to 100,000"), "\(reporter)")
        }
        let junit = String(
            decoding: try JUnitReporter(dialect: .rich).report(on: [comparison], beside: []), as: UTF8.self)
        let message = junit.firstMatch(of: /<failure [^>]*message="([^"]*)"/)?.output.1 ?? ""
        XCTAssertTrue(message.contains("crc32_body +1.70 M, called from unpack_to_rootfs"), String(message))
        let read = try JSONReporter.comparisons(in: JSONReporter().report(on: [comparison], beside: []))
        XCTAssertEqual(read, [comparison])
    }

    func testNobodyIsNamedForWhatLayoutAloneMoves() {
        let small = comparison(40_000, [function("clear_page", own: 39_000)])
        XCTAssertEqual(small.blame, "+40,000 instructions, +0.0027 %: no more than layout alone moves")
        let none = comparison(150_000, [])
        XCTAssertEqual(
            none.blame,
            "+150 k instructions, +0.010 %: no function moved further than layout alone may (4 controls)"
        )
        let swapped = comparison(40_000, [function("a", own: 900_000), function("b", own: -860_000)])
        XCTAssertEqual(
            swapped.blame, "+40,000 instructions, +0.0027 %: a +900 k; b -860 k",
            "they moved further than layout, though the whole did not")
        XCTAssertNil(comparison(0, [function("a", own: 5)]).blame)
    }

    func testWhereControlsAreTooFewForAnyFunctionThoseThatMovedMostAreNamedAsThat() {
        let graph = { (own: Double, controls: Int) in
            GuestCallGraph(
                total: own, controls: controls,
                functions: [
                    .init(
                        name: "work", own: own, total: own, ownSpread: .init(deviation: 100),
                        totalSpread: .init(deviation: 100))
                ])
        }
        let sides = { (more: Double) in
            (
                ProfiledSide(functions: graph(10_000, 1)),
                ProfiledSide(functions: graph(10_000 + more, 0))
            )
        }
        var beyond = comparison(1_000, floor: 900, [])
        beyond.results[0].controls = 1
        beyond = beyond.naming(before: sides(1_000).0, after: sides(1_000).1)
        XCTAssertEqual(
            beyond.blame,
            "+1,000 instructions, +0.0001 %: no function moved further than layout alone may (1 control); most moved work +1,000"
        )
        XCTAssertTrue(beyond.exactness?.contains("layout alone up to 900 (1 control)") ?? false)
        let within = comparison(1_000, floor: 1_100, []).naming(
            before: sides(1_000).0, after: sides(1_000).1)
        XCTAssertEqual(within.functions, [], "nobody is suspected where nothing has changed")
    }

    func testWithoutControlsTheFloorIsUnknownAndSaidSo() {
        let comparison = comparison(1_900_000, floor: nil, [function("f", own: 1_900_000)], controls: 0)
        XCTAssertTrue(
            comparison.exactness?.contains("what layout alone moves is unknown (--controls 8)") ?? false)
        XCTAssertNil(Samples.pass.blame)
    }

    func testAHostileNameStaysInItsLine() {
        let blame = comparison(
            1_900_000, [function(Samples.hostileName, own: 1_900_000, caller: "\u{1B}[2J\n\u{0}")]
        ).blame
        XCTAssertFalse(blame?.unicodeScalars.contains { $0.value < 0x20 } ?? true, blame ?? "")
    }

    func testStacksThatWerePooledAreNotNamedAsFunctions() throws {
        let graph = { (own: Double) in
            GuestCallGraph(
                total: own * 2, controls: 0, leftOut: 0,
                functions: [
                    .init(name: "work", own: own, total: own * 2),
                    .init(name: "[small contexts]", own: own, total: own),
                ], calls: [.init(caller: 0, callee: 1, weight: own)])
        }
        let exact = comparison(2_000, []).naming(
            before: ProfiledSide(functions: graph(1_000)), after: ProfiledSide(functions: graph(2_000)))
        XCTAssertEqual(exact.functions.map(\.name), ["work"])
        let stacks = { (own: Int) throws -> ProfiledSide in
            let folded = Array("work \(own)\nwork;[other contexts] \(own)\n".utf8)
            return ProfiledSide(guest: [try FoldedReader().read(.bytes(folded, name: "test"))])
        }
        let counted = Samples.pass.naming(before: try stacks(1_000), after: try stacks(2_000))
        XCTAssertTrue(counted.functions.map(\.name).contains("work"))
        XCTAssertFalse(counted.functions.map(\.name).contains("[other contexts]"))
    }
}
