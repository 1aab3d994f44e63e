import BootModel
import Foundation
import XCTest

@testable import BootStore

final class BaselineStoreTests: StoreTestCase {
    private var store: BaselineStore { BaselineStore(root: folder + "/Baselines") }

    private func saved(_ run: Run, host: String? = nil, name: String = "run") throws -> RunFolder {
        let path = "\(folder)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        let created = try RunFolder.create(at: path)
        try created.save(run)
        if let host { try write(host, to: created.folded(.host)) }
        return created
    }

    func testAnAcceptedRunIsTheBaselineWithItsSamples() throws {
        let run = Run.example(timed: 5)
        let acceptance = try store.accept(saved(run, host: "main;boot 12\n"))
        XCTAssertEqual(
            acceptance, .init(path: folder + "/Baselines/tiny", replaced: false, notes: []))
        let baseline = try XCTUnwrap(store.load("tiny"))
        XCTAssertEqual(baseline.run.samples(of: .bootTime), run.samples(of: .bootTime))
        XCTAssertEqual(baseline.run.boots[1].milestones, run.boots[1].milestones)
        XCTAssertEqual(baseline.run.fingerprint, run.fingerprint)
        XCTAssertEqual(baseline.run.plan, run.plan)
        XCTAssertTrue(baseline.run.isComplete)
        XCTAssertEqual(try baseline.folded(.host), Array("main;boot 12\n".utf8))
        XCTAssertNil(try baseline.folded(.guest))
        XCTAssertEqual(try entries(acceptance.path), ["host.folded.gz", "run.json"])
        XCTAssertEqual(store.scenarios(), ["tiny"])
    }

    func testAcceptingAgainReplacesTheWholeBaseline() throws {
        _ = try store.accept(saved(.example(), host: "main 1\n"))
        let acceptance = try store.accept(saved(.example(timed: 7)))
        XCTAssertTrue(acceptance.replaced)
        XCTAssertEqual(try store.load("tiny")?.run.boots.count, 8)
        XCTAssertEqual(try entries(acceptance.path), ["run.json"])
        XCTAssertEqual(try entries(folder + "/Baselines"), ["tiny"])
    }

    func testTheSameRunGivesTheSameBaseline() throws {
        let run = try saved(.example(), host: "main 1\n")
        let first = try store.accept(run).path
        let files = try ["run.json", "host.folded.gz"].map { try XCTUnwrap(contents("\(first)/\($0)")) }
        let second = try BaselineStore(root: folder + "/Others").accept(run).path
        XCTAssertEqual(
            files, try ["run.json", "host.folded.gz"].map { try XCTUnwrap(contents("\(second)/\($0)")) })
    }

    func testARunCanBecomeTheBaselineOfAnotherScenario() throws {
        _ = try store.accept(saved(.example()), as: "linux+cpus=2")
        XCTAssertNil(try store.load("tiny"))
        XCTAssertEqual(try store.load("linux+cpus=2")?.run.scenario, "linux+cpus=2")
    }

    func testNoNameLeadsOutOfTheFolder() throws {
        let names = [
            "..", "../x", "a/b", "/etc", ".git", "", "a..b", "a\0b", "a b", "-rf", "é", "a\n",
            String(repeating: "a", count: 300),
        ]
        let run = try saved(.example())
        for name in names {
            expect(.badName) { try store.accept(run, as: name) }
            expect(.badName) { try store.load(name) }
        }
        XCTAssertEqual(try entries(folder), ["run"])
    }

    func testFailedBootsAreRefusedUnlessForced() throws {
        var run = Run.example()
        run.boots[2].outcome = BootOutcome(.hung, detail: String(repeating: "x", count: 9000))
        let bad = try saved(run)
        let error = expect(.refused) { try store.accept(bad) }
        XCTAssertTrue(error?.reason.contains("1 of its 4 boots failed (boot 3: hung)") ?? false)
        XCTAssertNil(try store.load("tiny"))
        let acceptance = try store.accept(bad, force: true)
        XCTAssertEqual(acceptance.notes.count, 1)
        let stored = try XCTUnwrap(store.load("tiny"))
        XCTAssertEqual(stored.run.notes, acceptance.notes)
        XCTAssertEqual(stored.run.failures.first?.outcome.detail.count, 200)
    }

    func testARunThatWasBrokenOffIsRefusedUnlessForced() throws {
        var run = Run.example()
        run.boots.removeLast()
        let bad = try saved(run)
        let error = expect(.refused) { try store.accept(bad) }
        XCTAssertTrue(error?.reason.contains("only 3 of its 4 boots") ?? false)
        XCTAssertEqual(try store.accept(bad, force: true).notes.count, 1)
    }

    func testARunWithoutATimedBootIsNeverABaseline() throws {
        var run = Run.example()
        for index in run.boots.indices { run.boots[index].outcome = BootOutcome(.hung) }
        let bad = try saved(run)
        expect(.refused) { try store.accept(bad, force: true) }
    }

    func testAFullDiskLeavesTheOldBaseline() throws {
        _ = try store.accept(saved(.example(), host: "old 1\n"))
        let next = try saved(.example(timed: 60), host: "new 1\n")
        expect(.diskFull) { try withFullDisk(after: 4096) { try store.accept(next) } }
        XCTAssertEqual(try store.load("tiny")?.folded(.host), Array("old 1\n".utf8))
        XCTAssertEqual(try store.load("tiny")?.run.boots.count, 4)
        XCTAssertEqual(try entries(folder + "/Baselines"), ["tiny"])
    }

    func testWhatAKilledAcceptLeftIsNeitherReadNorInTheWay() throws {
        _ = try store.accept(saved(.example(), host: "old 1\n"))
        let left = folder + "/Baselines/.incoming-tiny"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        try write("half", to: left + "/guest.folded.gz")
        XCTAssertEqual(store.scenarios(), ["tiny"])
        let path = try store.accept(saved(.example(timed: 2))).path
        XCTAssertEqual(try entries(path), ["run.json"])
        XCTAssertEqual(try entries(folder + "/Baselines"), ["tiny"])
    }

    func testAReaderFindsAWholeBaselineWhileAnotherReplacesIt() throws {
        let runs = try [saved(.example(timed: 2), name: "a"), saved(.example(timed: 9), name: "b")]
        _ = try store.accept(runs[0])
        let store = store
        let faults = Faults()
        DispatchQueue.concurrentPerform(iterations: 2) { side in
            for round in 0..<40 {
                do {
                    if side == 0 {
                        _ = try store.accept(runs[round % 2])
                    } else if let count = try store.load("tiny")?.run.boots.count, [3, 10].contains(count) {
                        continue
                    } else {
                        faults.add("no baseline, or half of one")
                    }
                } catch {
                    faults.add("\(error)")
                }
            }
        }
        XCTAssertEqual(faults.all, [])
    }

    func testWithoutAnExchangeTheOldBaselineIsFoundBetweenTheTwoRenames() throws {
        let path = try store.accept(saved(.example(), host: "old 1\n")).path
        let aside = folder + "/Baselines/.outgoing-tiny"
        XCTAssertEqual(rename(path, aside), 0)
        XCTAssertEqual(try store.load("tiny")?.folded(.host), Array("old 1\n".utf8))
        _ = try store.accept(saved(.example(), host: "new 1\n"))
        XCTAssertEqual(try store.load("tiny")?.folded(.host), Array("new 1\n".utf8))
        XCTAssertEqual(try entries(folder + "/Baselines"), ["tiny"])
    }

    func testWhatWasPutAsideComesBackBeforeAnythingElse() throws {
        let path = try store.accept(saved(.example(), host: "old 1\n")).path
        XCTAssertEqual(rename(path, folder + "/Baselines/.outgoing-tiny"), 0)
        let next = try saved(.example(timed: 60))
        expect(.diskFull) { try withFullDisk(after: 4096) { try store.accept(next) } }
        XCTAssertEqual(try entries(folder + "/Baselines"), ["tiny"])
        XCTAssertEqual(try store.load("tiny")?.folded(.host), Array("old 1\n".utf8))
    }

    func testTwoFoldersExchangeTheirNamesInOneStep() throws {
        for name in ["a", "b"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try write(name, to: "\(folder)/\(name)/file")
        }
        guard try FolderSwap.exchange(folder + "/a", folder + "/b") else {
            throw XCTSkip("the file system of \(folder) cannot exchange names")
        }
        XCTAssertEqual(contents(folder + "/a/file"), Array("b".utf8))
        XCTAssertEqual(contents(folder + "/b/file"), Array("a".utf8))
    }

    func testTheTwoRenamesPutTheNewFolderInPlace() throws {
        for name in ["in", "target"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try write(name, to: "\(folder)/\(name)/file")
        }
        let target = folder + "/target"
        try FolderSwap.moveAside(folder + "/in", inPlaceOf: target, outgoing: folder + "/out")
        XCTAssertEqual(contents(target + "/file"), Array("in".utf8))
        XCTAssertEqual(try entries(folder), ["target"])
        expect(.notWritable) {
            try FolderSwap.moveAside(folder + "/none", inPlaceOf: target, outgoing: folder + "/out")
        }
        XCTAssertEqual(contents(target + "/file"), Array("in".utf8))
    }

    func testTwoWhoAcceptAtOnceAreToldApart() throws {
        _ = try store.accept(saved(.example()))
        let held = try FolderLock(folder + "/Baselines", isFolder: true, whatToDo: "Wait.")
        let run = try saved(.example())
        withExtendedLifetime(held) { _ = expect(.locked) { try store.accept(run) } }
    }

    func testABaselineThatIsDamagedIsAnErrorAndNotMissing() throws {
        let path = try store.accept(saved(.example(), host: "main 1\n")).path
        let packed = try XCTUnwrap(contents(path + "/host.folded.gz"))
        try Data(packed.dropLast(3)).write(to: URL(fileURLWithPath: path + "/host.folded.gz"))
        expect(.cutShort) { try store.load("tiny")?.folded(.host) }
        try write("{\"schema\": 99}", to: path + "/run.json")
        expect(.newerSchema) { try store.load("tiny") }
        try FileManager.default.removeItem(atPath: path + "/run.json")
        expect(.missing) { try store.load("tiny") }
    }

    func testABaselineUnderAnothersNameIsAnError() throws {
        let path = try store.accept(saved(.example())).path
        XCTAssertEqual(rename(path, folder + "/Baselines/other"), 0)
        let error = expect(.malformed) { try store.load("other") }
        XCTAssertEqual(error?.place, "scenario")
    }

    func testLargeStacksArePrunedByWeightAndKeepTheirTotal() throws {
        var lines: [String] = []
        var total: UInt64 = 0
        for index in 0..<6000 {
            let weight = UInt64(1 + 2_000_000 / (index + 1))
            total += weight
            let leaf = String(UInt64(index) &* 0x9E37_79B9_7F4A_7C15, radix: 36)
            lines.append("thread\(index % 2);main loop;\(leaf) \(weight)")
        }
        let run = try saved(.example(), host: lines.shuffled().joined(separator: "\n") + "\n")
        var small = store
        small.stackLimit = 20_000
        let acceptance = try small.accept(run)
        XCTAssertEqual(acceptance.notes.count, 1)
        let packed = try XCTUnwrap(contents(acceptance.path + "/host.folded.gz"))
        XCTAssertLessThanOrEqual(packed.count, 20_000)
        XCTAssertGreaterThan(packed.count, 10_000)
        let baseline = try XCTUnwrap(small.load("tiny"))
        let text = String(decoding: try XCTUnwrap(baseline.folded(.host)), as: UTF8.self)
        let kept = text.split(separator: "\n").map(String.init)
        XCTAssertTrue(kept.contains(lines[0]))
        XCTAssertFalse(kept.contains(lines[5999]))
        XCTAssertEqual(kept.filter { $0.contains("[pruned]") }.count, 2)
        XCTAssertEqual(
            kept.compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }.reduce(0, +), total)
        XCTAssertEqual(baseline.run.notes, acceptance.notes)
    }

    func testThePhasesStacksAreKeptWithinALimitForAllOfThem() throws {
        let run = try saved(.example(), host: "main;boot 12\n")
        let lines = (0..<20_000).map {
            "main;\(String(UInt64($0) &* 0x9E37_79B9_7F4A_7C15, radix: 36)) \($0 + 1)"
        }
        try write("main;early 5\n", to: run.folded(.host, phase: "kernel"))
        try write(lines.joined(separator: "\n") + "\n", to: run.folded(.guest, phase: "a/b"))
        let acceptance = try store.accept(run)
        let names = ["guest@a%2Fb.folded.gz", "host.folded.gz", "host@kernel.folded.gz", "run.json"]
        XCTAssertEqual(try entries(acceptance.path), names)
        XCTAssertEqual(acceptance.notes.count, 1)
        XCTAssertTrue(acceptance.notes[0].contains("guest@a%2Fb.folded"), acceptance.notes[0])
        let baseline = try XCTUnwrap(store.load("tiny"))
        XCTAssertEqual(try baseline.folded(.host, phase: "kernel"), Array("main;early 5\n".utf8))
        XCTAssertNil(try baseline.folded(.host, phase: "init"))
        XCTAssertLessThanOrEqual(try XCTUnwrap(contents(acceptance.path + "/" + names[0])).count, 75_000)
    }

    func testStacksThatCannotBePrunedAreAnErrorWithItsLine() throws {
        var small = store
        small.stackLimit = 10
        let run = try saved(.example(), host: "main 1\nno weight here\n")
        let error = expect(.malformed) { try small.accept(run) }
        XCTAssertEqual(error?.place, "line 2")
        XCTAssertEqual(try entries(folder + "/Baselines"), [])
    }

    func testAHundredBootsTakeAFewHundredKilobytesAtMost() throws {
        let path = try store.accept(saved(.example(timed: 100))).path
        XCTAssertLessThan(try XCTUnwrap(contents(path + "/run.json")).count, 200_000)
    }
}

/// What went wrong on any thread.
private final class Faults: @unchecked Sendable {  // The lock guards the list.
    private let lock = NSLock()
    private var list: [String] = []

    var all: [String] { lock.withLock { list } }
    func add(_ fault: String) { lock.withLock { list.append(fault) } }
}
