import BootRunner
import Synchronization
import XCTest

@testable import Bootmark

final class GateProgressTests: XCTestCase {
    func testWhatDisturbsIsToldOnceHoweverManyScenariosAreJudged() throws {
        let said = Said()
        let own = "load \(UUID().uuidString)"
        let bad = try finding(own, "limited")
        let good = try finding("SMT \(UUID().uuidString)", "good")
        for name in ["tiny", "linux"] {
            GateProgress(name, tell: { said.add($0) }).tellWhatDisturbs([bad, good])
        }
        XCTAssertEqual(said.lines, ["\(own): 9 over the last minute. Wait."])
    }

    private func finding(_ subject: String, _ state: String) throws -> Diagnosis {
        let text =
            #"{"subject":"\#(subject)","state":"\#(state)","finding":"9 over the last minute","advice":"Wait."}"#
        return try JSONDecoder().decode(Diagnosis.self, from: Data(text.utf8))
    }

    private final class Said: Sendable {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }
}
