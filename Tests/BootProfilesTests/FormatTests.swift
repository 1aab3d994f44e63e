import XCTest

@testable import BootProfiles

final class FormatTests: XCTestCase {
    private func folded(_ profile: Profile) -> String {
        String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    private func read(_ bytes: [UInt8]) throws -> Profile {
        try ProfileInput.open(.bytes(bytes, name: "test")).read()
    }

    private func random(_ generator: inout SystemRandomNumberGenerator) throws -> Profile {
        let units = ["cycles", "bytes", "nanoseconds", "cpu-clock:u", "samples"]
        var profile = Profile(unit: units.randomElement(using: &generator) ?? "")
        // Written where the format has a place for them, and then read again.
        profile.notes = ["3 samples were lost", "\"noted\" <b>"]
        let names = ["main", "a", "b<int>", "say \"hi\"\\", "日本語", "\u{1}\u{7F}", "[k]", "", "a b;c", "🙂"]
        for _ in 0..<Int.random(in: 1...60, using: &generator) {
            let depth = Int.random(in: 1...8, using: &generator)
            let stack = (0..<depth).map { _ in names.randomElement(using: &generator) ?? "" }
            try profile.add(names: stack, weight: Double(Int.random(in: 1...1_000_000, using: &generator)))
        }
        return profile
    }

    func testWhatIsWrittenReadsBackTheSame() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            let profile = try random(&generator)
            for format in [ProfileFormat.speedscope, .pprof, .firefox, .json] {
                let again = try read(try profile.encoded(as: format))
                XCTAssertEqual(folded(again), folded(profile), format.rawValue)
                XCTAssertEqual(again.unit, profile.unit)
                XCTAssertEqual(try again.encoded(as: format), try profile.encoded(as: format))
            }
        }
    }

    func testNotesSurviveWhereThereIsAPlaceForThem() throws {
        var profile = Profile()
        try profile.add(names: ["a"], weight: 1)
        profile.notes = ["3 samples were lost", "\"noted\" <b>"]
        for format in [ProfileFormat.pprof, .json] {
            XCTAssertEqual(try read(profile.encoded(as: format)).notes, profile.notes, format.rawValue)
        }
    }

    func testFractionsSurvive() throws {
        var profile = Profile()
        try profile.add(names: ["a"], weight: 0.25)
        try profile.add(names: ["b"], weight: 1e-7)
        try profile.add(names: ["c"], weight: 1.2345678901234567e-30)
        try profile.add(names: ["d"], weight: 5e-120)
        let smallest = "0." + String(repeating: "0", count: 119) + "5"
        for format in [ProfileFormat.folded, .speedscope, .json] {
            let again = folded(try read(try profile.encoded(as: format)))
            XCTAssertEqual(
                again,
                "a 0.25\nb 0.0000001\nc 0.0000000000000000000000000000012345678901234567\nd \(smallest)\n",
                format.rawValue)
        }
        // Its times count milliseconds.
        profile = Profile(unit: "samples")
        try profile.add(names: ["a"], weight: 0.25)
        XCTAssertEqual(folded(try read(try profile.encoded(as: .firefox))), "a 0.25\n")
    }

    func testTimesOfSamplesSurviveTheFirefoxProfiler() throws {
        let text = [5, 1, 9, 2].map { "w 7/7 [000] 1.00\($0)25: 3 cycles: \n\t40 f\($0 % 4) (/bin/w)\n\n" }
            .joined()
        let recorded = try SampleFiles.read(Array(text.utf8)) { $0.keepsSamples = true }
        let again = try SampleFiles.read(recorded.encoded(as: .firefox)) { $0.keepsSamples = true }
        func moments(_ profile: Profile) -> [String] {
            let start = profile.samples.map(\.facts.time).min() ?? 0
            return profile.samples.sorted { $0.facts.time < $1.facts.time }.map { sample in
                let stack = profile.withStack(of: sample) { $0.map { profile.frames.name(of: $0) } }
                return "\(sample.facts.time - start) \(stack.joined(separator: ";")) \(sample.weight)"
            }
        }
        XCTAssertEqual(moments(again), moments(recorded))
        XCTAssertEqual(moments(again).first, "0 w;f1 3.0")
        XCTAssertEqual(moments(again).last, "8000000 w;f1 3.0")
    }

    func testDamagedFilesAreRefusedAndNeverCrash() throws {
        var generator = SystemRandomNumberGenerator()
        let profile = try random(&generator)
        let compressed = try profile.encoded(as: .pprof)
        let stream = try ByteStream(.bytes(compressed, name: "test"))
        for whole in [try profile.encoded(as: .speedscope), compressed, try stream.readAll()] {
            for _ in 0..<400 {
                var damaged = whole
                damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
                _ = try? read(damaged)
                let cut = Array(whole.prefix(Int.random(in: 0..<(whole.count - 2), using: &generator)))
                _ = try? read(cut)
            }
        }
        for length in stride(from: 40, to: compressed.count - 1, by: 7) {
            XCTAssertThrowsError(try read(Array(compressed[..<length])))
        }
    }

    func testEventedProfilesOfSpeedscopeAreRead() throws {
        let text = """
            {"$schema":"https://www.speedscope.app/file-format-schema.json",
             "shared":{"frames":[{"name":"a"},{"name":"b"}]},
             "profiles":[{"type":"evented","name":"x","unit":"none","startValue":0,"endValue":10,"events":[
               {"type":"O","frame":0,"at":0},{"type":"O","frame":1,"at":2},
               {"type":"C","frame":1,"at":5},{"type":"C","frame":0,"at":10}]}]}
            """
        XCTAssertEqual(folded(try read(Array(text.utf8))), "a 7\na;b 3\n")
    }

    func testAFrameThatThereIsNotIsNamed() {
        let text = """
            {"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":"a"}]},
             "profiles":[{"type":"sampled","samples":[[1]],"weights":[1]}]}
            """
        XCTAssertThrowsError(try read(Array(text.utf8))) { error in
            XCTAssertTrue("\(error)".contains("frame that there is not"), "\(error)")
        }
    }

    func testJSONIsReadStrictlyAndToALimitedDepth() throws {
        let parse = { (text: String) in try JSONParser.parse(Array(text.utf8), name: "test") }
        XCTAssertEqual(try parse(#""\u00e9\ud83d\ude42\n""#).text, "é🙂\n")
        XCTAssertEqual(try parse(#"[1, -2.5e1]"#).elements?.compactMap(\.number), [1, -25])
        for wrong in ["", "[1,", "{\"a\"}", "tru", "[1] 2", "\"\\x\"", "\"\u{1}\"", "nan", "[1,]"] {
            XCTAssertThrowsError(try parse(wrong), wrong)
        }
        XCTAssertThrowsError(try parse(String(repeating: "[", count: 100_000)))
        let deep =
            String(repeating: "[", count: JSONParser.deepest)
            + String(repeating: "]", count: JSONParser.deepest)
        XCTAssertEqual(try parse(deep).elements?.count, 1)
    }

    func testCallgrindHoldsOwnAndInclusiveCostsWithRecursionCountedOnce() throws {
        var profile = Profile()
        try profile.add(names: ["main", "f", "f", "g"], weight: 3)
        try profile.add(names: ["main", "f"], weight: 2)
        XCTAssertEqual(
            String(decoding: try profile.encoded(as: .callgrind), as: UTF8.self),
            """
            # callgrind format
            version: 1
            creator: bootmark
            positions: line
            events: samples
            fl=???

            fn=(1) f
            0 2
            cfn=(2) g
            calls=1 0
            0 3

            fn=(2)
            0 3

            fn=(3) main
            0 0
            cfn=(1)
            calls=1 0
            0 5

            totals: 5

            """)
    }

    func testCallgrindGivesAFunctionWithoutANameOne() throws {
        var profile = Profile()
        try profile.add(names: [" ", "main", ""], weight: 3)
        XCTAssertEqual(try SampleFiles.read(profile.encoded(as: .callgrind)).total, 3)
    }

    func testTheTablesHoldEveryFunction() throws {
        var profile = Profile(unit: "cycles")
        try profile.add(names: ["main", "=cmd \"x\""], weight: 3)
        XCTAssertEqual(
            String(decoding: try profile.encoded(as: .csv), as: UTF8.self),
            "function,self,total\r\n\"'=cmd \"\"x\"\"\",3,3\r\n\"main\",0,3\r\n")
        let json = try JSONParser.parse(try profile.encoded(as: .json), name: "test")
        XCTAssertEqual(json["functions"]?.elements?.count, 2)
        XCTAssertEqual(json["functions"]?.elements?.first?["selfShare"]?.number, 1)
        XCTAssertEqual(json["unit"]?.text, "cycles")
    }
}
