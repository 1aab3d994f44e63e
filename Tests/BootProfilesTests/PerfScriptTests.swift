import XCTest

@testable import BootProfiles

final class PerfScriptTests: XCTestCase {
    private func fold(_ text: String, _ change: (inout FoldingOptions) -> Void = { _ in }) throws -> String {
        var options = FoldingOptions()
        change(&options)
        let profile = try PerfScriptReader(options: options).read(.bytes(Array(text.utf8), name: "test"))
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    private func sample(_ frames: String..., header: String = "cmd 12 1.0: 5 cycles:") -> String {
        header + "\n" + frames.map { "\t  ff01 \($0)\n" }.joined() + "\n"
    }

    func testAStackIsFoldedUnderItsCommandWithItsPeriod() throws {
        let text = sample("leaf+0x1f (/bin/x)", "main+0x0 (/bin/x)")
        XCTAssertEqual(try fold(text + text), "cmd;main;leaf 10\n")
    }

    func testTheProcessAndTheThreadAreNamedWhenAsked() throws {
        let both = sample("f (/x)", header: "two words 12/34 [001] 1.0: 1 cycles:")
        XCTAssertEqual(try fold(both) { $0.processName = .process }, "two_words-12;f 1\n")
        XCTAssertEqual(try fold(both) { $0.processName = .thread }, "two_words-12/34;f 1\n")
        let one = sample("f (/x)")
        XCTAssertEqual(try fold(one) { $0.processName = .process }, "cmd-?;f 5\n")
        XCTAssertEqual(try fold(one) { $0.processName = .thread }, "cmd-?/12;f 5\n")
    }

    private func long() -> String {
        (0..<12_000).map { number in
            let thread = number % 7
            // The first samples of a thread are garbage behind generated code that is only seen later.
            let frames =
                number == 11_999 - thread
                ? ["[unknown] (/tmp/perf-1.map)", "main (/q)"]
                : ["leaf\(number % 11) (/q)", "[unknown] ([unknown])", "f (/q)"]
            let lines = frames.map { "\t    ff0\(number % 10) \($0)\n" }.joined()
            let name = thread < 5 ? "qemu" : "node"
            return "\(name) 1/\(thread) [000] \(number).5: \(number % 5 + 1) cycles: \n\(lines)\n"
        }.joined()
    }

    func testPiecesReadApartGiveWhatOneReaderGives() throws {
        let text = Array(long().utf8)
        XCTAssertGreaterThan(text.count, PerfScriptPieces.size)
        func fold(workers: Int) throws -> (String, [String]) {
            var pieces = PerfScriptPieces(
                parser: PerfScriptParser(options: FoldingOptions(), name: "test"), workers: workers)
            try ByteStream(.bytes(text, name: "test")).forEachChunk(size: 1 << 14) {
                (chunk, isLast) throws(ProfileError) in try pieces.parse(chunk, isLast: isLast)
            }
            var parser = try pieces.finish()
            try parser.finish()
            let profile = try parser.builder.finish(event: parser.event)
            return (String(decoding: FoldedWriter().bytes(profile), as: UTF8.self), profile.notes)
        }
        let one = try fold(workers: 1)
        for workers in 2...4 {
            let several = try fold(workers: workers)
            XCTAssertEqual(several.0, one.0)
            XCTAssertEqual(several.1, one.1)
        }
        XCTAssertTrue(one.0.contains("qemu;[generated code];leaf3 "), one.0)
        XCTAssertFalse(one.0.contains("\0"))
    }

    func testAFaultInAPieceIsToldWithItsLineInTheWholeText() throws {
        let text = long()
        let broken = text + "this is no sample\n\n" + text
        let lines = text.utf8.count { $0 == 0x0A }
        XCTAssertThrowsError(try PerfScriptReader().read(.bytes(Array(broken.utf8), name: "test"))) { error in
            XCTAssertEqual((error as? ProfileError)?.place, .line(lines + 1))
        }
    }

    func testSamplesAreSelectedByWhatTheirHeadersSay() throws {
        let text =
            sample("f (/x)", header: "a 12/34 [001] 1.000000: 1 cycles:")
            + sample("g (/x)", header: "b 13/35 [002] 2.5: 2 cycles:")
        XCTAssertEqual(try fold(text) { $0.selection.processes = [12] }, "a;f 1\n")
        XCTAssertEqual(try fold(text) { $0.selection.threads = [35] }, "b;g 2\n")
        XCTAssertEqual(try fold(text) { $0.selection.processors = [2] }, "b;g 2\n")
        XCTAssertEqual(try fold(text) { $0.selection.commands = ["a"] }, "a;f 1\n")
        XCTAssertEqual(
            try fold(text) { $0.selection.time = 2_500_000_000..<2_500_000_001 }, "b;g 2\n")
        var options = FoldingOptions()
        options.keepsSamples = true
        let profile = try PerfScriptReader(options: options).read(.bytes(Array(text.utf8), name: "test"))
        XCTAssertEqual(profile.samples.map(\.facts.time), [1_000_000_000, 2_500_000_000])
        XCTAssertEqual(profile.samples.map(\.facts.processor), [1, 2])
    }

    func testASampleWithoutFramesIsItsCommand() throws {
        XCTAssertEqual(try fold("cmd 12 1.0: 5 cycles:\n\n" + sample("f (/x)")), "cmd 5\ncmd;f 5\n")
    }

    func testATracepointWeighsOneWhateverItsPeriodSays() throws {
        let header = "cmd 12 1.0: 7 sched:sched_switch: prev_comm=x prev_pid=3"
        XCTAssertEqual(try fold(sample("g (/x)", header: header) + sample("f (/x)")), "cmd;f 5\ncmd;g 1\n")
    }

    func testWhatBeginsWithAParenthesisIsNoFunction() throws {
        let text = sample("f (/x)", "(some process) (/x)", "(anonymous namespace)::g (/x)", "main (/x)")
        XCTAssertEqual(try fold(text), "cmd;main;(anonymous namespace)::g;f 5\n")
    }

    func testHashesThatPerfPrintedStay() throws {
        let name = "core::fmt::write::h0123456789abcdef"
        XCTAssertEqual(try fold(sample("\(name) (/x)")), "cmd;\(name) 5\n")
    }

    func testCommandsWithNumbersAndOfOneLetterAreUnderstood() throws {
        XCTAssertEqual(
            try fold(sample("f (/x)", header: "CPU 0/KVM 12/34 [001] 1.0: 1 cycles:")), "CPU_0/KVM;f 1\n")
        XCTAssertEqual(try fold(sample("f (/x)", header: "job 7 12 1.5: 1 cycles:")), "job_7;f 1\n")
        XCTAssertEqual(try fold(sample("f (/x)", header: "a 12 1.5: 1 cycles:")), "a;f 1\n")
    }

    func testAPeriodThatIsAbsentOrZeroWeighsOne() throws {
        XCTAssertEqual(try fold(sample("f (/x)", header: "cmd 1 1.0: cycles:")), "cmd;f 1\n")
        XCTAssertEqual(try fold(sample("f (/x)", header: "cmd 1 1.0: 0 cycles:")), "cmd;f 1\n")
        XCTAssertEqual(try fold(sample("f (/x)", header: "cmd 1 1.0:   7   cycles:  ")), "cmd;f 7\n")
        XCTAssertEqual(try fold(sample("f (/x)", header: "cmd 1 cycles:")), "cmd;f 1\n")
    }

    func testOnlyTheFirstEventCountsUnlessAnotherIsNamed() throws {
        let text =
            sample("f (/x)", header: "c1 1 1.0: 2 cycles:u:")
            + sample("g (/x)", header: "c1 1 1.0: 3 cycles:k:")
            + sample("h (/x)", header: "c1 1 1.0: sched:sched_switch: prev_comm=x")
        XCTAssertEqual(try fold(text), "c1;f 2\nc1;h 1\n")
        XCTAssertEqual(try fold(text) { $0.event = "cycles:k" }, "c1;g 3\n")
        XCTAssertEqual(try fold(text) { $0.event = "sched:sched_switch" }, "c1;h 1\n")
        XCTAssertThrowsError(try fold(text) { $0.event = "faults" }) {
            XCTAssertTrue(
                "\($0)".contains("among: cycles:k, cycles:u, sched:sched_switch."), "\($0)")
        }
        let others = [
            "c1 1/2 [001] 1.0: 1 sched:sched_switch: a=b", "c1 1 sched:sched_switch: a=b",
            "c1 1 1.0: a: b c d",
        ]
        XCTAssertEqual(
            try fold(others.map { sample("h (/x)", header: $0) }.joined()) {
                $0.event = "sched:sched_switch"
            },
            "c1;h 2\n")
    }

    func testFramesWithoutASymbolAreCalledByTheirModule() throws {
        let text = sample("[unknown] (/lib/libc.so.6)", "[unknown] ([unknown])", "main (/bin/x)")
        XCTAssertEqual(try fold(text), "cmd;main;[unknown];[libc.so.6] 5\n")
        XCTAssertEqual(
            try fold(text) { $0.showsAddresses = true },
            "cmd;main;[unknown <ff01>];[libc.so.6 <ff01>] 5\n")
    }

    func testNamesAreTidied() throws {
        let names = [
            ("a;b", "a:b"), ("foo(int, char)", "foo"),
            ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
            ("net/http.(*Client).Do", "net/http.(*Client).Do"), (#"say"it's""#, "sayits"),
            ("std::function<void (int)>::operator()(int) const", "std::function<void (int)>::operator"),
            ("operator<<(std::ostream&)", "operator<<"), ("a < b(c)", "a < b"),
        ]
        for (name, tidy) in names {
            XCTAssertEqual(try fold(sample("\(name)+0x1 (/x)")), "cmd;\(tidy) 5\n")
        }
    }

    func testJavaNamesLoseTheirL() throws {
        let text = sample("Ljava/lang/String;::length (/x)", header: "java 1 1.0: cycles:")
        XCTAssertEqual(
            try fold(text + sample("Lib/x (/x)")), "cmd;Lib/x 5\njava;java/lang/String:::length 1\n")
        // Without a slash it is a name that begins so.
        XCTAssertEqual(try fold(sample("Lookup (/x)", header: "java 1 1.0: cycles:")), "java;Lookup 1\n")
    }

    func testAnnotationsMarkKernelInlinedAndGeneratedFrames() throws {
        let text = sample(
            "outer->inner->innermost (/bin/x)", "jitted2 (/root/.debug/jit/jitted-12-3.so)",
            "k1 ([kernel.kallsyms])", "k2 (/lib/modules/6.1/kernel/kvm.ko.xz)",
            "k3 (/boot/vmlinux)", "k4 (/usr/lib/debug/vmlinux-6.1)", "jitted (/tmp/perf-12.map)", "u (/x)")
        XCTAssertEqual(try fold(text), "cmd;u;jitted;k4;k3;k2;k1;jitted2;outer;inner_[i];innermost_[i] 5\n")
        XCTAssertEqual(
            try fold(text) {
                $0.marksKernel = true
                $0.marksGenerated = true
            },
            "cmd;u;jitted_[j];k4_[k];k3_[k];k2_[k];k1_[k];jitted2_[j];outer;inner_[i];innermost_[i] 5\n")
    }

    func testModulesMayHoldBlanksAndParentheses() throws {
        XCTAssertEqual(try fold(sample("[unknown] (/a b/c (deleted))")), "cmd;[c (deleted)] 5\n")
        XCTAssertEqual(try fold(sample("f(x) (/a (1)/b c)")), "cmd;f 5\n")
    }

    func testGeneratedCodeIsOneFrameAndNothingBeyondGarbageIsACaller() throws {
        let header = "qemu-system-x86 7 1.0: 1 cycles:"
        let text =
            sample(
                "helper (/usr/bin/qemu)", "[unknown] (/tmp/perf-7.map)", "[unknown] (//anon)",
                "[unknown] ([unknown])", "stray (/usr/bin/qemu)", header: header)
            + sample("[unknown] (/tmp/perf-7.map)", "cpu_exec (/usr/bin/qemu)", header: header)
            + sample("other (/usr/bin/qemu)", "[unknown] ([unknown])", "stray (/x)", header: header)
        XCTAssertEqual(
            try fold(text),
            """
            qemu-system-x86;[generated code];helper 1
            qemu-system-x86;[generated code];other 1
            qemu-system-x86;cpu_exec;[generated code] 1

            """)
        XCTAssertTrue(try fold(text) { $0.bucketsGeneratedCode = false }.contains("stray;[unknown];other"))
    }

    func testAThreadThatNeverRanGeneratedCodeIsNotSaidToHave() throws {
        let text = sample(
            "open (/lib/ld.so)", "[unknown] ([unknown])", "[unknown] ([unknown])",
            header: "qemu-system-x86 8 1.0: 1 cycles:")
        XCTAssertEqual(try fold(text), "qemu-system-x86;[unknown];open 1\n")
    }

    func testSamplesOnASingleLineCount() throws {
        let text = """
              cmd    12 1.000001:       7 cycles:  ffffffff81 do_it+0x1 ([kernel.kallsyms])
              cmd    12 1.000002:       8 cycles:  ffffffff81 do_it+0x2 ([kernel.kallsyms])

            """
        XCTAssertEqual(try fold(text), "cmd;do_it 15\n")
    }

    func testAStackThatIsNotEndedMayLackCallersAndIsLeftOut() throws {
        let text = sample("f (/x)") + "cmd 12 1.0: 5 cycles:\n\tff g (/x)\n"
        XCTAssertEqual(try fold(text), "cmd;f 5\n")
        XCTAssertEqual(try fold(text + "\tff h (/") { $0.partial = true }, "cmd;f 5\n")
    }

    func testTextCutAnywhereIsRefusedOrWhole() throws {
        let text = Array((sample("f (/x)", "g (/y)") + sample("h (/z)")).utf8)
        let whole: Set<String> = ["", "cmd;g;f 5\n", "cmd;g;f 5\ncmd;h 5\n"]
        for length in 0..<text.count {
            do {
                let profile = try PerfScriptReader().read(.bytes(Array(text[..<length]), name: "test"))
                XCTAssertTrue(whole.contains(String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)))
            } catch {
                XCTAssertEqual(error.code, .truncated)
            }
        }
    }

    func testALineThatIsNoSampleIsNamed() throws {
        XCTAssertThrowsError(try fold(sample("f (/x)") + "what is this\n")) { error in
            XCTAssertEqual((error as? ProfileError)?.place, .line(4))
        }
    }

    func testChunksOfAnySizeGiveTheSame() throws {
        var text = ""
        for index in 0..<200 {
            text += sample("leaf\(index % 13)+0x1 (/x)", "mid\(index % 7) (/x)", "main (/x)")
        }
        let expected = try fold(text)
        for size in [64, 100, 127, 1000] {
            let stream = try ByteStream(.bytes(Array(text.utf8), name: "test"))
            var parser = PerfScriptParser(options: FoldingOptions(), name: "test")
            try stream.forEachChunk(size: size) { (chunk, isLast) throws(ProfileError) in
                try parser.parse(chunk)
                if isLast { try parser.finish() }
            }
            let profile = try parser.builder.finish(event: parser.event)
            XCTAssertEqual(String(decoding: FoldedWriter().bytes(profile), as: UTF8.self), expected)
        }
    }

    func testHostileHeadersDoNotCrash() throws {
        let digits = String(repeating: "9", count: 500)
        _ = try? fold(sample("f (/x)", header: "c \(digits)/\(digits) [0] 1.0: \(digits) e:"))
        _ = try? fold(sample("(", "((((", "f ()", "-> (->)", " (/x)", header: "c 1 1.0: 1 e:"))
        _ = try? fold("\u{0}\n\u{0} 1 1: x:\n\t\n\t \n")
    }
}
