import XCTest

@testable import BootProfiles

final class TurnedTreeTests: XCTestCase {
    private func profile(_ text: String) throws -> Profile {
        try FoldedReader().read(.bytes(Array(text.utf8), name: "test"))
    }

    private func folded(_ profile: Profile) -> String {
        String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    func testReversingTwiceGivesTheStacksBack() throws {
        let text = "main 2\nmain;a;b 3\nmain;b 1\nother;b;b 4\n"
        let profile = try profile(text)
        XCTAssertEqual(
            folded(try profile.reversed()), "b;a;main 3\nb;b;other 4\nb;main 1\nmain 2\n")
        XCTAssertEqual(folded(try profile.reversed().reversed()), text)
        XCTAssertEqual(try profile.reversed().total, profile.total)
    }

    func testCalleesBeginAtTheOutermostCall() throws {
        let profile = try profile("main;f;x;f;y 4\nmain;a;f 1\nmain;b 9\n")
        XCTAssertEqual(folded(try profile.callees(of: "f")), "f 1\nf;x;f;y 4\n")
        XCTAssertEqual(folded(try profile.callers(of: "f")), "f;a;main 1\nf;main 4\n")
    }

    func testAFunctionThatIsNotThereIsNamed() throws {
        XCTAssertThrowsError(try profile("main 1\n").callers(of: "nobody\u{1B}")) { error in
            let text = "\(error)"
            XCTAssertTrue(text.contains("no stack holds the function nobody"), text)
            XCTAssertFalse(text.contains("\u{1B}"))
        }
    }

    func testNeighbouringEqualFramesBecomeOne() throws {
        let profile = try profile("comm;libc;libc;kernel 2\ncomm;libc;kernel 1\ncomm;a;b;a 4\n")
        XCTAssertEqual(folded(try profile.joiningNeighbours()), "a;b;a 4\nlibc;kernel 3\n")
    }
}

final class TimelineTests: XCTestCase {
    /// Samples of perf script: time in milliseconds, thread, function.
    private func recording(_ samples: [(Int, Int, String)]) throws -> Profile {
        let text = samples.map { time, thread, function in
            "worker 7/\(thread) [000] 100.\(String(repeating: "0", count: 3 - "\(time)".count))\(time)000: 5 cycles: \n"
                + "\t40 \(function) (/bin/worker)\n\t30 main (/bin/worker)\n\n"
        }.joined()
        var options = FoldingOptions()
        options.keepsSamples = true
        return try PerfScriptReader(options: options).read(.bytes(Array(text.utf8), name: "test"))
    }

    private func paths(_ timeline: Timeline) -> [String] {
        let tree = timeline.profile.tree
        return (1..<tree.count).map { node in
            var names: [String] = []
            var place = node
            while place > 0 {
                names.insert(timeline.profile.frames.name(of: tree.frames[place]), at: 0)
                place = Int(tree.parents[place])
            }
            return names.joined(separator: ";")
        }
    }

    func testWhatComesAgainLaterIsAFrameOfItsOwn() throws {
        let timeline = try Timeline(
            try recording([(1, 7, "a"), (2, 7, "a"), (3, 7, "b"), (4, 7, "a")]))
        XCTAssertEqual(
            paths(timeline),
            ["worker/7", "worker/7;main", "worker/7;main;a", "worker/7;main;b", "worker/7;main;a"])
        XCTAssertEqual(timeline.profile.tree.weights, [0, 0, 0, 10, 5, 5])
        XCTAssertEqual(timeline.starts[4], 2_000_000)
        XCTAssertEqual(timeline.ends[3], 1_000_000)
        XCTAssertEqual(timeline.length, 3_000_000)
    }

    func testThreadsStandBesideEachOther() throws {
        let timeline = try Timeline(try recording([(1, 8, "a"), (2, 7, "b"), (3, 8, "a")]))
        XCTAssertEqual(
            paths(timeline),
            ["worker/8", "worker/8;main", "worker/8;main;a", "worker/7", "worker/7;main", "worker/7;main;b"])
    }

    func testStacksWithoutTimesAreRefused() throws {
        let folded = try FoldedReader().read(.bytes(Array("a 1\n".utf8), name: "test"))
        XCTAssertThrowsError(try Timeline(folded)) { XCTAssertTrue("\($0)".contains("have no times")) }
    }

    func testATimeSinceTheFirstSampleSelects() throws {
        let profile = try recording([(10, 7, "a"), (20, 7, "b"), (30, 7, "c")])
        let selected = try profile.selecting(10_000_000..<20_000_000)
        XCTAssertEqual(String(decoding: FoldedWriter().bytes(selected), as: UTF8.self), "worker;main;b 5\n")
        XCTAssertThrowsError(try profile.selecting(5_000_000_000..<6_000_000_000)) {
            XCTAssertTrue("\($0)".contains("from +0.0 to +0.02 seconds"), "\($0)")
        }
    }
}
