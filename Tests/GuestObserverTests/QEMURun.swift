import BootTestSupport
import Foundation
import GuestObserver
import Subprocess
import SystemPackage
import XCTest

/// Runs QEMU under a time limit, and ends it with SIGKILL where that is over.
enum QEMURun {
    /// The path of the host's.
    static func path() throws -> String { try TestedQEMU.host().program() }

    /// Runs the host's, or another, to its end, or for `seconds`. Returns what it said on standard error.
    @discardableResult
    static func run(_ arguments: [String], seconds: Double, on qemu: TestedQEMU? = nil) async throws -> String
    {
        let program = try (qemu ?? .host()).program()
        let result = try await Subprocess.run(
            .path("/usr/bin/timeout"),
            arguments: Arguments(["-s", "KILL", "\(seconds)", program] + arguments),
            output: .discarded, error: .string(limit: 1 << 20))
        return result.standardError
    }

    /// SeaBIOS alone: it finds nothing to boot, and waits.
    static let firmwareAlone = [
        "-accel", "tcg", "-M", "pc", "-nodefaults", "-display", "none", "-no-reboot", "-m", "16",
    ]
}
