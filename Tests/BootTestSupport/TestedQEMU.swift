import Foundation

/// A QEMU that the tests of the guest's side run on: versions count and translate otherwise, and every one has to give
/// what the tests ask for.
public struct TestedQEMU: Sendable, CustomStringConvertible {
    /// What it is, for messages of failures.
    public let description: String
    private let folder: String

    /// The host's own.
    /// - Throws: as `RequiredTool.need` does.
    public static func host() throws -> TestedQEMU {
        let path = try RequiredTool.need("qemu-system-x86_64", package: "qemu-system-x86")
        return TestedQEMU(
            description: "the host's QEMU", folder: (path as NSString).deletingLastPathComponent)
    }

    /// That of Debian 13 in a folder: QEMU 10, whose plugins read registers.
    /// - Throws: `XCTSkip` that says how to get it; on a build server its absence is a failure.
    public static func newer() throws -> TestedQEMU {
        let path = try Guests.path("qemu-trixie/bin/qemu-system-x86_64", from: "make newer-qemu")
        return TestedQEMU(description: "QEMU 10", folder: (path as NSString).deletingLastPathComponent)
    }

    /// Tests something on the host's QEMU, then on the newer one.
    /// - Throws: what the test throws; where the newer one is missing, as `newer()` does, after the host's was tested.
    public static func each(_ test: (TestedQEMU) async throws -> Void) async throws {
        try await test(host())
        try await test(newer())
    }

    /// The path of one of its programs.
    public func program(_ name: String = "qemu-system-x86_64") -> String { "\(folder)/\(name)" }
}
