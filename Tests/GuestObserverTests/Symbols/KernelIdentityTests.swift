import BootTestSupport
import Foundation
import XCTest

@testable import GuestObserver

/// Whether a file of symbols is that of the kernel that is booted.
final class KernelIdentityTests: XCTestCase {
    func testAnotherBuildIDIsAnotherKernel() async throws {
        try await withTemporaryFolder { folder in
            let compiler = try await PluginCompiler.find(searchPath: "/usr/bin:/bin")
            try File.write(Array("int start(void) { return 1; }\n".utf8), to: folder + "/kernel.c")
            for build in ["0101010101010101", "0202020202020202"] {
                let made = try await ToolRun.of(
                    compiler.path,
                    [
                        "-shared", "-nostdlib", "-fPIC", "-Wl,--build-id=0x\(build)", "-o",
                        "\(folder)/\(build)",
                        folder + "/kernel.c",
                    ])
                XCTAssertTrue(made.succeeded, made.errors)
            }
            let file = SymbolFile(path: folder + "/0101010101010101")
            let symbols = try file.read()
            XCTAssertEqual(
                file.contradiction(symbols, to: folder + "/0202020202020202", own: nil),
                "its build id is 0101010101010101, the kernel's 0202020202020202")
            XCTAssertNil(file.contradiction(symbols, to: folder + "/0101010101010101", own: nil))
        }
    }

    func testNearlyAllCallsInAKernelLeadToItsOwnFunctions() throws {
        let mach = try Guests.path("gnumach/gnumach.debug")
        let symbols = try SymbolFile(path: mach).read()
        let own = KernelCalls(in: mach, leadingTo: symbols)
        XCTAssertGreaterThan(own.count, 10_000)
        XCTAssertGreaterThan(own.named * 100, own.count * 99)
        XCTAssertFalse(own.contradicts)

        let others = KernelCalls(in: try Guests.path("gnumach/gnumach"), leadingTo: symbols)
        XCTAssertGreaterThan(others.count, 10_000)
        XCTAssertLessThan(others.named * 20, others.count)
        XCTAssertTrue(others.contradicts)
        XCTAssertEqual(
            KernelCalls(in: "/nowhere", leadingTo: symbols), KernelCalls(in: "/usr", leadingTo: symbols))
    }
}
