import BootTestSupport
import Foundation
import XCTest

@testable import GuestObserver

final class PlatformRulesTests: XCTestCase {
    func testAStarStandsForAnyCharactersAndNothingElseDoes() {
        XCTAssertTrue(PlatformRules.matches("asm_exc_page_fault", "asm_exc_*"))
        XCTAssertTrue(PlatformRules.matches("foo.cold", "*.cold"))
        XCTAssertTrue(PlatformRules.matches("foo.cold.3", "*.cold.*"))
        XCTAssertTrue(PlatformRules.matches("abab", "*ab"))
        XCTAssertTrue(PlatformRules.matches("", "*"))
        XCTAssertFalse(PlatformRules.matches("foo.colder", "*.cold"))
        XCTAssertFalse(PlatformRules.matches("xasm_exc_", "asm_exc_*"))
        XCTAssertFalse(PlatformRules.matches("a", ""))
    }

    func testAHostilePatternTakesNoLongTime() {
        // A matcher that tried every split would not come back.
        let name = String(repeating: "a", count: 200)
        XCTAssertFalse(PlatformRules.matches(name, String(repeating: "a*", count: 60) + "b"))
    }

    func testLinuxEntriesAreToldApart() {
        let kinds = [
            "asm_sysvec_apic_timer_interrupt": "i", "irq_entries_start": "t", "asm_exc_page_fault": "e",
            "entry_SYSCALL_64": "s", "entry_SYSCALL_64_after_hwframe": "c", "__x86_indirect_thunk_rax": "c",
            "vfs_read": "f", "vfs_read.cold": "c", "asm_exc_nmi": "i",
            "error_entry": "m",
        ]
        for (name, kind) in kinds {
            XCTAssertEqual(PlatformRules.linuxX86x64.kind(of: name), Character(kind), name)
        }
    }

    func testSymbolsSuggestTheirKernel() {
        func symbols(_ names: [String], from address: UInt64) -> GuestSymbols {
            GuestSymbols(
                symbols: names.enumerated().map {
                    .init(address: address + UInt64($0.offset), name: $0.element, isGlobal: true)
                })
        }
        let suggestions: [(GuestSymbols, PlatformRules)] = [
            (symbols(["asm_exc_page_fault"], from: 0xffff_ffff_8100_0000), .linuxX86x64),
            (symbols(["asm_exc_page_fault"], from: 0xc100_0000), .linuxI386),
            (symbols(["mach_msg_trap", "Switch_context"], from: 0xc100_0000), .gnuMach),
            (symbols(["interrupt_entries", "decompress_phase", "memory_phase"], from: 0x10_0000), .tiny),
            (symbols(["main"], from: 0x10_0000), .unknown),
        ]
        for (symbols, rules) in suggestions {
            XCTAssertEqual(PlatformRules.suggested(for: symbols).name, rules.name)
        }
    }

    func testTheRulesInTheDocumentationAreRules() async throws {
        let text = File.text(Package.folder + "/Documentation/HowExactBootsWork.md")
        let start = try XCTUnwrap(text.range(of: "```json\n"))
        let end = try XCTUnwrap(text.range(of: "```", range: start.upperBound..<text.endIndex))
        try await withTemporaryFolder { folder in
            try File.write(Array(text[start.upperBound..<end.lowerBound].utf8), to: folder + "/rules.json")
            let rules = try PlatformRules.named(folder + "/rules.json")
            XCTAssertEqual(rules.name, "mykernel")
            XCTAssertEqual(rules.kind(of: "irq_7"), "i")
            XCTAssertEqual(rules.kind(of: "trap_14"), "e")
            XCTAssertEqual(rules.kind(of: "main.cold"), "c")
        }
    }

    func testRulesOfOnesOwnSurviveBeingStored() throws {
        let data = try JSONEncoder().encode(PlatformRules.linuxX86x64)
        XCTAssertEqual(try JSONDecoder().decode(PlatformRules.self, from: data), .linuxX86x64)
    }
}
