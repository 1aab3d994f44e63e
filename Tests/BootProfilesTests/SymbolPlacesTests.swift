import CLZMA
import Foundation
import XCTest

@testable import BootProfiles

/// Where names come from: beside the files, below other roots, from lists.
final class SymbolPlacesTests: XCTestCase {
    private var folder = ""

    override func setUpWithError() throws {
        folder = NSTemporaryDirectory() + "places-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: folder + "/bin", withIntermediateDirectories: true)
    }

    override func tearDownWithError() throws { try FileManager.default.removeItem(atPath: folder) }

    private let source = """
        static __attribute__((noinline)) int inner_function(int x) { __asm__ volatile("" : "+r"(x)); return x; }
        __attribute__((visibility("default"))) int outer_function(int x) { return inner_function(x) + 1; }
        int main(int count, char **words) { return outer_function(count); }
        """

    /// A program that is stripped, and beside it what was taken out of it.
    private func program(_ number: Int = 0, _ options: String = "") throws {
        try (source + "\nint number = \(number);\n").write(
            toFile: folder + "/work.c", atomically: true, encoding: .utf8)
        let compile =
            "$(command -v cc || command -v clang) -O1 -g -rdynamic -Wl,--build-id \(options) work.c -o bin/work"
        let split = "objcopy --only-keep-debug bin/work work.debug && strip bin/work"
        guard try PerfCommand.run("\(compile) && \(split)", in: folder) == 0 else {
            let hint = "needs a C compiler (clang), objcopy and strip (binutils)"
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail(hint) }
            throw XCTSkip(hint)
        }
    }

    /// Where the functions of the program begin that are named below the root `folder`.
    private func named(_ functions: [String]) -> [String] {
        var places = SymbolPlaces()
        places.root = folder
        var modules = Modules(places: places)
        let number = modules.number(path: Array("/bin/work".utf8), buildID: nil)
        _ = modules.find(number, 0)
        return functions.filter { function in
            guard let address = modules.address(of: function, in: number),
                let symbol = modules.find(number, address)
            else { return false }
            return modules.rawName(of: symbol, in: number) == Array(function.utf8)
        }
    }

    private let functions = ["inner_function", "outer_function"]

    func testADebugFileIsFoundBelowTheRootByItsBuildIDAndRefusedWhenItIsAnothers() throws {
        try program(1)
        XCTAssertEqual(try PerfCommand.run("mv work.debug other.debug", in: folder), 0)
        try program()
        XCTAssertEqual(named(functions), ["outer_function"], "what a stripped program still gives to others")
        let elf = try XCTUnwrap(RandomAccess(path: folder + "/bin/work").flatMap { ElfFile($0) })
        let name = Modules.hexadecimal(try XCTUnwrap(elf.buildID))
        let place = "usr/lib/debug/.build-id/\(name.prefix(2))"
        let debug = "\(place)/\(name.dropFirst(2)).debug"
        XCTAssertEqual(try PerfCommand.run("mkdir -p \(place) && cp other.debug \(debug)", in: folder), 0)
        XCTAssertEqual(named(functions), ["outer_function"], "the other program's debug file")
        XCTAssertEqual(try PerfCommand.run("cp work.debug \(debug)", in: folder), 0)
        XCTAssertEqual(named(functions), functions)
    }

    func testTheFunctionsThatDistributionsPackIntoStrippedFilesAreNamed() throws {
        try program()
        let mini = "objcopy -S --remove-section=.comment -K inner_function work.debug mini"
        XCTAssertEqual(try PerfCommand.run(mini, in: folder), 0)
        let content = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/mini")))
        var packed = [UInt8](repeating: 0, count: lzma_stream_buffer_bound(content.count))
        var size = 0
        XCTAssertEqual(
            lzma_easy_buffer_encode(
                6, LZMA_CHECK_CRC64, nil, content, content.count, &packed, &size, packed.count),
            LZMA_OK)
        try Data(packed[..<size]).write(to: URL(fileURLWithPath: folder + "/mini.xz"))
        let add = "objcopy --add-section .gnu_debugdata=mini.xz bin/work"
        XCTAssertEqual(try PerfCommand.run(add, in: folder), 0)
        XCTAssertEqual(named(functions), functions)
        // Cut or damaged, it names nothing.
        packed[size / 2] ^= 0xFF
        try Data(packed[..<size]).write(to: URL(fileURLWithPath: folder + "/mini.xz"))
        XCTAssertEqual(
            try PerfCommand.run("objcopy --remove-section .gnu_debugdata bin/work && \(add)", in: folder), 0)
        XCTAssertEqual(named(functions), ["outer_function"])
        XCTAssertNil(XZ.unpacked(Array(packed[..<(size - 1)]), limit: 1 << 20))
    }

    func testWhatXZUnfoldsBeyondTheLimitIsRefused() {
        let content = [UInt8](repeating: 0, count: 100_000)
        var packed = [UInt8](repeating: 0, count: lzma_stream_buffer_bound(content.count))
        var size = 0
        XCTAssertEqual(
            lzma_easy_buffer_encode(
                6, LZMA_CHECK_CRC64, nil, content, content.count, &packed, &size, packed.count),
            LZMA_OK)
        XCTAssertEqual(XZ.unpacked(Array(packed[..<size]), limit: 100_000), content)
        XCTAssertNil(XZ.unpacked(Array(packed[..<size]), limit: 99_999))
    }

    func testAKernelsFileNamesWhatListsNameToo() throws {
        let text: UInt64 = 0xFFFF_FFFF_8100_0000
        try """
        .globl _text, start_kernel, second
        .text
        _text: .skip 256
        .type start_kernel, @function
        start_kernel: .skip 64
        .size start_kernel, 64
        .type second, @function
        second: .skip 64
        .size second, 64
        """.write(toFile: folder + "/kernel.s", atomically: true, encoding: .utf8)
        let build =
            "as kernel.s -o kernel.o && ld -Ttext=0x\(String(text, radix: 16)) -e _text kernel.o -o vmlinux"
        guard try PerfCommand.run("\(build) && nm -n vmlinux >System.map", in: folder) == 0 else {
            let hint = "needs as, ld and nm: install binutils"
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail(hint) }
            throw XCTSkip(hint)
        }
        let moved: UInt64 = 0x1800_0000
        var recording = Recording(isBig: false)
        let samples = [0x110, 0x150, 0x10_0000].enumerated().map { index, offset in
            recording.sample(
                7, [recording.kernelMarker, text + moved + offset], time: 3 + UInt64(index), misc: 1)
        }
        recording.records =
            [
                recording.comm(7, "c", time: 1),
                recording.map(
                    .max, start: text + moved, size: 0x100_0000, path: "[kernel.kallsyms]_text", time: 2,
                    offset: text + moved, misc: 1),
            ] + samples
        for name in ["vmlinux", "System.map"] {
            var options = FoldingOptions()
            options.symbolPlaces.kernelSymbols = "\(folder)/\(name)"
            let profile = try PerfDataReader(options: options).read(.bytes(recording.file, name: "test"))
            XCTAssertEqual(
                String(decoding: FoldedWriter().bytes(profile), as: UTF8.self),
                "c;[[kernel.kallsyms]] 1\nc;second 1\nc;start_kernel 1\n", name)
        }
    }

    func testARecordingOfAnEarlierBootOfThisKernelHasItsSymbolsMoved() throws {
        var image = KernelImage(nil, isHost: true)
        guard var list = KernelSymbols(.file("/proc/kallsyms")) else {
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail("CI runs as root") }
            throw XCTSkip("this kernel hides where its functions lie; run as root")
        }
        let name = Array("_text".utf8)
        let text = try XCTUnwrap(list.table.address(of: name))
        let call = Array("vfs_read".utf8)
        let function = try XCTUnwrap(list.table.address(of: call))
        let found = try XCTUnwrap(list.table.find(function + 4))
        XCTAssertEqual(list.table.rawName(of: found), call)
        let moved: UInt64 = 0x1300_0000
        image.reference = (name, text &+ moved)
        XCTAssertEqual(image.find(function &+ moved &+ 4).map { image.name(of: $0) }, call)
        XCTAssertNotEqual(image.find(function &+ 4).map { image.name(of: $0) }, call)
    }

    func testACopyOfTheRunningKernelsListIsUsedOnlyWhereItIsOfThisBootAndForTheKernelItself() throws {
        guard var list = KernelSymbols(.file("/proc/kallsyms")) else {
            guard ProcessInfo.processInfo.environment["CI"] == nil else { return XCTFail("CI runs as root") }
            throw XCTSkip("this kernel hides where its functions lie; run as root")
        }
        let copy = NSTemporaryDirectory() + "copy-\(getpid()).kallsyms"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let text = String(decoding: try ByteStream(.file("/proc/kallsyms")).readAll(), as: UTF8.self)
        let module = "ffffffffffff0000 t of_a_module\t[gone]\n"
        try (text + module).write(toFile: copy, atomically: true, encoding: .utf8)
        var copied = try XCTUnwrap(KernelSymbols.running(copiedAt: copy))
        let function = try XCTUnwrap(list.table.address(of: Array("vfs_read".utf8)))
        for address in [function, function + 4, function + 0x10_0000] {
            let names = (list.table.find(address), copied.table.find(address))
            XCTAssertEqual(
                names.0.map { list.table.rawName(of: $0) }, names.1.map { copied.table.rawName(of: $0) })
        }
        XCTAssertNil(copied.table.address(of: Array("of_a_module".utf8)))
        // Another boot's kernel lies elsewhere.
        let elsewhere = text.prefix { $0 != "\n" }.replacing("f", with: "e") + text.drop { $0 != "\n" }
        try elsewhere.write(toFile: copy, atomically: true, encoding: .utf8)
        XCTAssertNil(KernelSymbols.running(copiedAt: copy))
        XCTAssertNil(KernelSymbols.running(copiedAt: "/no/such/list"))
    }

    func testAKernelsSymbolsThatCannotBeUsedAreToldOnlyWhereTheyAreNeeded() throws {
        var recording = Recording(isBig: false)
        recording.features = [
            recording.buildID([UInt8](1...20), of: "[kernel.kallsyms]", misc: 1)
        ]
        func notes(_ list: String?) throws -> [String] {
            var options = FoldingOptions()
            options.symbolPlaces.kernelSymbols = list.map { "\(folder)/\($0)" }
            return try PerfDataReader(options: options).read(.bytes(recording.file, name: "test")).notes
        }
        try "0000000000000000 T _text\n0000000000000000 T start_kernel\n".write(
            toFile: folder + "/hidden", atomically: true, encoding: .utf8)
        try "hello\n".write(toFile: folder + "/text", atomically: true, encoding: .utf8)
        try "ffffffff81000000 T start_kernel\n".write(
            toFile: folder + "/list", atomically: true, encoding: .utf8)
        for name in ["hidden", "text"] {
            let note =
                "\(folder)/\(name) names no function of a kernel; a copy of kallsyms has to be made by root"
            XCTAssertEqual(try notes(name), [note])
        }
        XCTAssertEqual(try notes("list"), [])
        XCTAssertEqual(
            try notes(nil),
            [
                "another kernel than this one was recorded: --kallsyms FILE or --vmlinux FILE names its functions"
            ])
        // Any program stands for a kernel's file here.
        XCTAssertEqual(try PerfCommand.run("cp /bin/sh vmlinux", in: folder), 0)
        XCTAssertEqual(
            try notes("vmlinux"),
            ["\(folder)/vmlinux is another build than the recorded kernel: no names from it"])
        // Where every map says its build, there is no list of builds.
        let features = recording.features
        recording.features = []
        XCTAssertFalse(try notes(nil).contains { $0.hasPrefix("another kernel") })
        var map = recording.map(
            .max, start: 0xFFFF_FFFF_8100_0000, size: 0x100_0000, path: "[kernel.kallsyms]_text", time: 1)
        map.replaceSubrange(4..<6, with: recording.number(UInt16(0x4001)))
        map.replaceSubrange(40..<64, with: [20, 0, 0, 0] + [UInt8](1...20))
        recording.records.insert(map, at: 0)
        XCTAssertTrue(try notes(nil).contains { $0.hasPrefix("another kernel") })
        recording.records.removeFirst()
        recording.features = features
        recording.records.removeLast()
        XCTAssertEqual(try notes("hidden"), [], "no address of the kernel was recorded")
    }

    func testTheMapThatACompilerWroteOfItsCodeNamesItBelowTheRoot() throws {
        try FileManager.default.createDirectory(atPath: folder + "/tmp", withIntermediateDirectories: true)
        try "10000 40 first\n10040 40 Foo::bar(int) const\nnonsense\n".write(
            toFile: folder + "/tmp/perf-7.map", atomically: true, encoding: .utf8)
        for name in ["//anon", "[heap]", "/dev/zero (deleted)", "/SYSV00000000", "[stack]"] {
            var recording = Recording(isBig: false)
            recording.records = [
                recording.comm(7, "js", time: 1),
                recording.map(7, start: 0x10000, size: 0x1000, path: name, time: 2),
                recording.sample(7, [0x10010], time: 3), recording.sample(7, [0x10050], time: 4),
                recording.sample(7, [0x10090], time: 5),
            ]
            var options = FoldingOptions()
            options.symbolPlaces.root = folder
            options.symbolPlaces.kernelSymbols = "/no/such/list"
            options.bucketsGeneratedCode = false
            let profile = try PerfDataReader(options: options).read(.bytes(recording.file, name: "test"))
            XCTAssertEqual(
                String(decoding: FoldedWriter().bytes(profile), as: UTF8.self),
                "js;Foo::bar 1\njs;[perf-7.map] 1\njs;first 1\n", name)
        }
    }
}
