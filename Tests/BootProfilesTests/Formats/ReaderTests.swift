import XCTest

@testable import BootProfiles

/// What each reader makes of a file that the tool itself wrote (or, where no package holds the tool, of one by hand).
final class ReaderTests: XCTestCase {
    /// Totals as the tools themselves state them, or as the samples' numbers add up.
    private let totals: [String: Double] = [
        "austin/full.txt": 438_033_000, "austin/memory.txt": 1_187_840, "austin/wall.txt": 450_879_000,
        "austin-mojo/wall.mojo": 387_128_000, "bootmark-json/ours.json": 20_202_035.75,
        "callgrind/spin.out": 10_526_673, "cprofile-pstats/spin.pstats": 438_589_660,
        "differential-folded-stacks/pair.folded": 34, "firefox-profiler-json/ours.json": 20_202_035.75,
        "firefox-profiler-json/version-48.json": 5, "folded-stacks/fractions.folded": 15.75,
        "folded-stacks/py-spy.raw": 35, "gecko-profile-json/two-threads.json": 4,
        "gperftools-cpu-profile/spin.prof": 150_000_000, "gprof-flat-profile/spin.txt": 100_000_000,
        "perf-data/spin.data": 20_202_020, "perf-script-text/spin.txt": 20_202_020,
        "pprof/ours.pb": 20_202_036,
        "pyinstrument-json/spin.json": 431_912_000, "qemu-trace-log/plain.log": 47,
        "qemu-trace-log/timed.log": 46, "speedscope-json/evented.json": 10_000_000,
        "speedscope-json/ours.json": 20_202_035.75, "strace-c/sh.txt": 150_000, "strace-text/plain.txt": 15,
        "strace-text/stacks.txt": 2, "strace-text/times.txt": 15_135_000, "valgrind-massif/spin.out": 23_000,
        "vtune-csv/hotspots.csv": 1_750_000_000, "vtune-csv/top-down.csv": 1_885_000_000,
    ]

    func testEverySampleIsRecognisedAndAddsUp() throws {
        let samples = try SampleFiles.all()
        XCTAssertEqual(samples.map(\.name), totals.keys.sorted())
        for sample in samples {
            let input = try ProfileInput.open(.bytes(sample.bytes, name: sample.name))
            XCTAssertEqual(input.kind.label, sample.label, sample.name)
            let total = try sample.read().total
            XCTAssertEqual(total, totals[sample.name] ?? -1, accuracy: 0.001, sample.name)
        }
    }

    func testEveryKindHasASample() throws {
        XCTAssertEqual(
            Set(try SampleFiles.all().map(\.label)), Set(ProfileInput.kinds.map(\.label)))
    }

    func testCompressedByGzipEverySampleIsTheSame() throws {
        for sample in try SampleFiles.all() {
            XCTAssertEqual(
                SampleFiles.folded(try SampleFiles.read(Gzip.compressed(sample.bytes), name: sample.name)),
                SampleFiles.folded(try sample.read()), sample.name)
        }
    }

    private func folded(_ name: String, _ change: (inout FoldingOptions) -> Void = { _ in }) throws
        -> [String]
    {
        SampleFiles.folded(try SampleFiles.sample(name).read(change)).split(separator: "\n").map(String.init)
    }

    func testCallgrindsStacksAreThoseOfTheProgram() throws {
        // What begins main calls itself by another name, so a few of ten million units stay on that way.
        let weights = Dictionary(
            uniqueKeysWithValues: try folded("callgrind/spin.out").compactMap { line in
                line.range(of: ";main;").map { start in
                    let parts = line[start.upperBound...].split(separator: " ")
                    return (String(parts[0]), Double(parts[1]) ?? -1)
                }
            })
        XCTAssertEqual(weights["inner;leaf"] ?? 0, 9_000_080, accuracy: 50)
        XCTAssertEqual(weights["rec;rec'2;leaf"] ?? 0, 1_500_020, accuracy: 50)
    }

    func testCProfilesRecursionIsUnrolledOnce() throws {
        let stacks = try folded("cprofile-pstats/spin.pstats")
        XCTAssertTrue(
            stacks.contains(
                "<built-in method builtins.exec>;<module> (spin.py:1);rec (spin.py:10);leaf (spin.py:2) 37556538"
            ),
            "\(stacks)")
    }

    func testMassifsTreeIsTurnedRound() throws {
        XCTAssertEqual(
            try folded("valgrind-massif/spin.out"),
            ["main (spin.c:8);alloc (spin.c:6);[heap allocation] 23000"])
    }

    func testVTunesIndentationIsTheStack() throws {
        XCTAssertEqual(
            try folded("vtune-csv/top-down.csv"),
            [
                "Total;_start;main(int, char**) 120000000",
                "Total;_start;main(int, char**);[libc.so.6] 10000000",
                "Total;_start;main(int, char**);work 1500000000",
                "Total;_start;main(int, char**);work;std::vector<int, std::allocator<int>>::push_back 250000000",
                "Total;start_thread 5000000",
            ])
        XCTAssertEqual(try folded("vtune-csv/hotspots.csv"), ["helper 250000000", "work 1500000000"])
    }

    func testVTunesReportsBeginWithAMarkOrIndentedAndCallstacksAreNone() throws {
        let text =
            "\u{FEFF}Function Stack;CPU Time:Self;Module\n main;1.5s;app\n  work;0.5s;libwork.so\n other;1s;app\n"
        XCTAssertEqual(
            SampleFiles.folded(try SampleFiles.read(Array(text.utf8))),
            "main 1500000000\nmain;work 500000000\nother 1000000000\n")
        let callers = "Function,Function Stack,CPU Time,Module\nwork,,1s,app\n,main,1s,app\n"
        XCTAssertThrowsError(try SampleFiles.read(Array(callers.utf8)))
    }

    func testStraceKnowsProgramsChildrenAndUnfinishedCalls() throws {
        let stacks = try folded("strace-text/times.txt")
        XCTAssertTrue(stacks.contains("sh;wait4 12005000"), "\(stacks)")
        XCTAssertTrue(stacks.contains("ls;write 7000"), "\(stacks)")
        let calls = try folded("strace-text/times.txt") { $0.event = "calls" }
        XCTAssertTrue(calls.contains("sh;wait4 2"), "\(calls)")
    }

    func testStracesOwnStacksStandUnderTheCall() throws {
        XCTAssertTrue(
            try folded("strace-text/stacks.txt").allSatisfy {
                $0.hasPrefix("[unknown program];") && $0.contains(";_dl_catch_exception;")
                    && $0.contains(";openat 1")
            })
    }

    func testStracesTableGivesCallsWhenAsked() throws {
        XCTAssertTrue(try folded("strace-c/sh.txt") { $0.event = "calls" }.contains("execve 2"))
    }

    func testAustinsTextAndItsBinaryFormatNameFramesAlike() throws {
        for name in ["austin/wall.txt", "austin-mojo/wall.mojo"] {
            XCTAssertTrue(
                try folded(name).contains {
                    $0.hasPrefix(
                        "<module> (/tmp/demo/spin.py:14);outer (/tmp/demo/spin.py:9);inner (/tmp/demo/spin.py:6);leaf"
                    )
                }, name)
        }
        XCTAssertTrue(
            try folded("austin/full.txt") { $0.processName = .process }.allSatisfy { $0.hasPrefix("P") })
        XCTAssertEqual(
            try SampleFiles.sample("austin/full.txt").read { $0.event = "memory" }.unit, "bytes")
    }

    func testThreadsStandUnderTheirNames() throws {
        XCTAssertEqual(
            try folded("gecko-profile-json/two-threads.json"),
            [
                "child;idle 1", "main;main (in app);work (in app) 2",
                "main;main (in app);work (in app);leaf (in app) 1",
            ])
        XCTAssertEqual(
            try folded("firefox-profiler-json/version-48.json"),
            ["GeckoMain;main;work 1", "GeckoMain;main;work;leaf 1", "Renderer;draw 3"])
    }

    func testQEMUsEventsAreCounted() throws {
        XCTAssertTrue(try folded("qemu-trace-log/plain.log").contains("apic_mem_writel 5"))
        XCTAssertTrue(
            try folded("qemu-trace-log/timed.log") { $0.processName = .thread }.allSatisfy {
                $0.hasPrefix("thread ")
            })
    }

    func testAnEventThatIsNotThereIsRefusedWithThoseThatAre() throws {
        for (name, known) in [("callgrind/spin.out", "Ir"), ("pprof/ours.pb", "samples")] {
            XCTAssertThrowsError(try SampleFiles.sample(name).read { $0.event = "nothing" }) { error in
                XCTAssertTrue("\(error)".contains("nothing") && "\(error)".contains(known), "\(error)")
            }
        }
    }

    func testAStackThatNamesNoFunctionIsItsMapping() throws {
        // sample_type {1, 2}; mapping 1 of file 3; location 1 in it; a sample of it.
        let bytes: [UInt8] =
            [0x0A, 4, 8, 1, 16, 2, 0x12, 4, 8, 1, 16, 7, 0x1A, 4, 8, 1, 40, 3, 0x22, 4, 8, 1, 16, 1, 0x32, 0]
            + [0x32, 1, 0x73, 0x32, 1, 0x63, 0x32, 6] + Array("/b/app".utf8)
        XCTAssertEqual(SampleFiles.folded(try SampleFiles.read(bytes)), "[app] 7\n")
    }

    func testFiguresOfOldProfilesInWordsOfFourBytesAreRead() throws {
        for isBig in [false, true] {
            let words: [UInt32] = [0, 3, 0, 1000, 0, 2, 2, 0x10, 0x20, 0, 1, 0]
            var bytes = words.flatMap { word in
                withUnsafeBytes(of: isBig ? word.bigEndian : word.littleEndian) { Array($0) }
            }
            bytes += Array("00000000-00001000 r-xp 00000000 08:01 1 /b/app\n".utf8)
            let profile = try SampleFiles.read(bytes) { $0.showsAddresses = true }
            XCTAssertEqual(SampleFiles.folded(profile), "[app <1f>];[app <10>] 2000000\n")
        }
    }
}
