import BootProfiles
import Foundation
import XCTest

@testable import FlameGraphs

/// Writes the pictures that Tests/Conformance/check-flamegraph opens in a browser.
final class ConformancePictures: PictureCase {
    func testPicturesForTheBrowserAreWellFormed() throws {
        let folder = ProcessInfo.processInfo.environment["BOOTMARK_PICTURES"]
        for (name, svg) in try pictures() {
            XCTAssertGreaterThan(try boxes(svg).count, 3, name)
            if let folder { try OutputFile.write(svg, to: "\(folder)/\(name).svg") }
        }
    }

    /// For Tests/Conformance/check-profile-formats.
    func testMoversAreWrittenForTheirSchema() throws {
        let folder = ProcessInfo.processInfo.environment["BOOTMARK_PROFILES"]
        let noise = [0, 3, 1, 4, 2, 5, 7, 6]
        let pairs = try noise.map {
            ProfilePair(
                before: try profile("main;old 30\nmain;\"slow\";deep \(50 + $0)\nmain;rest 300\n"),
                after: try profile("main;fresh 30\nmain;\"slow\";deep \(60 + $0)\nmain;rest 300\n"))
        }
        for (name, table) in [
            ("boots", MoverTable(before: pairs.map(\.before), after: pairs.map(\.after))),
            ("pairs", MoverTable(of: DifferentialFlameGraph(pairs: pairs))),
        ] {
            XCTAssertEqual(table.movers.count, 5)
            if let folder { try OutputFile.write(table.json(), to: "\(folder)/movers-\(name).json") }
        }
    }

    private func pictures() throws -> [(String, [UInt8])] {
        let flame = FlameGraph(try profile("main;a;leaf 2\nmain;a 1\nmain;b 1\n"))
        let noise = [0, 3, 1, 4, 2, 5]
        let before = try noise.map {
            try profile("main;old 30\nmain;noisy \(100 + $0)\nmain;slow;deep 50\nmain;rest \(300 - $0)\n")
        }
        let after = try noise.reversed().map {
            try profile("main;fresh 30\nmain;noisy \(100 + $0)\nmain;slow;deep 90\nmain;rest \(260 - $0)\n")
        }
        var large = Profile()
        for index in 0..<10_000 {
            try large.add(names: ["main", "f\(index / 100)", "g\(index / 10)", "h\(index)"], weight: 1)
        }
        var hostile = Profile()
        for name in [
            "<script>window.stolen = 1</script>", "]]><script>window.stolen = 1</script>", "a\u{1B}[2J",
        ] {
            try hostile.add(names: ["main", name], weight: 1)
        }
        let names = ["idle", "work", "idle", "last"]
        let samples = names.enumerated().map { index, name in
            "w 7/7 [000] 1.00\(index)000: 5 cycles: \n\t40 \(name) (/bin/w)\n\n"
        }
        var options = FoldingOptions()
        options.keepsSamples = true
        let recorded = try PerfScriptReader(options: options).read(
            .bytes(Array(samples.joined().utf8), name: "chart"))
        return [
            ("chart", FlameGraph(try Timeline(recorded)).svg()),
            ("flame", flame.svg()),
            ("difference", try DifferentialFlameGraph(before: before, after: after).svg()),
            ("large", FlameGraph(large).svg()), ("hostile", FlameGraph(hostile).svg()),
        ]
    }
}
