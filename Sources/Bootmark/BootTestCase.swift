import BootModel
import XCTest

/// A test case whose tests boot systems.
///
/// ```swift
/// final class LinuxBootTests: BootTestCase {
///     func testColdBootStaysWithinBudget() async throws {
///         try await assertNoBootRegression(.linuxCloud)
///     }
/// }
/// ```
open class BootTestCase: XCTestCase {
    /// Boots a scenario and fails where it regressed against its baseline, where a boot failed, where the
    /// boots cannot tell, and where there was no baseline yet and this run became it.
    ///
    /// Run and reports are left in `Reports/<scenario>`; `GateSettings` lists what the environment may change.
    /// - Throws: `XCTSkip` where the scenario cannot be booted here.
    public func assertNoBootRegression(
        _ scenario: Scenario, file: StaticString = #filePath, line: UInt = #line
    ) async throws {
        switch await GateVerdict.reached(by: scenario, test: filter).0 {
        case .passes: return
        case .skips(let reason): throw XCTSkip(reason, file: file, line: line)
        case .fails(let message): XCTFail(message, file: file, line: line)
        }
    }

    /// This test as `swift test --filter` takes it: `Module.Class/method`.
    private var filter: String {
        let type = String(reflecting: Swift.type(of: self))
        let method = name.split(separator: ".").last.map(String.init) ?? name
        return "\(type)/\(method)"
    }
}
