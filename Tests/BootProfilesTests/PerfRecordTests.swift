import XCTest

@testable import BootProfiles

/// The kinds of records beside samples, in both byte orders, made here byte by byte.
final class PerfRecordTests: XCTestCase {
    /// What perf calls events that leave out neither hosts nor guests.
    private let eventNames = ["cpu-clock:HG", "task-clock:HG"]

    private func options(_ change: (inout FoldingOptions) -> Void = { _ in }) -> FoldingOptions {
        var options = FoldingOptions()
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        change(&options)
        return options
    }

    private func fold(_ bytes: [UInt8], _ change: (inout FoldingOptions) -> Void = { _ in }) throws -> String
    {
        let profile = try PerfDataReader(options: options(change)).read(.bytes(bytes, name: "test"))
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    /// The folded stacks, which are those of what perf script prints of the same bytes, unless perf cannot read them.
    private func foldAsPerf(
        _ bytes: [UInt8], isBeyondPerf: Bool = false, _ change: (inout FoldingOptions) -> Void = { _ in }
    ) throws -> String {
        let folded = try fold(bytes, change)
        if !isBeyondPerf { try PerfCommand.check(folded, of: bytes, options: options(change)) }
        return folded
    }

    private func session(_ recording: Recording) throws -> PerfDataSession {
        let access = RandomAccess(recording.file, name: "test")
        var file = try PerfDataFile(head: try access.bytes(0, 104)[...], name: "test")
        try file.readTables(access, partial: false)
        var session = PerfDataSession(file: file, options: options(), name: "test")
        try session.readRecords(from: file.records.lowerBound, to: file.records.upperBound) {
            access.read($0, $1)
        }
        return session
    }

    func testAMapOfOlderPerfsIsReadLikeANewOne() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            func map(_ path: String, at start: UInt64, misc: UInt16) -> [UInt8] {
                let place = recording.u64(start) + recording.u64(0x1000) + recording.u64(0)
                return recording.record(
                    1,
                    recording.u32(7) + recording.u32(7) + place + recording.text(path)
                        + recording.trailer(7, 2), misc: misc)
            }
            recording.records = [
                recording.comm(7, "c", time: 1), map("/no/such/code", at: 0x1000, misc: 2),
                map("/no/such/data", at: 0x2000, misc: 0x2002),
                recording.sample(7, [0x1010], time: 3), recording.sample(7, [0x2010], time: 4),
            ]
            XCTAssertEqual(try foldAsPerf(recording.file), "c;[code] 1\nc;[data] 1\n")
        }
    }

    func testTheBuildIDInAMapTellsWhichFileWasRecorded() throws {
        let path = Array("/bin/sh".utf8)
        let shell = try XCTUnwrap(RandomAccess(path: "/bin/sh").flatMap { ElfFile($0) }?.buildID)
        for isBig in [false, true] {
            for (identifier, isReplaced) in [(shell, false), ([UInt8](repeating: 7, count: 20), true)] {
                var recording = Recording(isBig: isBig)
                var map = recording.map(7, start: 0x10000, size: 0x100000, path: "/bin/sh", time: 2)
                // The misc bit 14: the build id stands in the place of the inode, behind its size.
                let misc = recording.number(UInt16(0x4002))
                map.replaceSubrange(4..<6, with: misc)
                map.replaceSubrange(40..<64, with: [20, 0, 0, 0] + identifier)
                recording.records = [
                    recording.comm(7, "c", time: 1), map, recording.sample(7, [0x18000], time: 3),
                ]
                let profile = try PerfDataReader(options: options()).read(
                    .bytes(recording.file, name: "test"))
                XCTAssertEqual(
                    profile.notes.contains { $0.hasPrefix(String(decoding: path, as: UTF8.self)) },
                    isReplaced,
                    "big endian: \(isBig), \(profile.notes)")
            }
        }
    }

    func testFilesOfOnePathAreToldApartByTheirBuildIDs() throws {
        let shell = try XCTUnwrap(RandomAccess(path: "/bin/sh").flatMap { ElfFile($0) }?.buildID)
        var modules = Modules(places: SymbolPlaces())
        let path = Array("/bin/sh".utf8)
        let own = modules.number(path: path, buildID: shell)
        let other = modules.number(path: path, buildID: [UInt8](repeating: 7, count: 20))
        XCTAssertNotEqual(own, other)
        XCTAssertEqual(modules.number(path: path, buildID: shell), own)
        for number in [own, other] { _ = modules.find(number, 0x1000) }
        XCTAssertEqual(modules.replaced, ["/bin/sh"], "the other one's symbols are not at hand")
    }

    func testAProcessNumberThatComesAgainHasNothingOfTheProcessThatEnded() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            func exit(_ process: UInt32, time: UInt64) -> [UInt8] {
                let numbers = [process, 1, process, 1].flatMap { recording.u32($0) }
                return recording.record(4, numbers + recording.u64(time) + recording.trailer(process, time))
            }
            recording.records = [
                recording.comm(1, "init", time: 1), recording.comm(7, "old", time: 1),
                recording.map(7, start: 0x1000, size: 0x1000, path: "/no/such/old", time: 2),
                recording.sample(7, [0x1010], time: 3), exit(7, time: 4),
                // The kernel takes samples of a process until it is gone.
                recording.sample(7, [0x1020], time: 5),
                recording.fork(7, from: 1, time: 6), recording.sample(7, [0x1010], time: 7),
                recording.comm(7, "new", time: 8),
                recording.map(7, start: 0x1000, size: 0x1000, path: "/no/such/new", time: 9),
                recording.sample(7, [0x1010], time: 10),
            ]
            XCTAssertEqual(
                try foldAsPerf(recording.file), "init;[unknown] 1\nnew;[new] 1\nold;[old] 2\n")
        }
    }

    func testCodeThatTheKernelLoadsIsNamedForAsLongAsItIsThere() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            let place: UInt64 = 0xFFFF_FFFF_C000_0000
            func symbol(_ name: String, _ kind: UInt16, flags: UInt16 = 0, time: UInt64) -> [UInt8] {
                let head = recording.u64(place) + recording.u32(0x40) + recording.number(kind)
                return recording.record(
                    17,
                    head + recording.number(flags) + recording.text(name) + recording.trailer(1, time))
            }
            func sample(_ time: UInt64) -> [UInt8] {
                recording.sample(7, [recording.kernelMarker, place + 8, place + 0x40], time: time, misc: 1)
            }
            recording.records = [
                recording.comm(7, "c", time: 1), sample(2),
                symbol("bpf_prog_6deef7357e7b4530_first", 1, time: 3), sample(4), sample(5),
                symbol("bpf_prog_6deef7357e7b4530_first", 1, flags: 1, time: 6), sample(7),
                symbol("ftrace_trampoline", 2, time: 8), sample(9),
            ]
            let kernel = "c;[[kernel.kallsyms]];"
            XCTAssertEqual(
                try fold(recording.file),
                "\(kernel)[[kernel.kallsyms]] 2\n\(kernel)bpf_prog_6deef7357e7b4530_first 2\n"
                    + "\(kernel)ftrace_trampoline 1\n")
        }
    }

    func testTheKernelsModulesAreCalledAsPerfCallsThem() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            func map(_ path: String, _ start: UInt64, _ size: UInt64) -> [UInt8] {
                recording.map(.max, start: start, size: size, path: path, time: 2, offset: 0, misc: 1)
            }
            let place: UInt64 = 0xFFFF_FFFF_C050_0000
            func sample(_ address: UInt64, _ time: UInt64) -> [UInt8] {
                recording.sample(7, [recording.kernelMarker, address], time: time, misc: 1)
            }
            recording.records = [
                recording.map(
                    .max, start: 0xFFFF_FFFF_8100_0000, size: 0x100_0000, path: "[kernel.kallsyms]_text",
                    time: 1,
                    offset: 0xFFFF_FFFF_8100_0000, misc: 1),
                recording.comm(7, "c", time: 1),
                map("/no/such/modules/kernel/drivers/snd-hda-intel.ko.xz", place, 0x1000),
                map("/no/such/modules/kernel/fs/ext4/ext4.ko", place + 0x2000, 0x1000),
                sample(place + 8, 3), sample(place + 0x2008, 4), sample(place + 0x1008, 5),
            ]
            XCTAssertEqual(
                try fold(recording.file),
                "c;[[ext4]] 1\nc;[[kernel.kallsyms]] 1\nc;[[snd_hda_intel]] 1\n")
            // What lies in none of them is in no map that perf knows.
            recording.records.removeLast()
            let named = "c;[[ext4]] 1\nc;[[snd_hda_intel]] 1\n"
            XCTAssertEqual(try foldAsPerf(recording.file), named)
        }
    }

    func testLostSamplesAreToldAndNotThoseThatAFilterDropped() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            func lostSamples(_ count: UInt64, misc: UInt16) -> [UInt8] {
                recording.record(13, recording.u64(count) + recording.trailer(1, 5), misc: misc)
            }
            recording.records = [
                recording.record(2, recording.u64(100) + recording.u64(40) + recording.trailer(1, 5)),
                lostSamples(2, misc: 0), lostSamples(1000, misc: 0x8000),
            ]
            let profile = try PerfDataReader(options: options()).read(.bytes(recording.file, name: "test"))
            XCTAssertEqual(profile.notes, ["42 samples were lost while recording"])
        }
    }

    func testWhatStandsBehindTracesAndTheirAnnouncementsIsPassedOver() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            let before = try fold(recording.file)
            // Half a record's size, so that reading it as records would be noticed.
            let trace = [UInt8](repeating: 0x11, count: 40)
            let announcement =
                recording.record(
                    71,
                    recording.u64(40) + recording.u64(0) + recording.u64(1) + recording.u64(0)
                        + recording.u64(0)) + trace
            let index = recording.record(
                69,
                recording.u64(2)
                    + [100, 0, 0, 7, 101, 1, 1, 7].flatMap { recording.u64($0) })
            let aux = recording.record(
                11, recording.u64(0) + recording.u64(40) + recording.u64(0) + recording.trailer(7, 2))
            let start = recording.record(12, recording.u32(7) + recording.u32(7) + recording.trailer(7, 2))
            let information = recording.record(70, recording.u32(1) + recording.u32(0) + recording.u64(0))
            recording.records =
                [index, information, start] + recording.records.flatMap { [aux, announcement, $0] }
            XCTAssertEqual(try fold(recording.file), before)
            XCTAssertEqual(try fold(recording.pipe), before)
            // Tracepoints' formats stand behind a record of a pipe, filled up to eight bytes.
            recording.records.insert(
                recording.record(66, recording.u32(37)) + [UInt8](repeating: 0x11, count: 40), at: 0)
            XCTAssertEqual(try fold(recording.pipe), before)
        }
    }

    func testALongTraceIsPassedOverThoughItIsLongerThanWhatIsReadAtOnce() throws {
        var recording = Recording(isBig: false)
        let before = try fold(recording.file)
        let size: UInt64 = 3 << 20
        let head = recording.u64(size) + [UInt8](repeating: 0, count: 32)
        recording.records.insert(
            recording.record(71, head) + [UInt8](repeating: 0x11, count: Int(size)), at: 2)
        XCTAssertEqual(try fold(recording.file), before)
        XCTAssertEqual(try fold(recording.pipe), before)
    }

    func testAPipesUpdatesNameItsEventsAndNothingElse() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            func update(_ kind: UInt64, _ event: UInt64, _ text: String) -> [UInt8] {
                recording.record(78, recording.u64(kind) + recording.u64(100 + event) + recording.text(text))
            }
            recording.records =
                [
                    update(2, 0, "cycles:u"), update(2, 1, "faults"), update(0, 0, "unit"),
                    update(1, 0, "scale"), update(3, 0, "processors"),
                ] + recording.records + [recording.sample(7, [0x1010], time: 9, period: 3, event: 1)]
            let profile = try PerfDataReader(options: options()).read(.bytes(recording.pipe, name: "test"))
            XCTAssertEqual(profile.unit, "cycles:u")
            // perf 6.1 fails on its own updates of the other byte order.
            XCTAssertEqual(
                try foldAsPerf(recording.pipe, isBeyondPerf: isBig) { $0.event = "faults" },
                "work;[tool] 3\n", "big endian: \(isBig)")
        }
    }

    func testEventsOfOneRecordingMayHoldDifferentThings() throws {
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            recording.features = [recording.descriptions(eventNames)]
            // The second one's samples have a processor, and so have the records that belong to it.
            recording.moreOfSecond = 1 << 7
            let processor = recording.u32(3) + recording.u32(0)
            let ending =
                recording.u32(7) + recording.u32(7) + recording.u64(5) + processor + recording.u64(101)
            let comm = recording.record(
                3, recording.u32(7) + recording.u32(7) + recording.text("new") + ending)
            let head =
                recording.u64(101) + recording.u64(0x1010) + recording.u32(7) + recording.u32(7)
                + recording.u64(6)
            let second = recording.record(
                9, head + processor + recording.u64(9) + recording.u64(1) + recording.u64(0x1010))
            recording.records = [
                recording.comm(7, "old", time: 1), comm, second, recording.sample(7, [0x1010], time: 4),
                recording.sample(7, [0x1010], time: 7),
            ]
            XCTAssertEqual(try foldAsPerf(recording.file), "new;[unknown] 1\nold;[unknown] 1\n")
            XCTAssertEqual(try foldAsPerf(recording.file) { $0.event = eventNames[1] }, "new;[unknown] 9\n")
            for (processor, folded) in [(3 as Int32, "new;[unknown] 9\n"), (2, "")] {
                XCTAssertEqual(
                    try fold(recording.file) {
                        $0.event = eventNames[1]
                        $0.selection.processors = [processor]
                    }, folded)
            }
        }
    }

    func testASampleOfAGroupCountsForEachOfItsEventsWhatTheirCountersGrewBy() throws {
        for isBig in [false, true] {
            for hasLost in [false, true] {
                var recording = Recording(isBig: isBig)
                recording.moreInSamples = 1 << 4
                recording.features = [recording.descriptions(eventNames)]
                // The group's counters with their identifiers, the time that they were enabled and ran.
                recording.readFormat = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | (hasLost ? 1 << 4 : 0)
                func counters(_ clock: UInt64, _ faults: UInt64) -> [UInt8] {
                    let lost: [UInt64] = hasLost ? [0] : []
                    let numbers = [2, 500, 400, clock, 100] + lost + [faults, 101] + lost
                    return numbers.flatMap { recording.u64($0) }
                }
                recording.records = [
                    recording.comm(7, "c", time: 1),
                    recording.sample(7, [0x1010], time: 2, period: 1, counters: counters(1000, 3)),
                    recording.sample(7, [0x1010], time: 3, period: 1, counters: counters(1700, 3)),
                    recording.sample(7, [0x1010], time: 4, period: 1, counters: counters(2100, 10)),
                ]
                XCTAssertEqual(try foldAsPerf(recording.file), "c;[unknown] 2100\n")
                XCTAssertEqual(
                    try foldAsPerf(recording.file) { $0.event = eventNames[1] }, "c;[unknown] 10\n")
            }
        }
    }

    func testEveryMarkOfACallChainSaysWhereItsAddressesWereExecuted() throws {
        let marks: [(Int64, String)] = [
            (-32, "[[hypervisor] <1010>]"), (-128, "[[kernel.kallsyms] <1010>]"), (-512, "[tool <10>]"),
        ]
        for isBig in [false, true] {
            for (mark, name) in marks {
                var recording = Recording(isBig: isBig)
                recording.records = [
                    recording.comm(7, "c", time: 1),
                    recording.map(7, start: 0x1000, size: 0x1000, path: "/no/such/tool", time: 2),
                    recording.sample(7, [UInt64(bitPattern: mark), 0x1010], time: 3),
                ]
                XCTAssertEqual(
                    try fold(recording.file) { $0.showsAddresses = true },
                    "c;\(name) 1\n", "\(mark)")
            }
            // Marks that no kernel writes, those of guests among them.
            for mark: Int64 in [-77, -2048, -2176, -2560] {
                var recording = Recording(isBig: isBig)
                recording.records = [
                    recording.comm(7, "c", time: 1),
                    recording.sample(7, [UInt64(bitPattern: mark), 0x1010], time: 3),
                ]
                XCTAssertEqual(try foldAsPerf(recording.file), "c 1\n", "\(mark)")
            }
        }
    }

    func testEveryDistinctAddressIsLookedUpOnce() throws {
        var recording = Recording(isBig: false)
        recording.records = [
            recording.comm(7, "c", time: 1), recording.comm(8, "d", time: 1),
            recording.map(7, start: 0x1000, size: 0x10000, path: "/no/such/tool", time: 2),
            recording.map(8, start: 0x1000, size: 0x10000, path: "/no/such/tool", time: 2),
        ]
        let kernel: UInt64 = 0xFFFF_FFFF_8100_0000
        for index in 0..<5_000 as Range<UInt64> {
            let user = [recording.userMarker, 0x1000 + index % 50, 0x2000 + index % 7]
            recording.records.append(
                recording.sample(
                    index % 2 == 0 ? 7 : 8, [recording.kernelMarker, kernel + index % 20] + user,
                    time: 3 + index, misc: 1))
        }
        let session = try session(recording)
        // 20 of the kernel's, and 57 of the file that both processes run.
        XCTAssertEqual(session.machine.resolver.lookups, 20 + 50 + 7)
    }

    func testChainsThatAreMostlyAlikeEndWhereEachOneDoes() throws {
        var generator = SeededGenerator(seed: 7)
        var recording = Recording(isBig: false)
        recording.records = []
        for process: UInt32 in [7, 8] {
            recording.records.append(recording.comm(process, "c", time: 1))
            recording.records.append(
                recording.map(process, start: 0x1000, size: 0x10000, path: "/no/such/tool", time: 2))
        }
        var expected: [String: Int] = [:]
        var chains: [[UInt64]] = [[0x1000], [0x1000]]
        for time in 0..<4_000 as Range<UInt64> {
            let thread = Int.random(in: 0...1, using: &generator)
            // Some frames less than the one before had, then some others; now and then one that lies nowhere.
            var chain = Array(chains[thread].prefix(Int.random(in: 0...40, using: &generator)))
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let isNowhere = Int.random(in: 0...20, using: &generator) == 0
                chain.append(
                    UInt64.random(in: 0...3, using: &generator) * 16 + (isNowhere ? 0x90000 : 0x1000))
            }
            chains[thread] = chain
            recording.records.append(
                recording.sample(
                    UInt32(7 + thread), [recording.userMarker] + chain.reversed(), time: 3 + time))
            let frames = chain.map {
                $0 < 0x90000
                    ? "[tool <\(String($0 - 0x1000, radix: 16))>]" : "[unknown <\(String($0, radix: 16))>]"
            }
            expected[(["c"] + frames).joined(separator: ";"), default: 0] += 1
        }
        let folded = try foldAsPerf(recording.file) { $0.showsAddresses = true }
        XCTAssertEqual(
            folded.split(separator: "\n").map(String.init), expected.map { "\($0.key) \($0.value)" }.sorted())
    }

    func testMoreAddressesThanAreRememberedHaveTheirNamesAllTheSame() throws {
        let options = options { $0.showsAddresses = true }
        var stacks: [[String]] = []
        var lookups: [Int] = []
        for limit in [50, FrameCache.usualLimit] {
            var resolver = FrameResolver(options: options, limit: limit)
            var builder = SampleBuilder(options: options)
            let context = FrameResolver.Context(mode: .kernel, process: 7, time: 1)
            for address in 0..<400 as Range<UInt64> {
                Array("c".utf8).withUnsafeBytes { builder.beginSample($0, Array("c".utf8), SampleFacts()) }
                for place in [address % 130, address % 7, 1_000] {
                    resolver.add(place, in: context, to: &builder)
                }
                try builder.endSample(weight: 1)
            }
            let profile = try builder.finish(event: nil)
            stacks.append(
                String(decoding: FoldedWriter().bytes(profile), as: UTF8.self).split(separator: "\n").map(
                    String.init))
            lookups.append(resolver.lookups)
        }
        XCTAssertEqual(stacks[0], stacks[1])
        XCTAssertEqual(lookups[1], 131)
        XCTAssertGreaterThan(lookups[0], 131, "some had to be looked up again")
    }
}
