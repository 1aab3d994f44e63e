import Foundation
import XCTest

@testable import GuestObserver

final class GuestPluginTests: XCTestCase {
    private func environment(_ folder: String) -> [String: String] {
        ["PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": folder]
    }

    func testTheFirstUseCompilesAndTheSecondFindsTheSameFile() async throws {
        try await withTemporaryFolder { folder in
            let first = try await GuestPlugin.prepared(environment: environment(folder))
            let written = try modified(first.path)
            let second = try await GuestPlugin.prepared(environment: environment(folder))
            XCTAssertEqual(first, second)
            XCTAssertEqual(written, try modified(second.path))
            let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/bootmark/plugin")
            XCTAssertEqual(left, [URL(fileURLWithPath: first.path).lastPathComponent])
        }
    }

    func testUsersAtTheSameTimeAllGetAWholeLibrary() async throws {
        try await withTemporaryFolder { folder in
            let environment = environment(folder)
            let plugins = try await withThrowingTaskGroup(of: GuestPlugin.self) { group in
                for _ in 0..<3 { group.addTask { try await GuestPlugin.prepared(environment: environment) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            XCTAssertEqual(Set(plugins).count, 1)
            let support = try await PluginSupport.probe(qemu: try QEMURun.path(), plugin: plugins[0])
            XCTAssertEqual(support.target, "x86_64")
        }
    }

    func testAHostWithoutCompilerIsToldWhichPackageHasOne() async throws {
        try await withTemporaryFolder { folder in
            let environment = ["PATH": folder, "XDG_CACHE_HOME": folder]
            await assertThrows(.noCompiler, mentioning: "apt-get install gcc") {
                try await GuestPlugin.prepared(environment: environment)
            }
        }
    }

    func testACompilerThatFailsIsQuoted() async throws {
        try await withTemporaryFolder { folder in
            let script =
                "#!/bin/sh\n[ \"$1\" = --version ] && echo odd 1 && exit\necho 'x: error: no libc' >&2; exit 1\n"
            try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/cc"))
            chmod(folder + "/cc", 0o755)
            let environment = ["PATH": folder, "XDG_CACHE_HOME": folder]
            await assertThrows(.compilerFailed, mentioning: "x: error: no libc") {
                try await GuestPlugin.prepared(environment: environment)
            }
        }
    }

    func testALibraryThatOthersMayWriteIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let plugin = try await GuestPlugin.prepared(environment: environment(folder))
            chmod(plugin.path, 0o777)
            let environment = environment(folder)
            await assertThrows(.cacheUnusable, mentioning: "others may write") {
                try await GuestPlugin.prepared(environment: environment)
            }
        }
    }

    func testAPrebuiltLibraryIsTakenAsItIsAndAWrongPathIsNot() async throws {
        let taken = try await GuestPlugin.prepared(environment: ["BOOTMARK_PLUGIN": "/usr/bin/true"])
        XCTAssertEqual(taken.path, "/usr/bin/true")
        await assertThrows(.cacheUnusable, mentioning: "BOOTMARK_PLUGIN=/nowhere.so") {
            try await GuestPlugin.prepared(environment: ["BOOTMARK_PLUGIN": "/nowhere.so"])
        }
    }

    func testACommaInAPathReachesQEMUAsOne() {
        let plugin = GuestPlugin(prebuiltAt: "/a,b/p.so")
        XCTAssertEqual(
            plugin.qemuArguments([("config", "/c,,d")]), ["-plugin", "file=/a,,b/p.so,config=/c,,,,d"])
    }

    private func modified(_ path: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}

extension XCTestCase {
    /// Expects an error of one kind, whose line mentions something.
    func assertThrows<Result>(
        _ code: GuestObserverError.Code, mentioning text: String, file: StaticString = #filePath,
        line: UInt = #line, _ body: () async throws -> Result
    ) async {
        do {
            _ = try await body()
            XCTFail("nothing was thrown", file: file, line: line)
        } catch let error as GuestObserverError {
            XCTAssertEqual(error.code, code, file: file, line: line)
            XCTAssertTrue(error.description.contains(text), error.description, file: file, line: line)
        } catch {
            XCTFail("\(error)", file: file, line: line)
        }
    }
}
