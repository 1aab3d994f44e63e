import BootModel
import BootStore
import Foundation
import XCTest

final class RunFolderTests: StoreTestCase {
    private var path: String { folder + "/run" }

    func testARunReadsBackAsItWasSaved() throws {
        let run = Run.example()
        let created = try RunFolder.create(at: path + "/")
        try created.save(run)
        XCTAssertEqual(try created.load(), run)
        XCTAssertEqual(try RunFolder.open(at: path).load(), run)
        XCTAssertEqual(created.path, path)
    }

    func testTheSameRunIsAlwaysTheSameText() throws {
        let created = try RunFolder.create(at: path)
        try created.save(.example())
        let first = contents(created.file)
        try created.save(try created.load())
        XCTAssertEqual(contents(created.file), first)
    }

    func testAFolderThatExistsIsRefusedAndToldHowToGoOn() throws {
        _ = try RunFolder.create(at: path)
        let error = expect(.exists) { try RunFolder.create(at: path) }
        XCTAssertTrue(error?.nextStep.contains("--resume") ?? false)
        try write("x", to: folder + "/file")
        expect(.exists) { try RunFolder.create(at: folder + "/file") }
    }

    func testFoldersAboveAreMade() throws {
        let created = try RunFolder.create(at: folder + "/a/b/c")
        XCTAssertEqual(created.path, folder + "/a/b/c")
    }

    func testPlacesThatCannotHoldARunAreRefused() throws {
        try write("x", to: folder + "/file")
        expect(.notWritable) { try RunFolder.create(at: folder + "/file/run") }
        expect(.notWritable) { try RunFolder.create(at: "/proc/bootmark-run") }
        expect(.notWritable) { try RunFolder.create(at: "") }
        expect(.notWritable) { try RunFolder.create(at: folder + "/a\0b") }
        expect(.missing) { try RunFolder.open(at: folder + "/none") }
        expect(.unreadable) { try RunFolder.open(at: folder + "/file") }
        expect(.missing) { try RunFolder.open(at: folder).load() }
    }

    func testTwoRunnersNeverWriteOneFolder() throws {
        var first: RunFolder? = try RunFolder.create(at: path)
        expect(.locked) { try RunFolder.resume(at: path) }
        expect(.locked) { try RunFolder.open(at: path).save(.example()) }
        withExtendedLifetime(first) {}
        first = nil
        try RunFolder.resume(at: path).save(.example())
    }

    func testAResumedFolderLosesWhatAKilledWriterLeft() throws {
        try RunFolder.create(at: path).save(.example())
        try write("{", to: path + "/.run.json.123.ab.tmp")
        _ = try RunFolder.resume(at: path)
        XCTAssertEqual(try entries(path), [".lock", "run.json"])
    }

    func testARunThatIsCutShortAnywhereIsAnErrorThatSaysSo() throws {
        let created = try RunFolder.create(at: path)
        var run = Run.example(timed: 1)
        run.boots.removeFirst()
        run.metrics = [.bootTime]
        try created.save(run)
        let whole = try XCTUnwrap(contents(created.file))
        // The last byte is a newline, without which the run is whole all the same.
        for length in 0..<(whole.count - 1) {
            try Data(whole[..<length]).write(to: URL(fileURLWithPath: created.file))
            let error = expect(.cutShort) { try created.load() }
            guard error?.path == created.file, error?.place?.contains("byte") == true else {
                return XCTFail("no place at length \(length): \(String(describing: error))")
            }
        }
    }

    func testARunOfANewerFormatAsksForTheNewerBootmark() throws {
        let created = try RunFolder.create(at: path)
        try write("{\"schema\": 2, \"shape\": \"unheard of\"}", to: created.file)
        let error = expect(.newerSchema) { try created.load() }
        XCTAssertTrue(error?.description.contains("format 2") ?? false)
        try write("{\"schema\": 0}", to: created.file)
        expect(.malformed) { try created.load() }
        try write("{\"schema\": \"one\"}", to: created.file)
        expect(.malformed) { try created.load() }
    }

    func testARunThatMakesNoSenseIsRefusedWithItsPlace() throws {
        let changes: [(place: String, change: (inout Run) -> Void)] = [
            ("boots[1].index", { $0.boots[1].index = 1 }),
            ("boots[0].index", { $0.boots[0].index = 0 }),
            ("plan.boots[2].index", { $0.plan.boots[2].index = -4 }),
            ("boots[1].samples.boot-time", { $0.boots[1].samples["boot-time"] = -1 }),
            ("boots[1].samples.boot-time", { $0.boots[1].samples["boot-time"] = .nan }),
            ("boots[2].milestones[1]", { $0.boots[2].milestones[1].elapsed = .zero }),
            ("boots[2].milestones[0]", { $0.boots[2].milestones[0].name = "" }),
            ("boots[0].startedAt", { $0.boots[0].startedAt = .infinity }),
            ("plan.budgets[0].tolerance", { $0.plan.budgets[0].tolerance = -0.1 }),
            ("metrics[1]", { $0.metrics[1] = .bootTime }),
            ("scenario", { $0.scenario = "../etc" }),
        ]
        let created = try RunFolder.create(at: path)
        try created.save(.example())
        for (place, change) in changes {
            var run = Run.example()
            change(&run)
            let error = expect(.malformed) { try created.save(run) }
            XCTAssertEqual(error?.place, place)
            // What no JSON can hold cannot come back from a file either.
            guard let bytes = try? CanonicalJSON.encode(run) else { continue }
            try AtomicFile.write(bytes, to: folder + "/bad.json")
            try FileManager.default.createDirectory(
                atPath: folder + "/bad", withIntermediateDirectories: true)
            try AtomicFile.write(bytes, to: folder + "/bad/run.json")
            let loaded = expect(.malformed) { try RunFolder.open(at: folder + "/bad").load() }
            XCTAssertEqual(loaded?.place, place)
        }
        XCTAssertEqual(try created.load(), .example())
    }

    func testAPipeOrAFolderInTheRunsPlaceNeverBlocks() throws {
        let created = try RunFolder.create(at: path)
        XCTAssertEqual(mkfifo(created.file, 0o600), 0)
        expect(.unreadable) { try created.load() }
        unlink(created.file)
        try FileManager.default.createDirectory(atPath: created.file, withIntermediateDirectories: true)
        expect(.unreadable) { try created.load() }
    }

    func testAnEnormousFileIsRefusedUnread() throws {
        let created = try RunFolder.create(at: path)
        try write("", to: created.file)
        XCTAssertEqual(truncate(created.file, 1 << 40), 0)
        expect(.tooLarge) { try created.load() }
    }

    func testAFullDiskKeepsTheBootsThatWereSaved() throws {
        let created = try RunFolder.create(at: path)
        try created.save(.example(timed: 2))
        expect(.diskFull) { try withFullDisk(after: 2048) { try created.save(.example(timed: 30)) } }
        XCTAssertEqual(try created.load(), .example(timed: 2))
        XCTAssertEqual(try entries(path), [".lock", "run.json"])
    }

    func testABootsFolderBelongsToItsOwnerAlone() throws {
        let created = try RunFolder.create(at: path)
        XCTAssertEqual(try created.bootFolder(1), path + "/boots/001")
        XCTAssertEqual(try created.bootFolder(1), path + "/boots/001")
        XCTAssertEqual(try created.bootFolder(1234), path + "/boots/1234")
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/boots/001")
        XCTAssertEqual(attributes[.posixPermissions] as? Int, 0o700)
        try write("x", to: path + "/boots/001/console.log")
        try created.discardBootFolder(1)
        try created.discardBootFolder(7)
        XCTAssertEqual(try entries(path + "/boots"), ["1234"])
    }

    func testAConsolesTailIsRepairedAndNotCutInsideACharacter() throws {
        let created = try RunFolder.create(at: path)
        XCTAssertEqual(try created.consoleTail(boot: 1), "")
        let file = try created.bootFolder(1) + "/console.log"
        try write("begin ééé", to: file)
        XCTAssertEqual(try created.consoleTail(boot: 1, limit: 5), "éé")
        XCTAssertEqual(try created.consoleTail(boot: 1, limit: 4), "éé")
        XCTAssertEqual(try created.consoleTail(boot: 1), "begin ééé")
        try Data([0xFF, 0x41, 0x00, 0xC3]).write(to: URL(fileURLWithPath: file))
        XCTAssertEqual(try created.consoleTail(boot: 1), "\u{fffd}A\u{0}\u{fffd}")
        XCTAssertEqual(try created.consoleTail(boot: 1, limit: 0), "")
    }

    func testFailuresCarryTheirConsoles() throws {
        var run = Run.example()
        run.boots[1].outcome = BootOutcome(.panicked, detail: "Kernel panic")
        run.boots[3].outcome = BootOutcome(.refused, detail: "no such CPU")
        let created = try RunFolder.create(at: path)
        try created.save(run)
        try write("Kernel panic - not syncing", to: try created.bootFolder(2) + "/console.log")
        XCTAssertEqual(
            try created.failures(.after),
            [
                BootFailure(
                    side: .after, boot: 2, outcome: run.boots[1].outcome,
                    consoleTail: "Kernel panic - not syncing", console: path + "/boots/002/console.log"),
                BootFailure(side: .after, boot: 4, outcome: run.boots[3].outcome, consoleTail: ""),
            ])
    }
}
