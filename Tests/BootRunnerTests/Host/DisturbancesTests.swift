import BootModel
import BootTestSupport
import Foundation
import XCTest

@testable import BootRunner

final class DisturbancesTests: XCTestCase {
    func testADisturbedHostIsToldWhatToChange() throws {
        let root = try host([
            "proc/stat": "cpu  100 0 0 800 0 0 0 100 0 0\ncpu0 1\n",
            "proc/pressure/memory": "some avg10=9.00 avg60=4.50 avg300=0.00 total=5\nfull avg10=0 total=0\n",
            "sys/devices/system/cpu/smt/active": "1\n",
            "sys/devices/system/cpu/intel_pstate/no_turbo": "0\n",
            "sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n",
        ])
        let findings = Diagnosis.disturbances(root: root)
        XCTAssertEqual(
            findings.map(\.subject), ["stolen time", "memory pressure", "SMT", "turbo", "clock source"])
        XCTAssertTrue(findings.allSatisfy { $0.state == .limited && !$0.advice.isEmpty }, "\(findings)")
        XCTAssertTrue(findings[0].finding.contains("10.0 %"), findings[0].finding)
    }

    func testAQuietHostIsToldNothing() throws {
        let root = try host([
            "proc/stat": "cpu  100 0 0 800 0 0 0 0 0 0\n",
            "proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
            "sys/devices/system/cpu/smt/active": "0\n", "sys/devices/system/cpu/cpufreq/boost": "0\n",
            "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
        ])
        let findings = Diagnosis.disturbances(root: root)
        XCTAssertEqual(findings.count, 5)
        XCTAssertTrue(findings.allSatisfy { $0.state == .good && $0.advice.isEmpty }, "\(findings)")
    }

    func testWhatTheKernelDoesNotTellIsLeftOut() throws {
        let root = try host(["proc/stat": "cpu  x\n", "proc/pressure/memory": "some avg60=nan\n"])
        XCTAssertEqual(Diagnosis.disturbances(root: root), [])
    }

    func testPerfsLimitsAreToldWhereTheyBindAndPerfMeasures() throws {
        let cases:
            [(level: String, rate: String, rights: String, collectors: Set<Plan.Collector>, said: [String])] =
                [
                    ("3", "100000", "0000000000000000", [.perfStat], ["may count nothing"]),
                    ("2", "100000", "0000000000000000", [.perfStat], ["leave out the host's kernel"]),
                    ("1", "100000", "0000000000000000", [.perfStat, .perfRecord], []),
                    ("3", "100000", "0000004000000000", [.perfStat], []),
                    ("3", "100000", "0000000000200000", [.perfRecord], []),
                    ("3", "100000", "0000000000000000", [.guestInstructions, .guestProfile], []),
                    ("-1", "250", "0000000000000000", [.perfRecord], ["max_sample_rate is 250"]),
                    ("-1", "250", "0000000000000000", [.perfStat], []),
                    ("3", "250", "junk", [.perfRecord], ["may count nothing", "max_sample_rate is 250"]),
                ]
        for each in cases {
            let root = try host([
                "proc/sys/kernel/perf_event_paranoid": each.level + "\n",
                "proc/sys/kernel/perf_event_max_sample_rate": each.rate + "\n",
                "proc/self/status": "Name:\tbootmark\nCapEff:\t\(each.rights)\n",
            ])
            let found = Diagnosis.perfLimits(root: root, each.collectors)
            XCTAssertEqual(found.count, each.said.count, "\(each): \(found)")
            for (finding, words) in zip(found, each.said) {
                XCTAssertTrue(finding.finding.contains(words), "\(each): \(finding)")
                XCTAssertTrue(finding.state == .limited && finding.advice.contains("sysctl"), "\(finding)")
            }
        }
        let slow = try host(["proc/sys/kernel/perf_event_max_sample_rate": "250\n"])
        XCTAssertEqual(Diagnosis.perfLimits(root: slow, [.perfRecord], frequency: 250), [])
        XCTAssertEqual(Diagnosis.perfLimits(root: slow, [.perfRecord], frequency: 251).count, 1)
        XCTAssertEqual(
            Diagnosis.perfLimits(root: try host(["proc/empty": ""]), Set(Plan.Collector.allCases)), [])
    }

    private func host(_ files: [String: String]) throws -> String {
        let root = try temporaryFolder()
        for (name, text) in files {
            let path = "\(root)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try File.write(Array(text.utf8), to: path)
        }
        return root
    }
}
