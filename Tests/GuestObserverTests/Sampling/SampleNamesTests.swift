import XCTest

@testable import GuestObserver

/// What samples are called.
final class SampleNamesTests: XCTestCase {
    private let symbols = GuestSymbols(
        symbols: [
            .init(address: 0xc010_0000, name: "start", isGlobal: true),
            .init(address: 0xc010_0100, name: "main.cold", isGlobal: false),
        ], code: [0xc010_0000...0xc010_01ff])

    func testCodeIsToldApartByWhereItLiesAndOnWhoseBehalfItRuns() {
        let names = SampleNames(SymbolIndex(symbols))
        func frames(_ address: UInt64, _ mode: ProcessorState.Mode = .kernel, halted: Bool? = false) -> String
        {
            names.frames(
                ProcessorState(number: 1, programCounter: address, mode: mode, isHalted: halted)
            ).joined(separator: ";")
        }
        XCTAssertEqual(frames(0xf_fff0), "CPU 1;[firmware]")
        XCTAssertEqual(frames(0xffff_fff0), "CPU 1;[firmware]")
        XCTAssertEqual(frames(0x10_0000), "CPU 1;[boot loader]")
        XCTAssertEqual(frames(0xc010_0000), "CPU 1;[kernel];start")
        XCTAssertEqual(frames(0xc010_0120, halted: nil), "CPU 1;[kernel];main")
        XCTAssertEqual(frames(0xc010_0120, halted: true), "CPU 1;[idle]")
        XCTAssertEqual(frames(0x804_8123, .user), "CPU 1;[user]")
        XCTAssertEqual(frames(0xd000_1234), "CPU 1;[kernel];page 0xd0001000")
        XCTAssertEqual(names.named, 2)
    }

    func testAKernelWithoutNamesIsShownByItsPages() {
        let names = SampleNames(SymbolIndex(GuestSymbols(symbols: [])))
        let state = ProcessorState(number: 0, programCounter: 0xffff_ffff_8100_0abc, mode: .kernel)
        XCTAssertEqual(names.frames(state), ["CPU 0", "[kernel]", "page 0xffffffff81000000"])
    }

    func testRegistersAreFoundWhereTheStubPutsThem() {
        var registers = [UInt8](repeating: 0, count: 560)
        for (offset, bytes) in [
            (48, [0x20, 0x3f]), (56, [0x00, 0x3f]), (128, [0x78, 0x56]), (140, [0x33]), (188, [0x01]),
        ] as [(Int, [UInt8])] {
            registers.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        XCTAssertEqual(
            RegisterLayout.x86x64.state(registers, number: 3),
            ProcessorState(
                number: 3, programCounter: 0x5678, stackPointer: 0x3f00, framePointer: 0x3f20, mode: .user,
                codeSegment: 0x33))
        registers[188] = 0
        XCTAssertEqual(RegisterLayout.x86x64.state(registers, number: 3)?.programCounter, 0x5678 + 0x330)
        XCTAssertEqual(RegisterLayout.x86x64.state(registers, number: 3)?.mode, .kernel)
        for layout in [RegisterLayout.x86x64, .i386, .arm64, .riscv64] {
            for count in 0..<80 { XCTAssertNil(layout.state(Array(registers[..<count]), number: 0)) }
        }
        XCTAssertNil(RegisterLayout(architecture: "sparc64"))
    }
}
