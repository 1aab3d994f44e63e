import BootTestSupport
import XCTest

@testable import BootRunner

final class ProbeCacheTests: XCTestCase {
    func testAnAnswerHoldsUnderTheSameCircumstancesAlone() throws {
        let cache = ProbeCache(folder: try temporaryFolder() + "/cache")
        XCTAssertNil(cache.answer(to: "which", under: ["a"]))
        cache.keep(["one", "", "three"], to: "which", under: ["a", "b"])
        XCTAssertEqual(cache.answer(to: "which", under: ["a", "b"]), ["one", "", "three"])
        XCTAssertNil(cache.answer(to: "which", under: ["a", "c"]))
        XCTAssertNil(cache.answer(to: "who", under: ["a", "b"]))
        cache.keep(["two"], to: "which", under: ["a", "c"])
        XCTAssertEqual(cache.answer(to: "which", under: ["a", "c"]), ["two"])
        XCTAssertNil(cache.answer(to: "which", under: ["a", "b"]), "the newer answer takes its place")
    }

    func testWhatIsDamagedOrSomebodyElsesIsNoAnswer() throws {
        let folder = try temporaryFolder() + "/cache"
        let cache = ProbeCache(folder: folder)
        cache.keep(["one"], to: "which", under: ["a"])
        chmod(folder, 0o777)
        XCTAssertNil(cache.answer(to: "which", under: ["a"]), "anybody may have written it")
        chmod(folder, 0o700)
        XCTAssertEqual(cache.answer(to: "which", under: ["a"]), ["one"])
        let file = try XCTUnwrap(FileManager.default.contentsOfDirectory(atPath: folder).first)
        let whole = try File.bytes("\(folder)/\(file)")
        for count in 0..<whole.count {
            try File.write(Array(whole.prefix(count)), to: "\(folder)/\(file)")
            XCTAssertNil(cache.answer(to: "which", under: ["a"]), "cut to \(count) bytes")
        }
    }

    func testACacheThatCannotBeWrittenIsAnEmptyOne() async {
        for folder in [nil, "/proc/nowhere", "/dev/null/cache"] {
            let cache = ProbeCache(folder: folder)
            cache.keep(["one"], to: "which", under: [])
            XCTAssertNil(cache.answer(to: "which", under: []))
            let found = await cache.answer(to: "which", under: []) { (["asked"], lasts: true) }
            XCTAssertEqual(found, ["asked"])
        }
    }

    func testWhatMayChangeOfItselfIsAskedAgain() async throws {
        let cache = ProbeCache(folder: try temporaryFolder() + "/cache")
        for (circumstances, lasts, asked) in [
            (["a"], false, 1), (["a"], true, 2), (["a"], true, 2), (nil, true, 3), (nil, true, 4),
        ] as [([String]?, Bool, Int)] {
            let count = Self.count
            let answer = await cache.answer(to: "which", under: circumstances) {
                count.change { $0 += 1 }
                return (["\(count.value)"], lasts: lasts)
            }
            XCTAssertEqual(count.value, asked)
            XCTAssertEqual(answer, ["\(asked)"])
        }
    }
    private static let count = Shared(0)

    func testItDoesNotGrowWithoutEnd() throws {
        let folder = try temporaryFolder() + "/cache"
        let cache = ProbeCache(folder: folder)
        for number in 0...(ProbeCache.limit + 10) { cache.keep(["x"], to: "question \(number)", under: []) }
        XCTAssertLessThanOrEqual(
            try FileManager.default.contentsOfDirectory(atPath: folder).count, ProbeCache.limit)
        XCTAssertEqual(cache.answer(to: "question \(ProbeCache.limit + 10)", under: []), ["x"])
    }

    func testADigestIsTakenAgainWhenTheFileHasChanged() async throws {
        let folder = try temporaryFolder()
        let cache = ProbeCache(folder: folder + "/cache")
        let path = folder + "/kernel"
        try File.write(Array("one".utf8), to: path)
        let first = try await Tools.digests(of: [path], cache: cache)[path]
        XCTAssertEqual(first, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed")
        // The same size, at once: too new for its times to tell one from the other.
        try File.write(Array("two".utf8), to: path)
        let second = try await Tools.digests(of: [path], cache: cache)[path]
        XCTAssertEqual(second, "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3")

        // What is put in a file's place, with its size and its time, is not taken for it.
        let stamp = try XCTUnwrap(FileStamp(path))
        XCTAssertEqual(stamp, FileStamp(path))
        let time = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
        try File.write(Array("six".utf8), to: folder + "/other")
        try FileManager.default.setAttributes(
            [.modificationDate: time as Any], ofItemAtPath: folder + "/other")
        XCTAssertEqual(rename(folder + "/other", path), 0)
        XCTAssertNotEqual(FileStamp(path), stamp)
    }

    func testADigestOfAnOldFileIsNotTakenTwice() async throws {
        let cache = ProbeCache(folder: try temporaryFolder() + "/cache")
        let path = try RequiredTool.perf()
        let taken = try await Tools.digests(of: [path], cache: cache)[path]
        let stamp = try XCTUnwrap(FileStamp(path)).text
        XCTAssertEqual(cache.answer(to: "sha256 of \(path)", under: [stamp]), taken.map { [$0] })
        cache.keep(["remembered"], to: "sha256 of \(path)", under: [stamp])
        let known = try await Tools.digests(of: [path], cache: cache)[path]
        XCTAssertEqual(known, "remembered")
    }

    func testAScriptIsKnownByTheProgramOfItsNameThatItRuns() throws {
        let folder = try temporaryFolder()
        try FileManager.default.createDirectory(atPath: folder + "/real", withIntermediateDirectories: true)
        let program = folder + "/real/qemu"
        try File.write([1], to: program)
        try File.writeScript("exec \(program) \"$@\"", to: folder + "/qemu")
        let before = try XCTUnwrap(FileStamp.ofProgram(folder + "/qemu"))
        try File.write([1, 2], to: program)
        XCTAssertNotEqual(FileStamp.ofProgram(folder + "/qemu"), before)
        try File.writeScript("exec qemu-system-i386 \"$@\"", to: folder + "/other")
        XCTAssertNil(FileStamp.ofProgram(folder + "/other"), "what it runs cannot be told")
        XCTAssertNil(FileStamp("/dev/null"), "a device changes without a trace")
        XCTAssertNil(FileStamp(folder))
    }

    func testWhatPerfCanDoHereIsAskedOnce() async throws {
        _ = try RequiredTool.perf()
        let folder = try temporaryFolder() + "/cache"
        let asked = await HostTools.probePerf(cache: ProbeCache(folder: nil))
        let first = await HostTools.probePerf(cache: ProbeCache(folder: folder))
        let again = await HostTools.probePerf(cache: ProbeCache(folder: folder))
        XCTAssertEqual(first, asked)
        XCTAssertEqual(again, asked)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder).count, 1)
    }
}
