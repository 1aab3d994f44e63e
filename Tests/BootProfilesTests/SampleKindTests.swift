import Foundation
import XCTest

@testable import BootProfiles

/// Samples that no machine at hand writes: branches kept by the hardware, guests of KVM, hardware's raw data.
final class SampleKindTests: XCTestCase {
    private let branches: UInt64 = 1 << 11
    private let callStack: UInt64 = 1 << 11

    private func fold(_ recording: Recording, _ change: (inout FoldingOptions) -> Void = { _ in }) throws
        -> String
    {
        var options = FoldingOptions()
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        options.showsAddresses = true
        change(&options)
        let profile = try PerfDataReader(options: options).read(.bytes(recording.file, name: "test"))
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    private func entries(
        _ recording: Recording, _ calls: [(from: UInt64, to: UInt64)], hasIndex: Bool = false,
        counts: Bool = false
    ) -> [UInt8] {
        recording.u64(UInt64(calls.count)) + (hasIndex ? recording.u64(5) : [])
            + calls.flatMap { recording.u64($0.from) + recording.u64($0.to) + recording.u64(0) }
            + (counts ? calls.flatMap { _ in recording.u64(9) } : [])
    }

    func testTheHardwaresStackOfCallsStandsForTheUsersCallChain() throws {
        // The bits 17 and 19: where the hardware's index stood, and counters of each branch.
        for (isBig, index, counters) in [
            (false, false, false), (true, false, false), (false, true, false), (true, true, false),
            (false, true, true),
        ] {
            var recording = Recording(isBig: isBig)
            recording.moreInSamples = branches
            recording.branchType = callStack | (index ? 1 << 17 : 0) | (counters ? 1 << 19 : 0)
            let calls = entries(
                recording, [(from: 0x1020, to: 0x1040), (from: 0x1010, to: 0x1018)], hasIndex: index,
                counts: counters)
            recording.records = [
                recording.comm(7, "c", time: 1),
                recording.sample(7, [recording.userMarker, 0x5555], time: 2, more: calls),
            ]
            let user = "c;[unknown <1010>];[unknown <1020>];[unknown <1040>] 1\n"
            XCTAssertEqual(try fold(recording), user)
            var options = FoldingOptions()
            options.showsAddresses = true
            // perf 6.1 knows no counters of branches.
            if !counters { try PerfCommand.check(user, of: recording.file, options: options) }
            recording.records = [
                recording.comm(7, "c", time: 1),
                recording.sample(
                    7, [recording.kernelMarker, 0xFFFF_0001, recording.userMarker, 0x5555, 0x6666], time: 2,
                    more: calls),
            ]
            // The place where the last call led to, then the calls; the frame pointers' chain is not used.
            XCTAssertEqual(
                try fold(recording),
                "c;[unknown <1010>];[unknown <1020>];[unknown <1040>];[[kernel.kallsyms] <ffff0001>] 1\n")
        }
    }

    func testBranchesThatAreNoStackOfCallsLeaveTheCallChainAlone() throws {
        var recording = Recording(isBig: false)
        recording.moreInSamples = branches
        recording.records = [
            recording.comm(7, "c", time: 1),
            recording.sample(
                7, [recording.userMarker, 0x5555], time: 2, more: entries(recording, [(from: 1, to: 2)])),
        ]
        XCTAssertEqual(try fold(recording), "c;[unknown <5555>] 1\n")
    }

    func testMoreBranchesThanTheRecordHoldsAreADamagedSample() throws {
        var recording = Recording(isBig: false)
        recording.moreInSamples = branches
        recording.records = [
            recording.comm(7, "c", time: 1),
            recording.sample(7, [0x5555], time: 2, more: recording.u64(1 << 58)),
        ]
        let profile = try PerfDataReader().read(.bytes(recording.file, name: "test"))
        XCTAssertEqual(profile.notes, ["1 damaged samples were left out"])
    }

    func testStacksThatClaimToBeLongerThanTheirRecordAreADamagedSample() throws {
        var recording = Recording(isBig: false)
        recording.moreInSamples = 1 << 12 | 1 << 13
        recording.registers = 0b1_1000_0000
        for size in [UInt64(64), 1 << 60, .max] {
            let more = recording.u64(2) + recording.u64(1) + recording.u64(2) + recording.u64(size)
            recording.records = [
                recording.comm(7, "c", time: 1), recording.sample(7, [0x5555], time: 2, more: more),
            ]
            let profile = try PerfDataReader().read(.bytes(recording.file, name: "test"))
            XCTAssertEqual(profile.notes, ["1 damaged samples were left out"], "\(size)")
        }
    }

    func testGuestsSamplesGetTheGuestsSymbols() throws {
        let list = NSTemporaryDirectory() + "guest-\(getpid()).kallsyms"
        try "0000000000001000 T _text\n0000000000002000 T guest_main\n".write(
            toFile: list, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: list) }
        var recording = Recording(isBig: false)
        recording.records = [
            recording.comm(7, "qemu", time: 1),
            // The guest's kernel ran 0x100000 above where it was linked.
            recording.map(
                0, start: 0x101000, size: 0x10000, path: "[guest.kernel.kallsyms]_text", time: 2,
                offset: 0x101000, misc: 4),
            recording.sample(7, [0x102010], time: 3, misc: 4),
            recording.sample(7, [0x400010], time: 4, misc: 5),
        ]
        let stacks = "qemu;[[guest.user]] 1\nqemu;guest_main 1\n"
        XCTAssertEqual(
            try fold(recording) {
                $0.showsAddresses = false
                $0.symbolPlaces.guestKernelSymbols = list
            }, stacks)
        XCTAssertEqual(
            try fold(recording) { $0.showsAddresses = false },
            "qemu;[[guest.kernel.kallsyms]] 1\nqemu;[[guest.user]] 1\n")
    }

    func testAKernelThatWasMovedHasItsSymbolsMoved() throws {
        let list = NSTemporaryDirectory() + "host-\(getpid()).map"
        try "ffffffff81000000 T _text\nffffffff81000100 T start_kernel\n".write(
            toFile: list, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: list) }
        var recording = Recording(isBig: false)
        recording.records = [
            recording.comm(7, "c", time: 1),
            recording.map(
                .max, start: 0xFFFF_FFFF_9900_0000, size: 0x100_0000, path: "[kernel.kallsyms]_text", time: 2,
                offset: 0xFFFF_FFFF_9900_0000, misc: 1),
            recording.sample(7, [recording.kernelMarker, 0xFFFF_FFFF_9900_0110], time: 3, misc: 1),
        ]
        XCTAssertEqual(try fold(recording) { $0.symbolPlaces.kernelSymbols = list }, "c;start_kernel 1\n")
    }

    func testCodeOfAJustInTimeCompilerIsNamedByWhatStoodThereAtTheTime() throws {
        let folder = NSTemporaryDirectory() + "jit-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for isBig in [false, true] {
            var recording = Recording(isBig: isBig)
            try Data(dump(recording)).write(to: URL(fileURLWithPath: folder + "/jit-7.dump"))
            recording.records = [
                recording.comm(7, "js", time: 1),
                recording.map(7, start: 0x9000, size: 0x1000, path: folder + "/jit-7.dump", time: 2),
                recording.map(7, start: 0x10000, size: 0x1000, path: "//anon", time: 3),
                recording.sample(7, [0x10010], time: 12), recording.sample(7, [0x10010], time: 32),
                recording.sample(7, [0x10110], time: 33), recording.sample(7, [0x10310], time: 34),
            ]
            XCTAssertEqual(
                try fold(recording) {
                    $0.showsAddresses = false
                    $0.marksGenerated = true
                }, "js;first_[j] 1\njs;moved_[j] 2\njs;second_[j] 1\n")
        }
    }

    func testADamagedDumpIsReadAsFarAsItGoes() throws {
        let recording = Recording(isBig: false)
        let whole = dump(recording)
        XCTAssertEqual(JitDump(RandomAccess(whole, name: "dump"))?.code.count, 4)
        for length in whole.indices { _ = JitDump(RandomAccess(Array(whole[..<length]), name: "cut")) }
        for place in whole.indices {
            for value: UInt8 in [0x00, 0xFF] {
                var damaged = whole
                damaged[place] = value
                _ = JitDump(RandomAccess(damaged, name: "damaged"))?.find(0x10010, at: 20)
            }
        }
    }

    /// Code named first, then second at 0x10000, and some that is moved from 0x10200 to 0x10300.
    private func dump(_ recording: Recording) -> [UInt8] {
        var bytes = recording.u32(0x4A69_5444) + recording.u32(1) + recording.u32(40) + recording.u32(62)
        bytes += recording.u32(0) + recording.u32(7) + recording.u64(1) + recording.u64(0)
        func record(_ kind: UInt32, _ time: UInt64, _ body: [UInt8]) -> [UInt8] {
            recording.u32(kind) + recording.u32(UInt32(16 + body.count)) + recording.u64(time) + body
        }
        func load(_ name: String, at start: UInt64, index: UInt64, time: UInt64) -> [UInt8] {
            let place =
                recording.u64(start) + recording.u64(start) + recording.u64(0x100) + recording.u64(index)
            return record(
                0, time,
                recording.u32(7) + recording.u32(7) + place + Array(name.utf8) + [0, 0xC3, 0xC3, 0xC3])
        }
        bytes +=
            load("first", at: 0x10000, index: 0, time: 10) + load("second", at: 0x10000, index: 1, time: 20)
        bytes += load("moved", at: 0x10100, index: 2, time: 11)
        let move = recording.u64(0) + recording.u64(0x10100) + recording.u64(0x10300) + recording.u64(0x100)
        bytes += record(1, 30, recording.u32(7) + recording.u32(7) + move + recording.u64(2))
        return bytes
    }
}
