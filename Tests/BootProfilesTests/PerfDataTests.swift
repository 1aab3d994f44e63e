import CZstd
import XCTest

@testable import BootProfiles

/// Recordings made here, byte by byte, so that what no machine at hand writes is read too.
final class PerfDataTests: XCTestCase {
    private func fold(_ bytes: [UInt8], _ change: (inout FoldingOptions) -> Void = { _ in }) throws -> String
    {
        var options = FoldingOptions()
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        change(&options)
        let profile = try PerfDataReader(options: options).read(.bytes(bytes, name: "test"))
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    func testBothByteOrdersGiveTheSame() throws {
        for isBig in [false, true] {
            let recording = Recording(isBig: isBig).file
            XCTAssertEqual(try fold(recording), sample(isBig: isBig), "big endian: \(isBig)")
            try PerfCommand.check(asPerf, of: recording)
        }
    }

    func testAPipeGivesWhatAFileGives() throws {
        for isBig in [false, true] {
            let recording = Recording(isBig: isBig).pipe
            XCTAssertEqual(try fold(recording), sample(isBig: isBig))
            // perf itself fails on a pipe of the other byte order.
            if !isBig { try PerfCommand.check(asPerf, of: recording) }
        }
    }

    /// Without a record that says where the kernel lies, perf knows of no kernel.
    private var asPerf: String {
        sample(isBig: false).replacingOccurrences(of: "[[kernel.kallsyms]]", with: "[unknown]")
    }

    private func sample(isBig: Bool) -> String {
        "child;[tool] 1\nwork;[unknown];[tool] 12\nwork;[unknown];[tool];[[kernel.kallsyms]] 2\n"
    }

    func testRecordsAreTakenInTheOrderOfTheirTimes() throws {
        // The command's change is written behind the sample, but happened before it.
        var recording = Recording(isBig: false)
        recording.records = [
            recording.comm(7, "old", time: 1), recording.sample(7, [1], time: 20, period: 1),
            recording.comm(7, "new", time: 10),
        ]
        XCTAssertEqual(try fold(recording.file), "new;[unknown] 1\n")
    }

    func testAForkedProcessKeepsWhatItsParentMapped() throws {
        XCTAssertTrue(try fold(Recording(isBig: false).file).contains("child;[tool]"))
    }

    func testOnlyTheFirstEventCountsUnlessAnotherIsNamed() throws {
        var recording = Recording(isBig: false)
        recording.records = [
            recording.comm(7, "c", time: 1), recording.sample(7, [1], time: 2, period: 5, event: 0),
            recording.sample(7, [1], time: 3, period: 9, event: 1),
        ]
        XCTAssertEqual(try fold(recording.file), "c;[unknown] 5\n")
        XCTAssertEqual(try fold(recording.file) { $0.event = "task-clock" }, "c;[unknown] 9\n")
        XCTAssertEqual(
            try PerfDataReader().read(.bytes(recording.file, name: "test")).notes.filter {
                $0.contains("--event")
            },
            ["left out: 1 sample of task-clock; --event NAME takes those of one event"])
    }

    func testASelectionLeavesTheRestOut() throws {
        let bytes = Recording(isBig: false).file
        XCTAssertEqual(try fold(bytes) { $0.selection.processes = [8] }, "child;[tool] 1\n")
        XCTAssertEqual(try fold(bytes) { $0.selection.threads = [7, 9] }.split(separator: "\n").count, 2)
        XCTAssertEqual(try fold(bytes) { $0.selection.commands = ["child"] }, "child;[tool] 1\n")
        XCTAssertEqual(
            try fold(bytes) { $0.selection.time = 3..<7 },
            "child;[tool] 1\nwork;[unknown];[tool] 5\n")
        XCTAssertEqual(try fold(bytes) { $0.selection.processors = [0] }, "")
    }

    func testKeptSamplesHaveTheirTimesAndTheirStacks() throws {
        var options = FoldingOptions()
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        options.keepsSamples = true
        let profile = try PerfDataReader(options: options).read(
            .bytes(Recording(isBig: false).file, name: "test"))
        XCTAssertEqual(profile.samples.map(\.facts.time), [3, 6, 7, 8])
        XCTAssertEqual(profile.samples.map(\.weight), [5, 1, 7, 2])
        XCTAssertEqual(profile.samples.map(\.facts.thread), [7, 8, 7, 7])
        let stacks = profile.samples.map {
            profile.withStack(of: $0) { $0.map { profile.frames.name(of: $0) } }
        }
        XCTAssertEqual(stacks[1], ["child", "[tool]"])
        var merged = Profile()
        merged.notes = ["not empty"]
        try merged.merge(profile)
        XCTAssertEqual(
            merged.samples.map { merged.withStack(of: $0) { $0.map { merged.frames.name(of: $0) } } }, stacks)
    }

    func testLostSamplesAreTold() throws {
        var recording = Recording(isBig: false)
        recording.records = [
            recording.record(2, recording.u64(1) + recording.u64(42) + recording.trailer(1, 5))
        ]
        let profile = try PerfDataReader().read(.bytes(recording.file, name: "test"))
        XCTAssertEqual(profile.notes, ["42 samples were lost while recording"])
    }

    func testARecordingCutAnywhereIsRefusedOrReadInPartWhenAsked() throws {
        let whole = Recording(isBig: false).file
        for length in 1..<whole.count {
            let cut = Array(whole[..<length])
            XCTAssertThrowsError(try fold(cut), "\(length) of \(whole.count) bytes") { error in
                guard let error = error as? ProfileError else { return XCTFail("\(error)") }
                XCTAssertTrue([.truncated, .unknownKind, .malformed].contains(error.code), "\(error)")
            }
            _ = try? fold(cut) { $0.partial = true }
        }
    }

    func testDamagedBytesNeverCrash() throws {
        for isBig in [false, true] {
            for original in [Recording(isBig: isBig).file, Recording(isBig: isBig).pipe] {
                for place in original.indices {
                    for value: UInt8 in [0x00, 0xFF] {
                        var damaged = original
                        damaged[place] = value
                        _ = try? fold(damaged) { $0.partial = place % 2 == 0 }
                    }
                }
            }
        }
    }

    private func compressed(_ content: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) { buffer, count in
            count = ZSTD_compress(buffer.baseAddress, buffer.count, content, content.count, 19)
        }
    }

    func testCompressedRecordsGiveWhatTheyHold() throws {
        var recording = Recording(isBig: false)
        let plain = try fold(recording.file)
        let all = recording.records.flatMap { $0 }
        recording.records = [recording.record(81, compressed(all))]
        XCTAssertEqual(try fold(recording.file), plain)
        // As newer versions of perf write them: the size, then the data, filled up to eight bytes.
        let data = compressed(all)
        let filling = [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
        recording.records = [recording.record(83, recording.u64(UInt64(data.count)) + data + filling)]
        XCTAssertEqual(try fold(recording.file), plain)
    }

    func testARecordThatUnfoldsBeyondTheLimitIsRefused() throws {
        var recording = Recording(isBig: false)
        recording.records = [recording.record(81, compressed([UInt8](repeating: 0, count: 65 << 20)))]
        XCTAssertThrowsError(try fold(recording.file)) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .tooLarge)
        }
    }

    func testRecordsThatUnfoldFarBeyondTheirSizeAreRefusedTogether() throws {
        let bomb = compressed([UInt8](repeating: 0, count: 1 << 20))
        let decompressor = try Decompressor(name: "test", limit: 4 << 20)
        var unfolded = 0
        XCTAssertThrowsError(
            try {
                for place in 0..<100 {
                    unfolded += try bomb.withUnsafeBytes { try decompressor.decompress($0, at: place).count }
                }
            }()
        ) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .tooLarge)
            XCTAssertEqual((error as? ProfileError)?.place, .byte(4))
        }
        XCTAssertEqual(unfolded, 4 << 20)
        // What is not repetitive may be as long as it likes.
        var generator = SeededGenerator(seed: 5)
        let noise = compressed((0..<1 << 20).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let patient = try Decompressor(name: "test", limit: 1 << 20)
        for place in 0..<3 {
            XCTAssertEqual(
                try noise.withUnsafeBytes { try patient.decompress($0, at: place).count }, 1 << 20)
        }
    }

    func testACompressedRecordWithinAnotherIsRefused() throws {
        var recording = Recording(isBig: false)
        let all = recording.records.flatMap { $0 }
        for inner in [
            recording.record(81, compressed(all)),
            recording.record(83, recording.u64(UInt64(compressed(all).count)) + compressed(all)),
        ] {
            recording.records = [recording.record(81, compressed(inner))]
            XCTAssertThrowsError(try fold(recording.file)) { error in
                XCTAssertEqual((error as? ProfileError)?.code, .malformed)
                XCTAssertTrue("\(error)".contains("holds another"), "\(error)")
            }
        }
    }

    func testARecordWithoutASizeIsNamed() throws {
        var recording = Recording(isBig: false)
        recording.records = [[UInt8](repeating: 0, count: 16)]
        XCTAssertThrowsError(try fold(recording.file)) { error in
            XCTAssertEqual((error as? ProfileError)?.code, .malformed)
            XCTAssertEqual((error as? ProfileError)?.place, .byte(recording.dataStart))
        }
    }

    func testACallChainLongerThanItsRecordIsLeftOut() throws {
        var recording = Recording(isBig: false)
        recording.records = [
            recording.comm(7, "c", time: 1), recording.sample(7, [1], time: 2, claimed: 1 << 60),
        ]
        let profile = try PerfDataReader().read(.bytes(recording.file, name: "test"))
        XCTAssertEqual(profile.total, 0)
        XCTAssertEqual(profile.notes, ["1 damaged samples were left out"])
    }

    func testMappingsReplaceWhatTheyCover() {
        var space = AddressSpace(generation: 1)
        space.map(.init(start: 0, end: 100, offset: 1000, module: 1), generation: 2)
        space.map(.init(start: 40, end: 60, offset: 0, module: 2), generation: 3)
        XCTAssertEqual(space.find(39)?.module, 1)
        XCTAssertEqual(space.find(40)?.module, 2)
        XCTAssertEqual(space.find(60)?.offset, 1060)
        XCTAssertNil(space.find(100))
        space.map(.init(start: 10, end: 90, offset: 0, module: 3), generation: 4)
        XCTAssertEqual(space.mappings.map(\.module), [1, 3, 1])
        XCTAssertEqual(space.generation, 4)
    }

    func testPerfsChoiceAmongAliasesIsOurs() {
        var names: [UInt8] = []
        func symbol(_ name: String, _ binding: SymbolTable.Binding, size: UInt64 = 8) -> SymbolTable.Symbol {
            defer { names += name.utf8 }
            return SymbolTable.Symbol(
                start: 16, end: 16 + size, name: Int32(names.count), nameCount: Int32(name.utf8.count),
                binding: binding)
        }
        func choice(_ symbols: [SymbolTable.Symbol]) -> String? {
            var table = SymbolTable(symbols, names: names)
            return table.find(17).map { String(decoding: table.name(of: $0), as: UTF8.self) }
        }
        XCTAssertEqual(choice([symbol("writev", .weak), symbol("__writev", .local)]), "__writev")
        XCTAssertEqual(
            choice([symbol("__writev", .local), symbol("__GI___writev", .local)]), "__GI___writev")
        XCTAssertEqual(choice([symbol("_a", .global), symbol("b", .global)]), "b")
        XCTAssertEqual(choice([symbol("long_local", .local), symbol("b", .global)]), "b")
        XCTAssertEqual(choice([symbol("empty", .global, size: 0), symbol("b", .local)]), "b")
    }

    func testAddressesAreOrderedHoweverFarApartTheyLie() {
        for reach: UInt64 in [1, 300, 1 << 20, 1 << 39, 1 << 40, .max] {
            let lowest = reach == .max ? 0 : UInt64.random(in: 0...(.max - reach))
            let addresses = (0..<3_000).map { _ in lowest + UInt64.random(in: 0...reach) }
            let expected = addresses.indices.sorted { (addresses[$0], $0) < (addresses[$1], $1) }
            let (sorted, places) = AddressOrder.sorted(addresses.count) { addresses[$0] }
            XCTAssertEqual(places.map { Int($0) }, expected, "\(reach)")
            XCTAssertEqual(sorted, expected.map { addresses[$0] }, "\(reach)")
        }
        XCTAssertTrue(AddressOrder.sorted(0) { _ in 0 }.places.isEmpty)
    }
}
