import BootTestSupport
import CElfutils
import Foundation
import XCTest

@testable import GuestObserver

final class SymbolFileTests: XCTestCase {
    private func read(_ contents: [UInt8], offset: UInt64 = 0) async throws -> GuestSymbols {
        try await withTemporaryFolder { folder in
            let path = folder + "/symbols"
            try Data(contents).write(to: URL(fileURLWithPath: path))
            return try SymbolFile(path: path, offset: offset).read()
        }
    }

    func testASystemMapGivesItsFunctionsInOrder() async throws {
        let text = "00000000000000f0 t late\n0000000000000010 T early\n0000000000000020 D data\n"
        let symbols = try await read(Array(text.utf8))
        XCTAssertEqual(symbols.symbols.map(\.name), ["early", "late"])
        XCTAssertEqual(symbols.symbols.map(\.address), [0x10, 0xf0])
    }

    func testModulesInKallsymsKeepTheirNames() async throws {
        let symbols = try await read(Array("ffffffffc0000000 t probe\t[virtio_blk]\n".utf8))
        XCTAssertEqual(symbols.address(of: "probe"), 0xffff_ffff_c000_0000)
    }

    func testAProgramThatIsWrittenAgainWhileItIsReadIsCutShortAndNoFault() async throws {
        let program = try Data(contentsOf: URL(fileURLWithPath: try Guests.tiny()))
        try await withTemporaryFolder { folder in
            let path = folder + "/program"
            for length in [program.count, 64] {
                try program.write(to: URL(fileURLWithPath: path))
                let read = try ELFSymbols.withELF(path) { elf -> Int in
                    XCTAssertEqual(truncate(path, length), 0)
                    var (read, section) = (0, elf_nextscn(elf, nil))
                    while let current = section {
                        if elf_getdata(current, nil) != nil { read += 1 }
                        section = elf_nextscn(elf, current)
                    }
                    return read
                }
                XCTAssertTrue(length == 64 ? read == 0 : read > 3, "\(read) sections of \(length) bytes")
            }
        }
    }

    func testAnOffsetMovesEverySymbol() async throws {
        let symbols = try await read(Array("10 T a\n".utf8), offset: 0x1000)
        XCTAssertEqual(symbols.symbols.map(\.address), [0x1010])
    }

    func testOfTwoNamesTheGlobalOneThenTheShorterStays() {
        let names = [("zz", false), ("long_name", true), ("short", true)]
        let symbols = GuestSymbols(
            symbols: names.map { .init(address: 1, name: $0.0, isGlobal: $0.1) })
        XCTAssertEqual(symbols.symbols.map(\.name), ["short"])
    }

    func testAllNamesOfAnAddressAreFoundAlsoWhereSymbolsAreMergedAndMoved() {
        let symbols = GuestSymbols(symbols: [
            .init(address: 1, name: "shown", isGlobal: true),
            .init(address: 1, name: "hidden", isGlobal: false),
            .init(address: 9, name: "twice", isGlobal: false),
        ])
        let more = GuestSymbols(symbols: [.init(address: 5, name: "twice", isGlobal: false)])
        let merged = symbols.merging(more).moved(by: 0x10)
        XCTAssertEqual(merged.addresses(of: "hidden"), [0x11])
        XCTAssertEqual(merged.addresses(of: "twice"), [0x15, 0x19])
        XCTAssertEqual(merged.addresses(of: "none"), [])
        XCTAssertEqual(merged.symbols.map(\.name), ["shown", "twice", "twice"])
    }

    func testNamesThatLookAlikeAreSuggestedTheClosestFirst() {
        let names = ["kernel_power_off", "do_kernel_power_off", "power", "x"]
        let symbols = GuestSymbols(
            symbols: names.enumerated().map {
                .init(address: UInt64($0.offset), name: $0.element, isGlobal: true)
            })
        XCTAssertEqual(
            symbols.names(like: "kernel_poweroff"), ["kernel_power_off", "do_kernel_power_off", "power"])
        XCTAssertEqual(symbols.names(like: "_Power", count: 1), ["power"])
        XCTAssertEqual(symbols.names(like: "x"), [])
    }

    func testHostileNamesLoseWhatCouldBreakALine() {
        let names = ["a;b c": "a_b_c", "\u{1b}[31mred": "_[31mred", "x\ny": "x_y", "": "_", "naïve": "naïve"]
        for (name, cleaned) in names { XCTAssertEqual(GuestSymbols.cleaned(name), cleaned) }
        XCTAssertEqual(GuestSymbols.cleaned(String(repeating: "a", count: 5000)).count, 200)
    }

    func testHiddenAddressesAreSaidToBeHidden() async {
        await assertThrows(.symbolsUnusable, mentioning: "kptr_restrict") {
            try await self.read(Array("0000000000000000 T a\n0000000000000000 T b\n".utf8))
        }
    }

    func testALineThatIsNoneIsNamedByItsNumber() async {
        await assertThrows(.symbolsUnusable, mentioning: "symbols:2") {
            try await self.read(Array("10 T a\nhello\n".utf8))
        }
    }

    func testFilesWithoutFunctionsAreRefused() async {
        for contents in ["10 D data\n", "\n"] {
            await assertThrows(.symbolsUnusable, mentioning: "names no function") {
                try await self.read(Array(contents.utf8))
            }
        }
        await assertThrows(.symbolsUnusable, mentioning: "No such file") {
            try SymbolFile(path: "/nowhere").read()
        }
        await assertThrows(.symbolsUnusable, mentioning: "/usr: it is empty or no file") {
            try SymbolFile(path: "/usr").read()
        }
    }

    func testThisProgramsOwnSymbolsAreRead() throws {
        let symbols = try SymbolFile(path: "/proc/self/exe").read()
        XCTAssertNotNil(symbols.address(of: "main"))
        XCTAssertFalse(symbols.code.isEmpty)
    }

    func testADamagedELFFileIsRefusedWhereverItIsCut() async throws {
        let whole = try File.bytes(try Guests.tiny())
        for length in stride(from: 4, to: whole.count, by: whole.count / 40) {
            // Each cut either still names functions or is refused in one line; none crashes.
            do {
                _ = try await read(Array(whole.prefix(length)))
            } catch let error as GuestObserverError {
                XCTAssertEqual(error.code, .symbolsUnusable)
                XCTAssertFalse(error.description.contains("\n"))
            }
        }
    }
}
