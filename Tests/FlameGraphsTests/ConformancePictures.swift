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
        let table = MoverTable(before: [Profile()], after: [pairs[0].after])
        if let folder { try OutputFile.write(table.json(), to: "\(folder)/movers-none.json") }
        for (name, table) in [
            ("boots", MoverTable(before: pairs.map(\.before), after: pairs.map(\.after))),
            ("pairs", MoverTable(of: DifferentialFlameGraph(pairs: pairs))),
        ] {
            XCTAssertEqual(table.movers.count, 5)
            if let folder { try OutputFile.write(table.json(), to: "\(folder)/movers-\(name).json") }
        }
    }

    /// For Tests/Conformance/check-profile-formats.
    func testTablesAreWrittenForTheirSchema() throws {
        let folder = ProcessInfo.processInfo.environment["BOOTMARK_PROFILES"]
        var tables: [(String, [UInt8])] = []
        for (name, text) in [
            ("functions", "main;a;\"b\" 3\nmain;a 0.5\nmain;a;a 18446744073709551616\n"), ("none", ""),
        ] {
            let profile = try profile(text)
            tables.append((name, HotspotTable(profile).bytes(.json)))
            var modules = HotspotTable(profile)
            modules.subject = .module
            tables.append(("\(name)-modules", modules.bytes(.json)))
            guard !profile.isEmpty else { continue }
            var callers = HotspotTable(try profile.callers(of: "a"), neighboursOf: "a")
            callers.isOfCallers = true
            tables.append(("callers", callers.bytes(.json)))
            let callees = HotspotTable(try profile.callees(of: "a"), neighboursOf: "a")
            tables.append(("callees", callees.bytes(.json)))
        }
        for (name, text) in heat {
            tables.append((name, try HeatTable(text, file: name).bytes(.json, limit: 10)))
        }
        for (name, json) in tables {
            XCTAssertNoThrow(try JSONSerialization.jsonObject(with: Data(json)), name)
            if let folder { try OutputFile.write(json, to: "\(folder)/hotspots-\(name).json") }
        }
    }

    /// Tables as a boot keeps them, and one that nobody's boot kept.
    private var heat: [(String, [UInt8])] {
        var blocks = CSVText(columns: [
            "address", "function", "length", "executions", "instructions", "share",
        ])
        blocks.add([
            .plain("0x1000"), .name("\"=f\"\n,\u{1B}"), .plain("12"), .plain("3"), .plain("36"),
            .plain("0.9"),
        ])
        blocks.add([
            .plain(""), .name("[others]"), .plain(""), .plain(""), .plain("4"), .plain("0.1"),
        ])
        let events = "event,phase,count,first_ms,last_ms,share\n\"apic_x\",kernel,nan,-0,inf,-1e999\n"
        return [("blocks", blocks.bytes), ("events", Array(events.utf8))]
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
