import CZstd
import XCTest

@testable import BootProfiles

/// Made-up histories of processes, that are followed as perf follows them.
final class RandomRecordingTests: XCTestCase {
    /// Numbers that are the same in every run, so that a failure can be repeated.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mixed = (state ^ state >> 33) &* 0xFF51_AFD7_ED55_8CCD
            return mixed ^ mixed >> 33
        }
    }

    /// Processes that are named, map, fork, start threads, end and begin again, and samples of all of them.
    private func history(_ seed: UInt64, isBig: Bool) -> Recording {
        var chance = Chance(state: seed)
        var recording = Recording(isBig: isBig)
        let processes: [UInt32] = [7, 8, 9, 10, 11]
        // In the other byte order perf 6.1 takes no memory for executable.
        let paths =
            ["/no/such/a", "/no/such/b", "/no/such/lib c.so", "/no/such/d"]
            + (isBig ? [] : ["//anon", "[heap]"])
        // Which process each thread belongs to.
        var threads: [UInt32: UInt32] = [7: 7]
        var next: UInt32 = 100
        recording.records = [recording.comm(7, "first", time: 1)]
        for time in 2..<UInt64(400) {
            let thread = threads.keys.sorted().randomElement(using: &chance) ?? 7
            let process = threads[thread] ?? thread
            func record(_ type: UInt32, _ other: (process: UInt32, thread: UInt32)) -> [UInt8] {
                let numbers = [other.process, process, other.thread, thread].flatMap { recording.u32($0) }
                return recording.record(
                    type, numbers + recording.u64(time) + recording.trailer(thread, time))
            }
            switch Int.random(in: 0..<20, using: &chance) {
            case 0:
                let name = ["make", "cc 1", "sh;x", "java"].randomElement(using: &chance) ?? ""
                let isExec = Bool.random(using: &chance)
                let payload = recording.u32(process) + recording.u32(thread) + recording.text(name)
                recording.records.append(
                    recording.record(
                        3, payload + recording.trailer(thread, time), misc: isExec ? 0x2002 : 2))
            case 1...5:
                let path = paths.randomElement(using: &chance) ?? ""
                recording.records.append(
                    recording.map(
                        process, start: UInt64.random(in: 1..<40, using: &chance) << 12,
                        size: UInt64.random(in: 1..<12, using: &chance) << 12, path: path, time: time,
                        offset: UInt64.random(in: 0..<9, using: &chance) << 12))
            case 6:
                guard let child = processes.filter({ threads[$0] == nil }).randomElement(using: &chance)
                else { continue }
                recording.records.append(record(7, (child, child)))
                threads[child] = child
            case 7:
                next += 1
                recording.records.append(record(7, (process, next)))
                threads[next] = process
            case 8:
                // The first one starts what comes after.
                guard thread != 7, threads.count > 1 else { continue }
                let ended = threads.filter { $0.key == thread || thread == process && $0.value == process }
                for thread in ended.keys.sorted() {
                    let numbers = [process, 7, thread, 7].flatMap { recording.u32($0) }
                    recording.records.append(
                        recording.record(
                            4, numbers + recording.u64(time) + recording.trailer(thread, time)))
                    threads[thread] = nil
                }
            default:
                let chain = (0..<Int.random(in: 1..<6, using: &chance)).map { _ in
                    UInt64.random(in: 0x800..<0x38_000, using: &chance)
                }
                let head =
                    recording.u64(100) + recording.u64(chain[0]) + recording.u32(process)
                    + recording.u32(thread) + recording.u64(time)
                let addresses = [recording.userMarker] + chain
                recording.records.append(
                    recording.record(
                        9,
                        head + recording.u64(time) + recording.u64(UInt64(addresses.count))
                            + addresses.flatMap { recording.u64($0) }))
            }
        }
        return recording
    }

    func testMadeUpHistoriesAreFollowedAsPerfFollowsThem() throws {
        var options = FoldingOptions()
        options.showsAddresses = true
        options.bucketsGeneratedCode = false
        for seed in 1...6 as ClosedRange<UInt64> {
            let recording = history(seed, isBig: seed % 2 == 0)
            let profile = try PerfDataReader(options: options).read(.bytes(recording.file, name: "\(seed)"))
            XCTAssertGreaterThan(profile.nodeCount, 300)
            try PerfCommand.check(
                String(decoding: FoldedWriter().bytes(profile), as: UTF8.self), of: recording.file,
                options: options)
        }
    }

    private func folded(_ recording: Recording) throws -> String {
        var options = FoldingOptions()
        options.showsAddresses = true
        let profile = try PerfDataReader(options: options).read(.bytes(recording.file, name: "test"))
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }

    func testTheOrderOfRecordsInARoundDoesNotMatter() throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            var recording = history(seed, isBig: seed % 2 == 0)
            let ordered = try folded(recording)
            var chance = Chance(state: seed)
            var rest = recording.records[...]
            recording.records = []
            while !rest.isEmpty {
                // Each processor's records come in a row.
                let round = rest.prefix(Int.random(in: 1..<80, using: &chance)).shuffled(using: &chance)
                recording.records += round + [recording.record(68, [])]
                rest = rest.dropFirst(round.count)
            }
            XCTAssertEqual(try folded(recording), ordered, "seed \(seed)")
        }
    }

    func testRecordsAreWholeInWhateverPiecesTheyWereCompressed() throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            var recording = history(seed, isBig: seed % 2 == 0)
            let plain = try folded(recording)
            var chance = Chance(state: seed)
            var rest = recording.records.flatMap { $0 }[...]
            recording.records = []
            let context = try XCTUnwrap(ZSTD_createCCtx())
            defer { ZSTD_freeCCtx(context) }
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Int.random(in: 1..<3_000, using: &chance)))
                rest = rest.dropFirst(piece.count)
                let packed = try flushed(piece, context)
                // As newer versions of perf write them, too: the size, then the data, filled up to eight bytes.
                let filling = [UInt8](repeating: 0, count: (8 - packed.count % 8) % 8)
                recording.records.append(
                    Bool.random(using: &chance)
                        ? recording.record(81, packed)
                        : recording.record(83, recording.u64(UInt64(packed.count)) + packed + filling))
            }
            XCTAssertEqual(try folded(recording), plain, "seed \(seed)")
        }
    }

    /// `piece` as the next part of one stream.
    private func flushed(_ piece: [UInt8], _ context: OpaquePointer) throws -> [UInt8] {
        try piece.withUnsafeBytes { piece in
            var room = [UInt8](repeating: 0, count: ZSTD_compressBound(piece.count) + 64)
            let size = room.withUnsafeMutableBytes { room in
                var source = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
                var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                return ZSTD_compressStream2(context, &target, &source, ZSTD_e_flush) == 0 ? target.pos : 0
            }
            guard size > 0 else {
                throw ProfileError(.unreadable, file: "test", "zstd failed", nextStep: "-")
            }
            return Array(room[..<size])
        }
    }
}
