import Foundation
import XCTest

extension XCTestCase {
    /// A new folder that goes when the test ends.
    public func temporaryFolder() throws -> String {
        let path = NSTemporaryDirectory() + "bootmark-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        addTeardownBlock { try? FileManager.default.removeItem(atPath: path) }
        return path
    }

    /// Makes the boots of these tests take turns among themselves alone, and not with what else this machine
    /// measures: nothing is judged by its time here.
    public func useOwnLease() {
        let path = NSTemporaryDirectory() + "bootmark-tests-\(getpid()).lock"
        setenv("BOOTMARK_LEASE", path, 1)
        addTeardownBlock { for file in [path, path + ".queue"] { unlink(file) } }
    }
}

/// Files by their path.
public enum File {
    /// The bytes of a file.
    public static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// The text of a file; empty where it cannot be read.
    public static func text(_ path: String) -> String {
        String(decoding: (try? bytes(path)) ?? [], as: UTF8.self)
    }

    /// Writes a file.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Writes a program for a shell.
    public static func writeScript(_ text: String, to path: String) throws {
        try write(Array("#!/bin/sh\n\(text)\n".utf8), to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// Whether there is anything at a path.
    public static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
