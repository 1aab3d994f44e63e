import XCTest

@testable import GuestObserver

/// What QEMU's monitor says of registers.
final class RegisterDumpTests: XCTestCase {
    func testEveryProcessorOfAPCIsReadWithItsModeAndWhetherItHalts() {
        let text = """
            \r
            CPU#0\r
            RAX=000000014b911079 RBX=0000000000000002 RCX=00000000009e5998 RDX=00000000000004ac\r
            RSI=0000000000000000 RDI=000000014b910bcd RBP=00000000000f30a2 RSP=ffffc900004039e0\r
            R8 =0000000000000000 R9 =0000000000000a0e R10=0000000000000003 R11=ffffffff82ad25a8\r
            RIP=ffffffff819b95c1 RFL=00000087 [--S--PC] CPL=0 II=0 A20=1 SMM=0 HLT=0\r
            CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]\r
            SS =0018 0000000000000000 ffffffff 00cf9300 DPL=0 DS   [-WA]\r
            XMM00=000000000000ff00 0000000000000000 XMM01=00ff000000ff0100 ffffffffffffffff\r
            \r
            CPU#1\r
            RIP=0000000000401000 RFL=00000246 [---Z-P-] CPL=3 II=0 A20=1 SMM=0 HLT=1\r
            CS =0033 0000000000000000 ffffffff 00affb00 DPL=3 CS64 [-RA]\r
            """
        XCTAssertEqual(
            RegisterDump.processors(text),
            [
                ProcessorState(
                    number: 0, programCounter: 0xffff_ffff_819b_95c1, stackPointer: 0xffff_c900_0040_39e0,
                    framePointer: 0xf30a2, mode: .kernel, isHalted: false, codeSegment: 0x10),
                ProcessorState(
                    number: 1, programCounter: 0x401000, mode: .user, isHalted: true, codeSegment: 0x33),
            ])
    }

    func testCodeBelowOneMebibyteLiesWhereItsSegmentBegins() {
        let text = """
            CPU#0
            EIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0
            CS =f000 ffff0000 0000ffff 00009b00
            """
        XCTAssertEqual(RegisterDump.processors(text).map(\.programCounter), [0xffff_fff0])
    }

    func testOtherArchitecturesGiveTheirProgramCounters() {
        let arm = """
            CPU#0
             PC=ffffffc010080040 X00=0000000000000000 X01=0000000000000001
            X29=ffffffc011c03f20 X30=ffffffc010aa4f40  SP=ffffffc011c03f00
            PSTATE=600003c5 -ZC- EL1h    FPU disabled
            """
        let state = RegisterDump.processors(arm).first
        XCTAssertEqual(state?.programCounter, 0xffff_ffc0_1008_0040)
        XCTAssertEqual(state?.framePointer, 0xffff_ffc0_11c0_3f20)
        XCTAssertEqual(state?.mode, .kernel)
        let riscv =
            " V      =   0\n pc       ffffffe000002000\n x2/sp    ffffffe000403f00 x8/s0    ffffffe000403f20\n"
        XCTAssertEqual(RegisterDump.processors(riscv).map(\.programCounter), [0xffff_ffe0_0000_2000])
        XCTAssertEqual(RegisterDump.processors(riscv).map(\.isHalted), [nil])
    }

    func testWhateverQEMUAnswersIsReadWithoutHarm() {
        XCTAssertEqual(RegisterDump.processors(""), [])
        XCTAssertEqual(RegisterDump.processors("unknown command: 'info registers'"), [])
        XCTAssertEqual(RegisterDump.processors("CPU#99999999999999999999\nRIP=1\nCPU#\nRIP=2"), [])
        XCTAssertEqual(
            RegisterDump.processors("CPU#0\nRIP=1 CPL=9 HLT=\nCS =zz").map(\.mode), [.unknown])
        var generator = SeededBytes(seed: 4)
        let pieces = ["CPU#", "RIP=", "CS ", "=", "ffff", " ", "\n", "0", "pc", "EL1", "HLT=1"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? pieces.randomElement(using: &generator) ?? ""
                    : String(UnicodeScalar(UInt8.random(in: 0...255, using: &generator)))
            }.joined()
            XCTAssertLessThanOrEqual(RegisterDump.processors(text).count, 40)
        }
    }
}

/// Numbers that repeat: SplitMix64.
struct SeededBytes: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
