import BootModel
import BootStore
import BootTestSupport
import XCTest

/// `symbol:FUNCTION` for `--until` and `--phase`: milestones in the guest's own code.
final class SymbolMilestoneTests: CommandTestCase {
    /// The arguments of a run of tiny that ends where it switches itself off.
    private func marked(_ options: [String], knobs: String = "", in folder: String? = nil) throws -> [String]
    {
        _ = try RequiredTool.qemu()
        return ["boot", "--no-warm-up", "--timeout", "60", "-o", folder ?? runFolder] + options
            + ["--", "qemu-system-i386", "-m", "32M", "-nodefaults", "-kernel", try Guests.tiny()]
            + (knobs.isEmpty ? [] : ["-append", knobs])
    }

    private let exact = [
        "--exact", "--boots", "2", "--until", "symbol:power_off", "--phase", "tables=symbol:build_tables",
        "--phase", "unpacked=tiny: drivers",
    ]

    private func counts(_ metric: Metric, in folder: String) throws -> [Double] {
        try RunFolder.open(at: folder).load().boots.filter { $0.purpose == .timed }.map {
            try XCTUnwrap($0.samples[metric.id], metric.id)
        }
    }

    func testCountsAtFunctionsRepeatAndStandBesideThoseOfTheSerialPort() async throws {
        let slow = folder + "/slow"
        for (knobs, folder) in [("", runFolder), ("slow=decompress:10", slow)] {
            let result = try await bootmark(try marked(exact, knobs: knobs, in: folder))
            XCTAssertEqual(result.status, 0, result.error + result.output)
        }
        let run = try savedRun()
        XCTAssertEqual(run.boots.first?.milestones.map(\.name), ["tables", "unpacked", "booted"])
        let whole = try counts(.guestInstructions, in: runFolder)
        XCTAssertEqual(Set(whole).count, 1, "\(whole)")
        let phases = try ["power-on", "tables", "unpacked"].map {
            try counts(.guestInstructions.of(phase: $0), in: runFolder)[0]
        }
        XCTAssertEqual(phases.reduce(0, +), whole[0])
        let blocks = try ["power-on", "tables", "unpacked"].map {
            try counts(.guestBlocks.of(phase: $0), in: runFolder)[0]
        }
        XCTAssertEqual(blocks.reduce(0, +), try counts(.guestBlocks, in: runFolder)[0])
        XCTAssertTrue(phases.allSatisfy { $0 > 1000 }, "\(phases)")
        // tiny reads its command line behind the firmware: what the slower one adds lies behind `tables` alone.
        let slower = try counts(.guestInstructions.of(phase: "tables"), in: slow)[0]
        XCTAssertGreaterThan(slower, phases[1] * 1.01)
        let address = try XCTUnwrap(run.plan.addresses?["power_off"])
        XCTAssertGreaterThan(address, 0x100000)
    }

    func testAnAddressMarksWhatItsFunctionDoes() async throws {
        let byName = try await bootmark(
            try marked(["--exact", "--boots", "1", "--until", "symbol:power_off"]))
        XCTAssertEqual(byName.status, 0, byName.error)
        let address = try XCTUnwrap(savedRun().plan.addresses?["power_off"])
        let other = folder + "/address"
        let byAddress = try await bootmark(
            try marked(
                ["--exact", "--boots", "1", "--until", "symbol:0x\(String(address, radix: 16))"], in: other))
        XCTAssertEqual(byAddress.status, 0, byAddress.error)
        XCTAssertEqual(
            try counts(.guestInstructions, in: runFolder), try counts(.guestInstructions, in: other))
    }

    func testStacksEndAtTheFunctionToTheInstruction() async throws {
        let result = try await bootmark(
            try marked([
                "--exact", "--boots", "1", "--until", "symbol:power_off", "--collect",
                "guest-instructions,guest-profile",
            ]))
        XCTAssertEqual(result.status, 0, result.error)
        let folded = File.text(runFolder + "/guest.folded")
        let weight = folded.split(separator: "\n").reduce(0) {
            $0 + (Int($1.split(separator: " ").last ?? "") ?? 0)
        }
        let counted = try counts(.guestInstructions, in: runFolder)[0]
        XCTAssertEqual(Double(weight), counted, accuracy: 0.005 * counted)
        XCTAssertFalse(folded.contains("power_off "), "nothing of it has run yet")
        XCTAssertTrue(folded.contains("drivers_phase"))
    }

    func testBootsThatNothingElseCountsAreWatchedToo() async throws {
        let result = try await bootmark(
            try marked([
                "--boots", "1", "--collect", "perf-stat", "--until", "symbol:power_off", "--phase",
                "tables=symbol:build_tables",
            ]))
        XCTAssertEqual(result.status, 0, result.error)
        let boot = try XCTUnwrap(savedRun().boots.first)
        XCTAssertEqual(boot.milestones.map(\.name), ["tables", "booted"])
        XCTAssertNil(boot.samples[Metric.guestInstructions.id])
    }

    func testALinuxIsFollowedByItsOwnNamesFromItsFirstAddressesOn() async throws {
        let linux = try Guests.linuxCloud()
        let result = try await bootmark([
            "boot", "--exact", "--boots", "2", "--until", "symbol:rest_init", "--phase",
            "entry=symbol:x86_64_start_kernel", "--phase", "kernel=symbol:start_kernel", "-o", runFolder,
            "--",
            "qemu-system-x86_64", "-nodefaults", "-m", "256", "-kernel", linux.kernel, "-append",
            "console=ttyS0",
        ])
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertEqual(
            try savedRun().boots.map { $0.milestones.map(\.name) },
            Array(repeating: ["entry", "kernel", "booted"], count: 2))
        for phase in ["power-on", "entry", "kernel"] {
            let counted = try counts(.guestInstructions.of(phase: phase), in: runFolder)
            XCTAssertEqual(Set(counted).count, 1, "\(phase): \(counted)")
        }
    }

    func testAFunctionThatNeverRunsIsSaidSo() async throws {
        let result = try await bootmark(
            try marked(["--exact", "--boots", "1", "--until", "symbol:panic"]))
        XCTAssertEqual(result.status, 3, result.error)
        XCTAssertTrue(
            result.output.contains(
                "switched off before it was booted: last seen: tiny: booted; the function panic never ran")
                && result.output.contains(
                    "never reached: the function panic in 1 of 1 boots. The compiler may have put it into its callers"
                ),
            result.output)
        let hanging = try await bootmark(
            try marked(
                ["--exact", "--boots", "1", "--until", "symbol:panic", "--timeout", "4"], knobs: "wrong=hang",
                in: folder + "/hanging"))
        XCTAssertEqual(hanging.status, 3, hanging.error)
        XCTAssertTrue(hanging.output.contains("the function panic never ran"), hanging.output)
    }

    func testATextThatNeverComesEndsInOneLineThatSaysWhatToDo() async throws {
        let stacks = ["--exact", "--boots", "1", "--collect", "guest-instructions,guest-profile"]
        let result = try await bootmark(try marked(stacks + ["--until", "never said"]))
        XCTAssertEqual(result.status, 3, result.error)
        for words in [
            "never reached: /never said/ in 2 of 2 boots. Compare it with what the guest wrote (",
            "/boots/001/console.log), or wait longer (--timeout).",
            "the guest's stacks: they end where QEMU did: the boot's end never came",
        ] {
            XCTAssertTrue(result.output.contains(words), "\(words) in: \(result.output)")
        }
        XCTAssertFalse(File.exists(runFolder + "/guest.folded"), "no profile of a boot that failed")
        let graph = try await bootmark(["flamegraph", runFolder, "-o", folder + "/graph.svg"])
        XCTAssertEqual(graph.status, 66, graph.error)
        XCTAssertFalse(File.exists(folder + "/graph.svg"))
    }

    func testPhasesThatNeverBeginAreNamedAndMoveNoOther() async throws {
        let stacks = [
            "--exact", "--boots", "1", "--collect", "guest-instructions,guest-profile", "--until",
            "tiny: booted",
        ]
        let plain = folder + "/plain"
        let expected = try await bootmark(try marked(stacks + ["--phase", "d=tiny: drivers"], in: plain))
        XCTAssertEqual(expected.status, 0, expected.error)
        // In another order than the guest's, with a text and a function that never come.
        let result = try await bootmark(
            try marked(
                stacks + [
                    "--phase", "x=never said", "--phase", "d=tiny: drivers", "--phase", "p=symbol:panic",
                    "--phase", "t=tiny: tables",
                ]))
        XCTAssertEqual(result.status, 0, result.error)
        for words in [
            "never reached: the phase x (/never said/) in 1 of 1 boots; it has no figures there",
            "never reached: the phase p (the function panic) in 1 of 1 boots",
        ] {
            XCTAssertTrue(result.output.contains(words), "\(words) in: \(result.output)")
        }
        XCTAssertFalse(result.output.contains("the guest's stacks: "), result.output)
        let counted = Metric.guestInstructions
        for metric in [counted, counted.of(phase: "d")] {
            XCTAssertEqual(try counts(metric, in: runFolder), try counts(metric, in: plain), metric.id)
        }
        for name in ["guest.folded", "guest@d.folded"] {
            let folded = File.text("\(runFolder)/\(name)")
            XCTAssertEqual(folded, File.text("\(plain)/\(name)"), name)
            XCTAssertTrue(folded.contains("drivers_phase"), name)
        }
        XCTAssertTrue(File.text(runFolder + "/guest@t.folded").contains("decompress_phase"))
    }

    func testTheLastPhaseOfAGuestThatSwitchesItselfOffHasItsStacks() async throws {
        let result = try await bootmark(
            try marked([
                "--exact", "--boots", "1", "--collect", "guest-profile", "--phase", "t=tiny: tables",
                "--phase",
                "d=tiny: drivers",
            ]))
        XCTAssertEqual(result.status, 0, result.error)
        XCTAssertTrue(File.text(runFolder + "/guest@t.folded").contains("decompress_phase"))
        XCTAssertTrue(File.text(runFolder + "/guest@d.folded").contains("drivers_phase"))
        XCTAssertTrue(File.text(runFolder + "/guest.folded").contains("drivers_phase"))
    }

    func testCountsAtTheSerialPortAreTheGuestsOwnOnQEMU10WithoutAnExactBoot() async throws {
        var arguments = try marked([
            "--boots", "2", "--collect", "guest-instructions", "--until", "symbol:power_off", "--phase",
            "last=tiny: booted",
        ])
        arguments[(arguments.firstIndex(of: "--") ?? 0) + 1] = try TestedQEMU.newer().program()
        let result = try await bootmark(arguments)
        XCTAssertEqual(result.status, 0, result.error)
        // Had the runner counted when it read the text, the guest would have switched itself off long before.
        for count in try counts(.guestInstructions.of(phase: "last"), in: runFolder) {
            XCTAssertGreaterThan(count, 0)
            XCTAssertLessThan(count, 100_000)
        }
    }

    func testFunctionsThatCannotBeWatchedAreRefusedBeforeAnyBoot() async throws {
        let cases: [(options: [String], status: Int32, says: [String])] = [
            (
                ["--until", "symbol:poweroff"], 66,
                ["symbol:poweroff cannot be found among the ", "tiny.elf", "Did you mean power_off?"]
            ),
            (["--until", "symbol:qqqqq"], 66, ["symbol:qqqqq cannot be found", "--symbols FILE"]),
            (["--until", "symbol:0xwrong"], 64, ["symbol:0xwrong is no address"]),
            (["--until", "symbol:"], 64, ["names no function"]),
            (["--phase", "a=symbol:", "--until", "x"], 64, ["names no function"]),
        ]
        for (options, status, says) in cases {
            let result = try await bootmark(try marked(options))
            XCTAssertEqual(result.status, status, result.error)
            for words in says { XCTAssertTrue(result.error.contains(words), result.error) }
        }
        let kvm = try await bootmark([
            "boot", "--until", "symbol:power_off", "--collect", "perf-stat", "-o", runFolder, "--",
            "qemu-system-i386", "-accel", "kvm", "-kernel", try Guests.tiny(),
        ])
        XCTAssertEqual(kvm.status == 0, false)
        XCTAssertTrue(kvm.error.contains("kvm") || kvm.error.contains("KVM"), kvm.error)
    }

    func testANameOfSeveralFunctionsIsRefusedWithTheirAddresses() async throws {
        let map = folder + "/System.map"
        try File.write(Array("0000000000101000 t twice\n0000000000102000 t twice\n".utf8), to: map)
        let result = try await bootmark(try marked(["--until", "symbol:twice", "--symbols", map]))
        XCTAssertEqual(result.status, 64, result.error)
        XCTAssertTrue(result.error.contains("2 functions of the guest are called twice"), result.error)
        XCTAssertTrue(result.error.contains("symbol:0x101000, symbol:0x102000"), result.error)
    }
}
