import BootTestSupport
import Foundation
import XCTest

@testable import GuestObserver

final class LinuxKernelImageTests: XCTestCase {
    private func guest(_ path: String) throws -> String {
        let path = try Guests.path(path)
        return path
    }

    func testDebiansKernelNamesItsOwnFunctions() throws {
        let symbols = try SymbolFile(path: guest("linux-cloud/vmlinuz")).read()
        XCTAssertGreaterThan(symbols.symbols.count, 30_000)
        let start = try XCTUnwrap(symbols.address(of: "start_kernel"))
        XCTAssertGreaterThan(start, 0xffff_ffff_8000_0000)
        XCTAssertEqual(PlatformRules.suggested(for: symbols), .linuxX86x64)
    }

    func testDebiansKernelFor32BitsNamesItsOwnFunctions() throws {
        let symbols = try SymbolFile(path: guest("linux-686/vmlinuz")).read()
        let start = try XCTUnwrap(symbols.address(of: "start_kernel"))
        XCTAssertTrue((0xc000_0000...0xffff_ffff).contains(start))
        XCTAssertEqual(PlatformRules.suggested(for: symbols), .linuxI386)
    }

    func testAnImageThatIsCutShortIsSaidToBe() async throws {
        let image = try Data(contentsOf: URL(fileURLWithPath: guest("linux-cloud/vmlinuz")))
        try await withTemporaryFolder { folder in
            let path = folder + "/vmlinuz"
            try image.prefix(1 << 20).write(to: URL(fileURLWithPath: path))
            await self.assertThrows(.symbolsUnusable, mentioning: "cut short") {
                try SymbolFile(path: path).read()
            }
        }
    }

    func testAnImageThatOnlyBeginsLikeOneIsRefused() async throws {
        var image = [UInt8](repeating: 0, count: 4096)
        image.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        image.replaceSubrange(0x206..<0x208, with: [0x0f, 0x02])
        let bytes = image
        try await withTemporaryFolder { folder in
            let path = folder + "/vmlinuz"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            await self.assertThrows(.symbolsUnusable, mentioning: "vmlinuz: it is cut short") {
                try SymbolFile(path: path).read()
            }
        }
    }
}
