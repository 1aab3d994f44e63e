import BootModel
import BootStore
import XCTest

@testable import BootReports

final class JSONReporterTests: XCTestCase {
    private func failure(_ text: String) throws -> StoreError {
        var caught: (any Error)?
        XCTAssertThrowsError(try JSONReporter.comparisons(in: Array(text.utf8), path: "a/comparison.json")) {
            caught = $0
        }
        return try XCTUnwrap(caught as? StoreError)
    }

    func testReadingBackGivesEqualComparisons() throws {
        for (name, comparison) in Samples.all {
            let bytes = try JSONReporter().report(on: [comparison])
            XCTAssertEqual(bytes.first, UInt8(ascii: "{"))
            XCTAssertEqual(try JSONReporter.comparisons(in: bytes), [comparison], name)
        }
        let many = Samples.all.map(\.value)
        XCTAssertEqual(try JSONReporter.comparisons(in: JSONReporter().report(on: many)), many)
        XCTAssertEqual(try JSONReporter.comparisons(in: JSONReporter().report(on: [])), [])
    }

    func testNumbersReadBackExactly() throws {
        var comparison = Samples.pass
        comparison.results[0].after = [0.1, 1 / 3, 1e300, .leastNonzeroMagnitude, 21_330_118_204, 0x1p53]
        XCTAssertEqual(
            try JSONReporter.comparisons(in: JSONReporter().report(on: [comparison])), [comparison])
    }

    func testKeysAreSortedAndSlashesPlain() throws {
        let text = String(decoding: try JSONReporter().report(on: [Samples.pass]), as: UTF8.self)
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }.compactMap {
            $0.split(separator: "\"").dropFirst().first
        }
        XCTAssertEqual(keys, keys.sorted())
        XCTAssertTrue(text.contains("Baselines/tiny"))
        XCTAssertTrue(text.hasSuffix("}\n"))
    }

    func testAValueThatJSONCannotHoldIsAnErrorAndNotACrash() throws {
        var comparison = Samples.pass
        comparison.results[0].tolerance = .nan
        XCTAssertThrowsError(try JSONReporter().report(on: [comparison])) {
            XCTAssertEqual(($0 as? StoreError)?.code, .malformed)
        }
    }

    func testWhatIsNoComparisonSaysWhereAndWhatToDo() throws {
        for text in ["", "{", "[1]", "null", "{\"schema\": 1}", "{\"schema\": \"one\"}", "\u{1B}[31m"] {
            let error = try failure(text)
            XCTAssertTrue([.malformed, .cutShort].contains(error.code), text)
            XCTAssertTrue(error.description.hasPrefix("a/comparison.json "), error.description)
            XCTAssertFalse(error.nextStep.isEmpty)
        }
    }

    func testANewerFormatIsNamedAsSuch() throws {
        let error = try failure("{\"schema\": 2}")
        XCTAssertEqual(error.code, .newerSchema)
        XCTAssertTrue(error.description.contains("schema 2"))
    }

    func testACutFileIsAnErrorAtEveryByte() throws {
        let bytes = try JSONReporter().report(on: [Samples.regression])
        for length in stride(from: 0, to: bytes.count - 2, by: 97) {
            XCTAssertThrowsError(try JSONReporter.comparisons(in: Array(bytes.prefix(length))))
        }
    }
}
