import BootModel
import BootTestSupport
import GuestObserver
import XCTest

@testable import BootRunner

final class GuestSymbolFilesTests: XCTestCase {
    private func files(_ kernel: String, symbols: [String] = [], rules: String? = nil) throws
        -> GuestSymbolFiles
    {
        let plan = Plan(
            command: ["qemu-system-x86_64", "-kernel", kernel],
            script: BootScript(phases: [], end: .reached(TinyBoot.booted)), boots: [], collectors: [],
            symbols: symbols, rules: rules)
        return try GuestSymbolFiles(plan, kernel: kernel)
    }

    func testALinuxWithoutATableOfItsSymbolsIsFollowedByAddress() throws {
        let folder = try temporaryFolder()
        for (guest, rules) in [("linux-cloud", "linux-x86_64"), ("linux-686", "linux-i386")] {
            var image = try File.bytes(try Guests.path("\(guest)/vmlinuz"))
            // What it holds cannot be unpacked, and so names nothing.
            let middle = image.count / 2
            image.replaceSubrange(middle..<middle + 4096, with: repeatElement(0x55, count: 4096))
            let path = "\(folder)/\(guest)"
            try File.write(image, to: path)
            let files = try files(path)
            XCTAssertTrue(try files.check().contains { $0.contains("shown by address") }, guest)
            XCTAssertEqual(try files.read().rules.name, rules)
        }
    }

    func testAKernelOfWhichNothingIsKnownIsRefusedWithAHint() throws {
        let folder = try temporaryFolder()
        try File.write(Array("a kernel of its own kind".utf8), to: folder + "/kernel")
        XCTAssertThrowsError(try files(folder + "/kernel").check()) { error in
            XCTAssertTrue("\(error)".contains("--symbols FILE"), "\(error)")
        }
    }

    func testRulesForOtherAddressesAreRefusedForAStrippedKernelToo() throws {
        let mach = try Guests.path("gnumach/gnumach")
        XCTAssertThrowsError(try files(mach, rules: "linux-x86_64").check()) { error in
            XCTAssertTrue("\(error)".contains("linux-x86_64 are for another kernel"), "\(error)")
        }
        XCTAssertNoThrow(try files(mach, rules: "gnumach").check())
    }
}
