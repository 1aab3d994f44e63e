import BootTestSupport
import XCTest

@testable import GuestObserver

final class PluginSupportTests: XCTestCase {
    func testOneLibraryLoadsInEveryQEMU() async throws {
        let plugin = try await GuestPlugin.prepared()
        var supports: [PluginSupport] = []
        try await TestedQEMU.each { qemu in
            supports.append(try await PluginSupport.probe(qemu: qemu.program(), plugin: plugin))
        }
        XCTAssertEqual(supports.map(\.target), ["x86_64", "x86_64"])
        XCTAssertTrue([1, 4].contains(supports[0].interface), "\(supports)")
        XCTAssertEqual(supports[1].interface, 4)
        XCTAssertTrue(supports.allSatisfy { $0.newest >= $0.interface }, "\(supports)")
    }

    func testAMissingQEMUIsSaidToBeMissing() async throws {
        await assertThrows(.noQEMU, mentioning: "/nowhere/qemu: it cannot be started") {
            try await PluginSupport.probe(qemu: "/nowhere/qemu", plugin: GuestPlugin(prebuiltAt: "/p.so"))
        }
    }

    func testALibraryThatIsNoPluginIsRefusedInQEMUsWords() async throws {
        let qemu = try QEMURun.path()
        await assertThrows(.pluginsUnsupported, mentioning: "did not load the plugin") {
            try await PluginSupport.probe(qemu: qemu, plugin: GuestPlugin(prebuiltAt: "/usr/bin/true"))
        }
    }

    func testAQEMUWithoutPluginsIsSaidToBeOne() async throws {
        // Debian builds the smallest of its QEMUs without them.
        let qemu = try RequiredTool.need("qemu-system-x86_64-microvm", package: "qemu-system-x86")
        let plugin = try await GuestPlugin.prepared()
        await assertThrows(.pluginsUnsupported, mentioning: "microvm: it was built without plugins") {
            try await PluginSupport.probe(qemu: qemu, plugin: plugin)
        }
    }

    func testAnAnswerThatIsCutShortIsNone() {
        XCTAssertNil(PluginSupport(answer: "bootmark plugin: interface 1 of"))
        XCTAssertNil(PluginSupport(answer: ""))
    }
}
