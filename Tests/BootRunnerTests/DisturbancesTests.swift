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
        ])
        let findings = Diagnosis.disturbances(root: root)
        XCTAssertEqual(findings.map(\.subject), ["stolen time", "memory pressure", "SMT", "turbo"])
        XCTAssertTrue(findings.allSatisfy { $0.state == .limited && !$0.advice.isEmpty }, "\(findings)")
        XCTAssertTrue(findings[0].finding.contains("10.0 %"), findings[0].finding)
    }

    func testAQuietHostIsToldNothing() throws {
        let root = try host([
            "proc/stat": "cpu  100 0 0 800 0 0 0 0 0 0\n",
            "proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
            "sys/devices/system/cpu/smt/active": "0\n", "sys/devices/system/cpu/cpufreq/boost": "0\n",
        ])
        let findings = Diagnosis.disturbances(root: root)
        XCTAssertEqual(findings.count, 4)
        XCTAssertTrue(findings.allSatisfy { $0.state == .good && $0.advice.isEmpty }, "\(findings)")
    }

    func testWhatTheKernelDoesNotTellIsLeftOut() throws {
        let root = try host(["proc/stat": "cpu  x\n", "proc/pressure/memory": "some avg60=nan\n"])
        XCTAssertEqual(Diagnosis.disturbances(root: root), [])
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
