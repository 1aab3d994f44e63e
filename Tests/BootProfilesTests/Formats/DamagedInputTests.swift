import XCTest

@testable import BootProfiles

/// What every reader does with input that is cut, changed, hostile or far too large.
final class DamagedInputTests: XCTestCase {
    /// What a reader made of `bytes`: a total, or a fault of its own; anything else ends the tests.
    @discardableResult
    private func read(_ bytes: [UInt8], _ label: String, partial: Bool) throws -> Double? {
        do {
            let profile = try SampleFiles.read(bytes, as: label, partial: partial)
            XCTAssertTrue(profile.total.isFinite && profile.total >= 0)
            return profile.total
        } catch let error as ProfileError {
            XCTAssertEqual(error.file, "test")
            XCTAssertFalse(error.detail.isEmpty || error.nextStep.isEmpty)
            return nil
        }
    }

    func testAFileCutAnywhereIsRefusedWithItsPlaceOrReadInPartWithANoteWhenAsked() throws {
        // Of these the end holds what the rest means: names, weights or the first whole table.
        let needsItsEnd: Set = [
            "pprof/ours.pb", "firefox-profiler-json/ours.json", "firefox-profiler-json/version-48.json",
            "gecko-profile-json/two-threads.json", "speedscope-json/ours.json",
        ]
        for sample in try SampleFiles.all() {
            let whole = try sample.read()
            var parts = 0
            var places = 0
            for length in Self.places(in: sample.bytes) {
                let cut = Array(sample.bytes[..<length])
                let about = "\(sample.name) cut at \(length)"
                let fault = try fault(of: cut, as: sample.label, about, whole)
                if let fault, length > 40 {
                    XCTAssertNotEqual(fault.place, .whole, "\(about): \(fault)")
                    places += 1
                }
                guard let part = try? SampleFiles.read(cut, as: sample.label, partial: true) else {
                    XCTAssertNotNil(fault, "\(about) is read whole, and not in part")
                    continue
                }
                XCTAssertLessThanOrEqual(part.total, whole.total * (1 + 1e-9), about)
                if fault != nil {
                    XCTAssertGreaterThan(Set(part.notes).subtracting(whole.notes).count, 0, about)
                }
                if part.total > 0 { parts += 1 }
            }
            XCTAssertGreaterThan(places, 0, sample.name)
            XCTAssertTrue(parts > 20 || needsItsEnd.contains(sample.name), "\(sample.name): \(parts)")
            let last = try? SampleFiles.read(
                Array(sample.bytes.dropLast(3)), as: sample.label, partial: true)
            XCTAssertTrue(
                last.map { $0.total > 0 } ?? false || needsItsEnd.contains(sample.name), sample.name)
        }
    }

    /// Why the beginning `cut` of a file is refused; nil where it is whole by itself.
    private func fault(
        of cut: [UInt8], as label: String, _ about: String, _ whole: Profile
    ) throws -> ProfileError? {
        let total: Double
        do { total = try SampleFiles.read(cut, as: label, partial: false).total } catch {
            return try XCTUnwrap(error as? ProfileError, about)
        }
        XCTAssertLessThanOrEqual(total, whole.total * (1 + 1e-9), about)
        // Lines of text, and events of MOJO, are whole by themselves: whether more came nobody can see. What is behind the
        // last sample of perf.data may be missing.
        XCTAssertTrue(
            label == "austin-mojo" || cut.isEmpty || cut.last == 0x0A || cut.last == 0x7D
                || (label == "perf-data" && total == whole.total), about)
        return nil
    }

    func testWhatPointsBeyondATableIsRefusedWithItsPlace() throws {
        let one = NameCarrier.all.filter { $0.label != "perf-data" }
        let changes: [(label: String, from: String, to: String)] = [
            ("speedscope-json", "[0],[1]", "[0],[2]"), ("speedscope-json", "[0],[1]", "[-1],[1]"),
            ("firefox-profiler-json", "\"stack\":[0,1]", "\"stack\":[0,2]"),
            ("firefox-profiler-json", "\"frame\":[0,1]", "\"frame\":[0,9]"),
            ("firefox-profiler-json", "\"prefix\":[null,null]", "\"prefix\":[1,null]"),
            ("firefox-profiler-json", "\"func\":[0,1]", "\"func\":[0,4294967296]"),
            ("firefox-profiler-json", "\"funcTable\":{\"name\":[0,1]", "\"funcTable\":{\"name\":[0,2]"),
            ("gecko-profile-json", "[[0],[1]]", "[[0],[2]]"),
            ("gecko-profile-json", "[null,0],[null,1]", "[null,0],[7,1]"),
            ("gecko-profile-json", "[null,0],[null,1]", "[null,0],[null,-1]"),
            ("bootmark-json", "\"stack\": [1]", "\"stack\": [2]"),
            ("bootmark-json", "\"stack\": [1]", "\"stack\": [1.5]"), ("callgrind", "fn=(2) name", "fn=(3)"),
            ("pprof", "\u{12}\u{6}\u{A}\u{1}\u{2}", "\u{12}\u{6}\u{A}\u{1}\u{9}"),
            ("pprof", "\"\u{2}\u{8}\u{2}", "\"\u{2}\u{8}\u{9}"),
            ("pprof", "*\u{4}\u{8}\u{2}\u{10}\u{4}", "*\u{4}\u{8}\u{2}\u{10}\u{9}"),
            ("austin-mojo", "\u{5}\u{2}\u{9}", "\u{5}\u{7}\u{9}"),
        ]
        for change in changes {
            let carrier = try XCTUnwrap(one.first { $0.label == change.label })
            let file = try XCTUnwrap(carrier.file(Array("name".utf8), "1"))
            XCTAssertNoThrow(try SampleFiles.read(file, as: change.label, partial: false))
            let damaged = String(decoding: file, as: UTF8.self).replacingOccurrences(
                of: change.from, with: change.to)
            XCTAssertNotEqual(Array(damaged.utf8), file, "\(change)")
            XCTAssertThrowsError(
                try SampleFiles.read(Array(damaged.utf8), as: change.label, partial: false), "\(change)"
            ) { error in
                let error = error as? ProfileError
                XCTAssertNotEqual(error?.place ?? .whole, .whole, "\(change): \(error?.description ?? "")")
            }
            _ = try read(Array(damaged.utf8), change.label, partial: true)
        }
    }

    func testChangedBytesNeverEndTheReader() throws {
        var generator = SeededGenerator(seed: 11)
        for sample in try SampleFiles.all() {
            for _ in 0..<150 {
                var bytes = sample.bytes
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: bytes.indices, using: &generator)
                    bytes[place] =
                        Bool.random(using: &generator)
                        ? bytes[place] ^ (1 << UInt8.random(in: 0...7, using: &generator))
                        : [0, 0xFF, 0x7F, 0x80, 0x0A, 0x20, 0x22, 0x3B].randomElement(using: &generator) ?? 0
                }
                try read(bytes, sample.label, partial: Bool.random(using: &generator))
            }
        }
    }

    func testNoReaderTakesTheFilesOfAnotherAmiss() throws {
        let samples = try SampleFiles.all()
        for label in ProfileInput.kinds.map(\.label) {
            for sample in samples where sample.label != label {
                try read(sample.bytes, label, partial: false)
                try read(sample.bytes, label, partial: true)
            }
        }
    }

    func testABombOfGzipIsRefused() throws {
        let bomb = Gzip.compressed([UInt8](repeating: 0x20, count: 4 << 20))
        let inflater = try Inflater(name: "bomb", held: bomb, limit: 1 << 20)
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        defer { target.deallocate() }
        var unfolded = 0
        XCTAssertThrowsError(
            try {
                while true {
                    let got = try inflater.read(into: target) { _ in 0 }
                    if got == 0 { return }
                    unfolded += got
                }
            }()
        ) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .tooLarge)
            XCTAssertLessThanOrEqual(unfolded, 1 << 20)
        }
    }

    func testMoreStacksThanAProfileHoldsAreRefused() throws {
        var profile = Profile(limit: 1000)
        XCTAssertThrowsError(
            try {
                for index in 0..<2000 { try profile.add(names: ["main", "f\(index)"], weight: 1) }
            }()
        ) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .tooLarge)
            XCTAssertTrue("\(error)".contains("1000 distinct stacks"), "\(error)")
        }
        XCTAssertLessThanOrEqual(profile.nodeCount, 1001)
    }

    func testADocumentOfTooManyValuesIsRefused() throws {
        let text = "[" + String(repeating: "{},", count: 1000) + "{}]"
        XCTAssertThrowsError(try JSONParser.parse(Array(text.utf8), name: "test", mostValues: 8000)) {
            error in
            XCTAssertEqual((error as? ProfileError)?.code, .tooLarge)
        }
    }

    func testSumsBeyondTheNumbersOfAFormatAreRefusedAndHeldByOthers() throws {
        var profile = Profile()
        for name in ["a", "b"] { try profile.add(names: [name], weight: 0x1p63) }
        for format in [ProfileFormat.pprof, .callgrind] {
            XCTAssertThrowsError(try profile.encoded(as: format)) { error in
                XCTAssertEqual((error as? ProfileError)?.code, .tooLarge, format.rawValue)
            }
        }
        for format in [ProfileFormat.folded, .speedscope, .json, .firefox] {
            XCTAssertEqual(
                try SampleFiles.read(profile.encoded(as: format)).total, 0x1p64, format.rawValue)
        }
        XCTAssertEqual(
            try SampleFiles.read(Array("a 9223372036854775808\nb 9223372036854775808\n".utf8)).total, 0x1p64)
    }

    func testTheTextOfAProgramBetweenStracesLinesIsLeftOut() throws {
        let profile = try SampleFiles.read(
            Array(
                "execve(\"/bin/ls\", [\"ls\"], 0x7f /* 1 var */) = 0\nhello = 3\nwrite(1, \"x = 1\", 5)   = 5\n"
                    .utf8))
        XCTAssertEqual(SampleFiles.folded(profile), "ls;execve 1\nls;write 1\n")
        XCTAssertEqual(profile.notes.count, 1)
    }

    /// Up to 160 lengths, all of them where there are fewer, and the last ones.
    private static func places(in bytes: [UInt8]) -> [Int] {
        let step = max(1, bytes.count / 120)
        return Array(stride(from: 0, to: bytes.count, by: step))
            + Array(max(0, bytes.count - 40)..<bytes.count)
    }
}

/// Random numbers that are the same each time, so that a failure comes again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
