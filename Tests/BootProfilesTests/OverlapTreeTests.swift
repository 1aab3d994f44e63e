import XCTest

@testable import BootProfiles

final class OverlapTreeTests: XCTestCase {
    func testItStaysBalancedAndFindsWhatIsInIt() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<60 {
            let count = Int.random(in: 1...90, using: &generator)
            let starts = (0..<count).map { _ in UInt64.random(in: 0...60, using: &generator) }
            let tree = OverlapTree(starts: starts, ends: starts.map { $0 + 1 })
            var present: Set<Int> = []
            for number in 0..<count {
                tree.insert(number)
                present.insert(number)
                XCTAssertTrue(tree.isBalanced)
            }
            for number in (0..<count).shuffled(using: &generator) {
                tree.remove(number)
                present.remove(number)
                XCTAssertTrue(tree.isBalanced)
                for address in UInt64(0)...61 {
                    let found = tree.find(address)
                    XCTAssertEqual(found != nil, present.contains { starts[$0] == address })
                    XCTAssertTrue(found.map { present.contains($0) && starts[$0] == address } ?? true)
                }
            }
        }
    }

    func testInsertingManyAtOnceMakesTheTreeThatInsertingThemSinglyMakes() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<60 {
            let count = Int.random(in: 1...90, using: &generator)
            let starts = (0..<count).map { _ in UInt64.random(in: 0...60, using: &generator) }
            // So long that most addresses lie in several: which one is found shows where each stands in the tree.
            let ends = starts.map { $0 + UInt64.random(in: 0...40, using: &generator) }
            let first = Int.random(in: 0...count, using: &generator)
            let singly = OverlapTree(starts: starts, ends: ends)
            for number in 0..<first { singly.insert(number) }
            let atOnce = OverlapTree(starts: starts, ends: ends)
            atOnce.insert(
                first: first,
                order: (0..<Int32(count)).sorted { (starts[Int($0)], $0) < (starts[Int($1)], $1) })
            for number in first..<count {
                singly.insert(number)
                atOnce.insert(number)
            }
            XCTAssertTrue(atOnce.isBalanced)
            for address in UInt64(0)...101 { XCTAssertEqual(atOnce.find(address), singly.find(address)) }
        }
    }
}
