import Foundation
import GuestObserver
import Subprocess
import SystemPackage
import XCTest

/// Runs the QEMU of the host under a time limit, and ends it with SIGKILL where that is over.
enum QEMURun {
    /// Its path, where it is installed.
    static func path(_ name: String = "qemu-system-x86_64") throws -> String {
        let path = "/usr/bin/\(name)"
        try XCTSkipUnless(
            FileManager.default.isExecutableFile(atPath: path), "\(name): apt-get install qemu-system-x86")
        return path
    }

    /// The one of Debian 13, in a folder: QEMU 10, whose plugins read registers.
    static func newer() throws -> String {
        let path = Guests.path("qemu-trixie/bin/qemu-system-x86_64")
        try XCTSkipUnless(FileManager.default.isExecutableFile(atPath: path), "QEMU 10: make newer-qemu")
        return path
    }

    /// Runs it (or the one at `qemu`) to its end, or for `seconds`. Returns what it said on standard error.
    @discardableResult
    static func run(_ arguments: [String], seconds: Double, qemu: String? = nil) async throws -> String {
        let program = try qemu ?? path()
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
