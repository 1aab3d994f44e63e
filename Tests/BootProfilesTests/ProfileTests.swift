import XCTest

@testable import BootProfiles

final class ProfileTests: XCTestCase {
    func testAFunctionThatCallsItselfCountsOnce() throws {
        var profile = Profile()
        try profile.add(names: ["main", "walk", "walk", "walk", "leaf"], weight: 3)
        try profile.add(names: ["main", "walk"], weight: 2)
        let walk = try XCTUnwrap(profile.functions().first { $0.name == "walk" })
        XCTAssertEqual(walk, FunctionTotals(name: "walk", own: 2, total: 5))
        XCTAssertEqual(profile.functions().first { $0.name == "main" }?.total, 5)
        XCTAssertEqual(profile.functions().reduce(0) { $0 + $1.own }, profile.total)
    }

    func testHotspotsComeByTheirOwnWeight() throws {
        var profile = Profile()
        try profile.add(names: ["main", "a"], weight: 1)
        try profile.add(names: ["main", "b"], weight: 2)
        XCTAssertEqual(profile.hotspots(1).map(\.name), ["b"])
        XCTAssertEqual(profile.hotspots(-1), [])
    }

    func testMergingIsTheSameAsReadingAllStacksIntoOne() throws {
        var parts = [Profile(), Profile(), Profile()]
        var whole = Profile()
        for index in 0..<300 {
            let names = ["main", "f\(index % 7)", "g\(index % 11)", "h\(index % 5)"]
            try parts[index % 3].add(names: names, weight: Double(index))
            try whole.add(names: names, weight: Double(index))
        }
        var merged = Profile()
        for part in parts { try merged.merge(part) }
        XCTAssertEqual(FoldedWriter().bytes(merged), FoldedWriter().bytes(whole))
        XCTAssertEqual(merged.total, whole.total)
    }

    func testMergingScalesWeights() throws {
        var profile = Profile()
        try profile.add(names: ["a"], weight: 1)
        var other = Profile()
        try other.add(names: ["a"], weight: 4)
        try profile.merge(other, scale: 0.5)
        XCTAssertEqual(profile.total, 3)
    }

    func testAWeightThatIsNoWeightIsRefused() {
        for weight in [-1, Double.nan, .infinity] {
            var profile = Profile()
            XCTAssertThrowsError(try profile.add(names: ["a"], weight: weight))
        }
    }

    func testFramesAreFoundByTheirBytes() {
        var table = FrameTable()
        var frames: [FrameID] = []
        for index in 0..<10_000 { frames.append(table.intern("function\(index)")) }
        for index in 0..<10_000 {
            XCTAssertEqual(table.intern("function\(index)"), frames[index])
            XCTAssertEqual(table.name(of: frames[index]), "function\(index)")
        }
        XCTAssertEqual(table.count, 10_000)
        XCTAssertNil(table.find("function"))
        XCTAssertEqual(table.find("function77"), frames[77])
    }

    func testAHundredThousandFramesDeepDoesNotExhaustTheStack() throws {
        var profile = Profile()
        try profile.add(names: (0..<100_000).map { "f\($0 % 3)" }, weight: 1)
        XCTAssertEqual(profile.functions().map(\.total), [1, 1, 1])
        XCTAssertEqual(FoldedWriter().bytes(profile).filter { $0 == 0x3B }.count, 99_999)
    }
}
