import BootModel
import BootStore
import XCTest

final class CanonicalJSONTests: StoreTestCase {
    private struct Example: Codable, Equatable {
        var zebra: [Double] = []
        var apple: [String: Double] = [:]
        var text = ""
    }

    private func text(_ example: Example) throws -> String {
        String(decoding: try CanonicalJSON.encode(example), as: UTF8.self)
    }

    func testKeysAreSortedAndEmptyCollectionsTakeOneLine() throws {
        XCTAssertEqual(
            try text(Example(text: "a/b")),
            "{\n  \"apple\" : {},\n  \"text\" : \"a/b\",\n  \"zebra\" : []\n}\n")
    }

    func testWholeNumbersHaveNoFractionAndTakeALineEach() throws {
        XCTAssertTrue(try text(Example(zebra: [5, 8e9])).contains("[\n    5,\n    8000000000\n  ]"))
    }

    func testBracketsInAStringStayAsTheyAre() throws {
        let example = Example(text: "[\n]{ }[]{\n}")
        XCTAssertEqual(
            try CanonicalJSON.decode(Example.self, from: CanonicalJSON.encode(example), path: "x"), example)
    }

    func testEveryDoubleReadsBackAsItself() throws {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<2000).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
        let special: [Double] = [0.1, 1e22, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0, 1 / 3]
        let example = Example(zebra: random + special)
        let bytes = try CanonicalJSON.encode(example)
        XCTAssertEqual(try CanonicalJSON.decode(Example.self, from: bytes, path: "x"), example)
        XCTAssertEqual(try CanonicalJSON.encode(example), bytes)
    }

    func testANumberThatIsNoneIsRefusedWithItsPlace() {
        let error = expect(.malformed) {
            try CanonicalJSON.encode(Example(apple: ["a": .nan]), for: "f.json")
        }
        XCTAssertEqual(error?.path, "f.json")
    }

    func testAnErrorNamesLineAndByteOfBrokenText() {
        let error = expect(.malformed) {
            try CanonicalJSON.decode(Example.self, from: Array("{\n \"text\": [1,,2]}".utf8), path: "f.json")
        }
        XCTAssertEqual(error?.place, "line 2, byte 15")
    }

    func testAnErrorNamesTheLineAndThePathOfAWrongType() {
        let text = "{\n\"apple\": {\n\"x\": 1,\n\"y\": \"z\"}, \"zebra\": [], \"text\": \"\"}"
        let error = expect(.malformed) {
            try CanonicalJSON.decode(Example.self, from: Array(text.utf8), path: "f.json")
        }
        XCTAssertEqual(error?.place, "line 4, byte 27, apple.y")
    }

    func testAnErrorNamesTheElementOfAList() {
        let text = "{\"zebra\": [1, 2,\n true], \"apple\": {}, \"text\": \"\"}"
        let error = expect(.malformed) {
            try CanonicalJSON.decode(Example.self, from: Array(text.utf8), path: "f.json")
        }
        XCTAssertEqual(error?.place, "line 2, byte 19, zebra[2]")
    }

    func testAMissingKeyIsNamed() {
        let error = expect(.malformed) {
            try CanonicalJSON.decode(Example.self, from: Array("{\"zebra\": []}".utf8), path: "f.json")
        }
        XCTAssertTrue(error?.reason.contains("apple") ?? false, error?.reason ?? "")
    }

    func testTextsThatNoDecoderTakesAreErrorsAndNotCrashes() {
        let deep = String(repeating: "[", count: 100_000)
        let texts = [
            "", " ", "null", "[]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "\"", "\"\\", "tru", "{} x",
            "\u{feff}{}", deep,
            "{\"zebra\":[1e999],\"apple\":{},\"text\":\"\"}", "{\"zebra\":[-],\"apple\":{},\"text\":\"\"}",
            "1", "-",
            String(repeating: "{\"zebra\":", count: 5000), "{\"\\ud800\":1}",
        ]
        for text in texts {
            XCTAssertThrowsError(
                try CanonicalJSON.decode(Example.self, from: Array(text.utf8), path: "f.json"), text
            ) { XCTAssertTrue($0 is StoreError, "\($0)") }
        }
    }

    func testRandomDamageNeverCrashes() throws {
        let good = try CanonicalJSON.encode(Run.example(timed: 1))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255)
            }
            do {
                _ = try CanonicalJSON.decode(Run.self, from: bytes, path: "f.json")
            } catch {
                XCTAssertTrue(error is StoreError, "\(error)")
            }
        }
    }

    func testHostileNamesInErrorsAreEscaped() {
        let text = "{\"zebra\":[],\"text\":\"\",\"apple\":{\"\\u001b[31m\\n\":\"\"}}"
        let error = expect(.malformed) {
            try CanonicalJSON.decode(Example.self, from: Array(text.utf8), path: "f\u{1b}.json")
        }
        XCTAssertFalse(error?.description.contains("\u{1b}") ?? true)
    }
}
