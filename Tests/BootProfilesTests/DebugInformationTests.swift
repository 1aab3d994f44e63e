import Foundation
import XCTest

@testable import BootProfiles

/// Debug information that this machine's compiler writes, beside what perf makes of it.
final class DebugInformationTests: XCTestCase {
    private var folder = ""

    private let source = """
        #include <stdint.h>
        static inline __attribute__((always_inline)) uint64_t inner(uint64_t x) {
            for (int i = 0; i < 20000; i++) x = x * 6364136223846793005ull + i;
            return x;
        }
        static inline __attribute__((always_inline)) uint64_t middle(uint64_t x) {
            return inner(x) + 1;
        }
        __attribute__((noinline)) uint64_t leaf(uint64_t x) {
            uint64_t result = middle(x);
            __asm__ volatile("" ::"r"(result));
            return result;
        }
        uint64_t (*volatile again)(int, uint64_t);
        __attribute__((noinline)) uint64_t walk(int n, uint64_t x) {
            uint64_t result = n ? again(n - 1, x) + n : leaf(x);
            __asm__ volatile("" ::"r"(result));
            return result;
        }
        int main(void) {
            uint64_t sum = 0;
            again = walk;
            for (int i = 0; i < 5000; i++) sum += walk(i % 8, i);
            return sum == 7;
        }
        """

    override func setUpWithError() throws {
        folder = NSTemporaryDirectory() + "debug-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try source.write(toFile: folder + "/work.c", atomically: true, encoding: .utf8)
        let compile =
            "$(command -v cc || command -v clang) -O2 -g -fomit-frame-pointer work.c -o work"
        let record = "perf record --call-graph dwarf,2048 -e cpu-clock -F 1999 -o p.data -- ./work"
        if try run("\(compile) && \(record)") != 0 {
            let hint = "needs linux-perf and a C compiler (clang), and perf_event_paranoid of at most 1"
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail(hint) }
            throw XCTSkip(hint)
        }
    }

    override func tearDownWithError() throws { try FileManager.default.removeItem(atPath: folder) }

    func testRecordedStacksAreUnwoundAsPerfUnwindsThem() throws {
        XCTAssertEqual(try run("perf script --no-inline -i p.data > p.txt"), 0)
        let data = try folded("p.data")
        XCTAssertEqual(data.difference(from: try folded("p.txt")).map { "\($0)" }, [])
        XCTAssertTrue(data.contains { $0.contains(";walk;walk;walk;leaf ") }, "\(data)")
    }

    func testInlinedFunctionsAndLinesAreShownWhenAsked() throws {
        let inlined = try folded("p.data") { $0.showsInlined = true }
        XCTAssertTrue(inlined.contains { $0.contains(";walk;leaf;middle;inner ") }, "\(inlined)")
        let both = try folded("p.data") {
            $0.showsInlined = true
            $0.showsLines = true
        }
        let hot = both.filter { $0.contains(";leaf:work.c:10;middle:work.c:7;inner:work.c:3 ") }
        XCTAssertFalse(hot.isEmpty, "\(both)")
        let lines = try folded("p.data") { $0.showsLines = true }
        XCTAssertTrue(lines.contains { $0.contains(";leaf:work.c:10 ") }, "\(lines)")
        XCTAssertEqual(try total(inlined), try total(lines))
    }

    func testDebugFilesAreFoundByTheirLinkAndRefusedWhenTheyAreOthers() throws {
        let split = "objcopy --only-keep-debug work work.debug && strip work && objcopy --remove-section "
        let linked = split + ".note.gnu.build-id work && objcopy --add-gnu-debuglink=work.debug work"
        guard try run(linked) == 0 else {
            let hint = "needs objcopy and strip: install binutils"
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail(hint) }
            throw XCTSkip(hint)
        }
        let file = try XCTUnwrap(RandomAccess(path: folder + "/work").flatMap { ElfFile($0) })
        XCTAssertEqual(file.debugLink?.name, Array("work.debug".utf8))
        func name() -> String? {
            var modules = Modules(places: SymbolPlaces())
            let number = modules.number(path: Array((folder + "/work").utf8), buildID: nil)
            _ = modules.find(number, 0)
            return modules.address(of: "leaf", in: number) == nil ? nil : "leaf"
        }
        XCTAssertEqual(name(), "leaf")
        XCTAssertEqual(try run("printf x >> work.debug"), 0)
        XCTAssertNil(name(), "another file's content under the same name")
    }

    func testDamagedFilesGiveNamesOrNothing() throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/work")))
        var random = SystemRandomNumberGenerator()
        let path = folder + "/damaged"
        let address = try leafAddress()
        for _ in 0..<150 {
            let saved = bytes
            for _ in 0..<8 {
                let place = Int.random(in: 64..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            _ = DebugInformation(path: path, root: "")?.frames(at: address)
            var table = RandomAccess(path: path).flatMap { ElfFile($0) }?.symbols()
            _ = table?.find(address)
            bytes = saved
        }
    }

    private func leafAddress() throws -> UInt64 {
        let file = try XCTUnwrap(RandomAccess(path: folder + "/work").flatMap { ElfFile($0) })
        return try XCTUnwrap(file.symbolsByAddress().address(of: Array("leaf".utf8)))
    }

    private func total(_ lines: [String]) throws -> Double {
        lines.reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? 0) }
    }

    private func folded(_ name: String, _ change: (inout FoldingOptions) -> Void = { _ in }) throws
        -> [String]
    {
        var options = FoldingOptions()
        change(&options)
        let profile = try ProfileInput.open(.file("\(folder)/\(name)"), options: options).read()
        return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    private func run(_ command: String) throws -> Int32 { try PerfCommand.run(command, in: folder) }
}
