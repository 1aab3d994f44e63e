import BootModel
import BootTestSupport
import Foundation
import XCTest

@testable import BootRunner

final class HostConditionsTests: XCTestCase {
    func testWhatOthersUsedAndWhatWasStolenAreSharesOfAllProcessors() throws {
        let root = try host(stat: "cpu  100 0 0 1000 0 0 0 50 0 0", throttles: "3", waited: 1_000_000)
        let conditions = HostConditions(root: root)
        try fill(root, stat: "cpu  160 0 20 1110 0 0 0 60 0 0", throttles: "5", waited: 1_500_000)
        // 200 ticks: 110 idle, 10 stolen, 80 busy, of which the boot itself used 30.
        let seen = conditions.since(used: .seconds(0.3), elapsed: .seconds(1))
        XCTAssertEqual(try XCTUnwrap(seen.others), 0.25, accuracy: 1e-9)
        XCTAssertEqual(try XCTUnwrap(seen.stolen), 0.05, accuracy: 1e-9)
        XCTAssertEqual(try XCTUnwrap(seen.memoryPressure), 0.5, accuracy: 1e-9)
        XCTAssertEqual(seen.throttled, 2)
        XCTAssertEqual(seen.frequency, 2.4e9)
        XCTAssertEqual(seen.load, 1.5)
    }

    func testAHostThatTellsNothingLeavesNothing() throws {
        let conditions = HostConditions(root: try temporaryFolder())
        XCTAssertEqual(conditions.since(used: .zero, elapsed: .seconds(1)), Conditions())
    }

    func testCountersThatGoBackOrAreNoNumbersLeaveNothing() throws {
        let root = try host(stat: "cpu  100 0 0 1000 0 0 0 50 0 0", throttles: "3", waited: 10)
        let conditions = HostConditions(root: root)
        try fill(root, stat: "cpu  x 0 0", throttles: "1", waited: 5)
        let seen = conditions.since(used: .zero, elapsed: .seconds(1))
        XCTAssertNil(seen.others)
        XCTAssertNil(seen.throttled)
        XCTAssertNil(seen.memoryPressure)
    }

    func testThisHostTellsWhatOthersUse() throws {
        let conditions = HostConditions()
        usleep(50_000)
        let others = try XCTUnwrap(conditions.since(used: .zero, elapsed: .seconds(0.05)).others)
        XCTAssertTrue((0...1).contains(others))
    }

    private func host(stat: String, throttles: String, waited: Int) throws -> String {
        let root = try temporaryFolder()
        let processor = "\(root)/sys/devices/system/cpu/cpu0"
        for folder in ["\(root)/proc/pressure", "\(processor)/thermal_throttle", "\(processor)/cpufreq"] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try File.write(Array("1.50 1.00 0.50 1/2 3".utf8), to: "\(root)/proc/loadavg")
        try File.write(Array("2400000\n".utf8), to: "\(processor)/cpufreq/scaling_cur_freq")
        try fill(root, stat: stat, throttles: throttles, waited: waited)
        return root
    }

    private func fill(_ root: String, stat: String, throttles: String, waited: Int) throws {
        try File.write(Array("\(stat)\ncpu0 1 2 3\n".utf8), to: "\(root)/proc/stat")
        try File.write(
            Array("some avg10=0.00 avg60=0.00 avg300=0.00 total=\(waited)\nfull avg10=0 total=0\n".utf8),
            to: "\(root)/proc/pressure/memory")
        try File.write(
            Array(throttles.utf8),
            to: "\(root)/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count")
    }
}
