import Foundation
import XCTest

/// The systems that tests boot: built by `make guests`, or found in the folder that BOOTMARK_GUESTS names.
public enum Guests {
    /// Our own multiboot kernel.
    public static func tiny() throws -> String { try path("tiny/tiny.elf") }

    /// A Linux kernel for x86-64 with an initial RAM disk that prints BOOT-COMPLETE and switches off.
    public static func linuxCloud() throws -> (kernel: String, initialRAMDisk: String) {
        (try path("linux-cloud/vmlinuz"), try path("linux-cloud/initrd.cpio.gz"))
    }

    /// A Linux on a CD that ISOLINUX boots.
    public static func linuxCD() throws -> String { try path("linux-cd/linux.iso") }

    /// GNU Mach with a bootstrap task of our own, on a CD that GRUB boots.
    public static func gnuMachCD() throws -> String { try path("gnumach/gnumach.iso") }

    /// The path of a guest's file, or of what else is fetched into their folder by `command`.
    /// - Throws: `XCTSkip` that says how to get it; on a build server its absence is a failure.
    public static func path(_ name: String, from command: String = "make guests") throws -> String {
        let path = folder + "/" + name
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw Absence.found("\(path) is missing; get it with: \(command)")
        }
        return path
    }

    private static var folder: String {
        let named = ProcessInfo.processInfo.environment["BOOTMARK_GUESTS"] ?? ""
        return named.isEmpty ? Package.folder + "/Guests/build" : named
    }
}

/// Programs that tests need.
public enum RequiredTool {
    /// The full path of a program along PATH.
    ///
    /// - Parameters:
    ///   - name: the program.
    ///   - package: the Debian package that holds it.
    /// - Throws: `XCTSkip` that names the package; on a build server its absence is a failure.
    public static func need(_ name: String, package: String) throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        let paths = folders.map { "\($0)/\(name)" }
        guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw Absence.found("\(name) is missing; install it with: apt install \(package)")
        }
        return path
    }

    /// QEMU for 32-bit PCs.
    public static func qemu() throws -> String {
        try need("qemu-system-i386", package: "qemu-system-x86")
    }

    /// perf.
    public static func perf() throws -> String { try need("perf", package: "linux-perf") }
}

/// Something that a test needs and this host does not have.
enum Absence {
    /// What to throw for it: a skip for a person, a failure on a build server, where nothing may be left out
    /// unseen.
    static func found(_ what: String) -> any Error {
        guard ProcessInfo.processInfo.environment["CI"]?.isEmpty ?? true else {
            XCTFail(what)
            return Missing(what: what)
        }
        return XCTSkip(what)
    }

    struct Missing: Error { var what: String }
}

/// The package under test.
public enum Package {
    /// The folder that holds Package.swift.
    public static var folder: String {
        var path = #filePath as NSString
        for _ in 0..<3 { path = path.deletingLastPathComponent as NSString }
        return path as String
    }

    /// The folder that the tests were built into, which holds the command too.
    public static var buildFolder: String {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (tests as NSString).deletingLastPathComponent
    }
}
