import XCTest

@testable import GuestObserver

/// Walks through stacks that are made by hand.
final class StackWalkerTests: XCTestCase {
    private static let text: UInt64 = 0xffff_ffff_8100_0000
    private static let stack: UInt64 = 0xffff_c900_0000_4000

    func testCallInstructionsAreKnownByTheirBytes() {
        func call(_ bytes: [UInt8]) -> CodeBytes.Call {
            CodeBytes.call(
                [UInt8](repeating: 0x90, count: 8 - bytes.count) + bytes, before: 0x1000, mask: 0xffff_ffff)
        }
        XCTAssertEqual(call([0xe8, 0x10, 0, 0, 0]), .direct(0x1010))
        XCTAssertEqual(call([0xe8, 0xf0, 0xff, 0xff, 0xff]), .direct(0xff0))
        XCTAssertEqual(call([0xff, 0xd0]), .indirect, "call *%rax")
        XCTAssertEqual(call([0xff, 0x50, 0x18]), .indirect, "call *0x18(%rax)")
        XCTAssertEqual(call([0xff, 0x15, 1, 2, 3, 4]), .indirect, "call *disp(%rip)")
        XCTAssertEqual(call([0xff, 0x14, 0xc5, 1, 2, 3, 4]), .indirect, "call *table(,%rax,8)")
        XCTAssertEqual(call([0xff, 0x54, 0x24, 0x08]), .indirect, "call *8(%rsp)")
        XCTAssertEqual(call([0xff, 0xe0]), .none, "jmp *%rax")
        XCTAssertEqual(call([0xff, 0x50]), .none, "a call with its operand cut off")
        XCTAssertEqual(call([0x90]), .none)
    }

    func testReturnAddressesWhoseCallsLeadElsewhereAreLeftOut() {
        var guest = Guest(["start", "middle", "other", "leaf"])
        // Left over from a call of `other`, and one that was in truth made.
        guest.push(guest.call(from: "start", to: "other"))
        guest.push(0x1234)
        guest.push(guest.call(from: "middle", to: "leaf"))
        guest.push(guest.call(from: "other", to: "leaf") + 1)
        guest.push(guest.call(from: "start", to: "middle"))
        XCTAssertEqual(guest.walk(in: "leaf"), ["leaf", "middle", "start"])
        XCTAssertEqual(guest.method, .returnAddresses)
    }

    func testATailCallIsSeenThroughTheJumpThatItIs() {
        var guest = Guest(["start", "middle", "leaf"])
        guest.jump(from: "middle", to: "leaf")
        guest.push(guest.call(from: "start", to: "middle"))
        XCTAssertEqual(guest.walk(in: "leaf"), ["leaf", "start"])
    }

    func testACallThroughARegisterCountsAsItIs() {
        var guest = Guest(["start", "leaf"])
        guest.push(guest.indirectCall(from: "start"))
        XCTAssertEqual(guest.walk(in: "leaf"), ["leaf", "start"])
    }

    func testAWalkEndsAtAnInterruptsEntry() {
        var guest = Guest(["start", "asm_sysvec_timer", "handler"])
        guest.push(guest.call(from: "asm_sysvec_timer", to: "handler"))
        guest.push(guest.call(from: "start", to: "asm_sysvec_timer"))
        XCTAssertEqual(guest.walk(in: "handler"), ["handler", "asm_sysvec_timer"])
        XCTAssertEqual(guest.ending, .interrupt)
    }

    func testAnExceptionBelongsToWhatItInterrupts() {
        var guest = Guest(["start", "copy", "asm_exc_fault", "handler"])
        guest.push(guest.call(from: "asm_exc_fault", to: "handler"))
        for word: UInt64 in [1, 2, 3] { guest.push(word) }
        let next = guest.pointer + 5 * 8
        for word in [guest.start(of: "copy") + 7, 0x10, 0x246, next, 0x18] { guest.push(word) }
        guest.push(guest.call(from: "start", to: "copy"))
        XCTAssertEqual(guest.walk(in: "handler"), ["handler", "asm_exc_fault", "copy", "start"])
    }

    func testFramePointersAreFollowedWhereFunctionsKeepThem() {
        var guest = Guest(["start", "middle", "leaf"], keepsFramePointers: true)
        let first = guest.pointer
        guest.push(first + 32)
        guest.push(guest.call(from: "middle", to: "leaf"))
        guest.push(guest.call(from: "start", to: "leaf"))
        guest.push(7)
        guest.push(0)
        guest.push(guest.call(from: "start", to: "middle"))
        XCTAssertEqual(guest.walk(in: "leaf", frame: first), ["leaf", "middle", "start"])
        XCTAssertEqual(guest.method, .framePointers)
    }

    func testAFunctionThatHasNotSetUpItsFrameIsNotLeftWithoutItsCaller() {
        var guest = Guest(["start", "middle", "leaf"], keepsFramePointers: true)
        guest.push(guest.call(from: "middle", to: "leaf"))
        let frame = guest.pointer
        guest.push(0)
        guest.push(guest.call(from: "start", to: "middle"))
        XCTAssertEqual(guest.walk(in: "leaf", at: 0, frame: frame), ["leaf", "middle", "start"])
    }

    func testAStackWithoutMemoryAndOneOfRandomWordsDoNoHarm() {
        var generator = SeededBytes(seed: 9)
        for keepsFramePointers in [false, true] {
            for _ in 0..<100 {
                var guest = Guest(["a", "b", "c"], keepsFramePointers: keepsFramePointers)
                for _ in 0..<400 {
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: guest.push(.random(in: 0 ... .max, using: &generator))
                    case 1: guest.push(guest.pointer &+ .random(in: 0...64, using: &generator))
                    case 2: guest.push(guest.call(from: "a", to: "b"))
                    default: guest.push(guest.indirectCall(from: "c"))
                    }
                }
                let frame = UInt64.random(in: 0 ... .max, using: &generator)
                XCTAssertLessThanOrEqual(guest.walk(in: "c", frame: frame).count, 200)
                XCTAssertLessThanOrEqual(guest.walk(in: "c", frame: Self.stack + 16).count, 200)
            }
        }
        var empty = Guest(["a"])
        XCTAssertEqual(empty.walk(in: "a", pointer: .max - 3), ["a"])
    }

    /// A kernel of functions of 256 bytes, and a stack.
    private struct Guest {
        let names: [String]
        var memory: [UInt64: UInt8] = [:]
        var pointer = StackWalkerTests.stack
        var ending: StackWalker.Ending?
        var method: StackWalker.Method?
        private var calls: UInt64 = 32

        init(_ names: [String], keepsFramePointers: Bool = false) {
            self.names = names
            for address in StackWalkerTests.text..<(StackWalkerTests.text + 256 * UInt64(names.count)) {
                memory[address] = 0x90
            }
            if keepsFramePointers {
                for name in names { write([0x55, 0x48, 0x89, 0xe5], at: start(of: name)) }
            }
            for address in StackWalkerTests.stack..<(StackWalkerTests.stack + 16384) { memory[address] = 0 }
        }

        func start(of name: String) -> UInt64 {
            StackWalkerTests.text + 256 * UInt64(names.firstIndex(of: name) ?? 0)
        }

        mutating func write(_ bytes: [UInt8], at address: UInt64) {
            for (offset, byte) in bytes.enumerated() { memory[address + UInt64(offset)] = byte }
        }

        mutating func push(_ word: UInt64) {
            write((0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }, at: pointer)
            pointer += 8
        }

        /// Puts a call into a function; gives the address behind it.
        mutating func call(from: String, to: String) -> UInt64 { transfer(0xe8, from: from, to: to) }

        mutating func jump(from: String, to: String) { _ = transfer(0xe9, from: from, to: to) }

        mutating func indirectCall(from: String) -> UInt64 {
            calls = calls % 200 + 16
            write([0x90, 0xff, 0xd0], at: start(of: from) + calls)
            return start(of: from) + calls + 3
        }

        private mutating func transfer(_ code: UInt8, from: String, to: String) -> UInt64 {
            calls = calls % 200 + 16
            let at = start(of: from) + calls
            let distance = UInt32(truncatingIfNeeded: start(of: to) &- (at + 5))
            write([code] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) }, at: at)
            return at + 5
        }

        /// The names of the functions, innermost first.
        mutating func walk(
            in name: String, at offset: UInt64 = 100, frame: UInt64 = 0,
            pointer: UInt64 = StackWalkerTests.stack
        ) -> [String] {
            let symbols = names.map {
                GuestSymbols.Symbol(address: start(of: $0), name: $0, isGlobal: true)
            }
            let index = SymbolIndex(GuestSymbols(symbols: symbols), rules: .linuxX86x64)
            let walker = StackWalker(index, layout: .x86x64)
            let state = ProcessorState(
                number: 0, programCounter: start(of: name) + offset, stackPointer: pointer,
                framePointer: frame,
                mode: .kernel, codeSegment: 0x10)
            guard let function = index.function(at: state.programCounter) else { return [] }
            let memory = memory
            let walk = walker.walk(state, in: function) { address, count in
                let bytes = (0..<UInt64(count)).compactMap { memory[address &+ $0] }
                return bytes.count == count ? bytes : nil
            }
            ending = walk.ending
            method = walker.method
            return walk.functions.map(index.name)
        }
    }
}
