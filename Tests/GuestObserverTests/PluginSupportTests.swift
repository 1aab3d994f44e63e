import XCTest

@testable import GuestObserver

final class PluginSupportTests: XCTestCase {
    func testTheHostsQEMULoadsThePlugin() async throws {
        let plugin = try await GuestPlugin.prepared()
        let support = try await PluginSupport.probe(qemu: try QEMURun.path(), plugin: plugin)
        XCTAssertEqual(support.target, "x86_64")
        XCTAssertTrue(support.interface == 1 || support.interface == 4, "\(support)")
        XCTAssertGreaterThanOrEqual(support.newest, support.interface)
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

    func testAQEMUWithoutPluginsIsToldApartByItsWords() {
        let result = ToolRun(succeeded: false, output: "", errors: "qemu: -plugin: invalid option\n")
        XCTAssertTrue(PluginSupport.refusal(result).contains("built without plugins"))
    }

    func testAnAnswerThatIsCutShortIsNone() {
        XCTAssertNil(PluginSupport(answer: "bootmark plugin: interface 1 of"))
        XCTAssertNil(PluginSupport(answer: ""))
    }
}
