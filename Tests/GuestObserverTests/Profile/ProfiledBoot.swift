import BootTestSupport
import Foundation
import XCTest

@testable import GuestObserver

/// One exact boot whose call stacks were followed.
struct ProfiledBoot {
    /// The folded stacks, and those of each phase.
    var stacks: [String: UInt64]
    var phases: [[String: UInt64]]
    /// What was counted at the last milestone.
    var last: GuestCounters.MilestoneReading
    var summary: GuestProfileSummary
    /// The bytes of the folded stacks.
    var size: Int

    var instructions: UInt64 { last.reading.instructions }

    /// What lies below frames that begin with these.
    func weight(below prefix: String) -> UInt64 {
        stacks.filter { $0.key == prefix || $0.key.hasPrefix(prefix + ";") }.values.reduce(0, +)
    }

    /// The share of the kernel's weight in stacks with an unknown frame.
    var unknownShare: Double {
        let kernel = weight(below: "[kernel]") + weight(below: "[interrupts]")
        let unknown = stacks.filter { $0.key.contains("[unknown]") }.values.reduce(0, +)
        return Double(unknown) / Double(max(1, kernel))
    }

    /// Takes it. `arguments` are added to a PC without devices; they get the boot's folder.
    static func take(
        _ arguments: (String) throws -> [String], following request: GuestProfileRequest,
        milestones: [GuestObservation.Milestone], on qemu: TestedQEMU? = nil, kernelIsLinux: Bool = false,
        says expected: String? = ""
    ) async throws -> ProfiledBoot {
        let plugin = try await GuestPlugin.prepared()
        return try await withTemporaryFolder { folder in
            let counters = try GuestCounters(
                plugin: plugin, folder: folder,
                observing: GuestObservation(
                    milestones: milestones, final: milestones.count - 1, serialFile: folder + "/console.log",
                    profile: request))
            let recipe = ExactRecipe(
                arguments: ["-accel", "tcg", "-M", "pc", "-nodefaults", "-display", "none", "-no-reboot"]
                    + HandmadeKernel.exitDevice + (try arguments(folder)),
                serialFile: folder + "/console.log", kernelIsLinux: kernelIsLinux)
            XCTAssertEqual(recipe.refusals, [])
            let said = try await QEMURun.run(
                recipe.arguments + counters.qemuArguments, seconds: 240, on: qemu)
            if let expected { XCTAssertEqual(said, expected) }
            let size = try XCTUnwrap(
                FileManager.default.attributesOfItem(atPath: counters.foldedStacks)[.size] as? Int)
            return ProfiledBoot(
                stacks: try read(counters.foldedStacks),
                phases: try milestones.indices.map { try read(counters.foldedStacks(upTo: $0)) },
                last: try XCTUnwrap(try counters.milestones().last ?? nil),
                summary: try counters.profileSummary(), size: size)
        }
    }

    private static func read(_ path: String) throws -> [String: UInt64] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return try text.split(separator: "\n").reduce(into: [:]) { stacks, line in
            let space = try XCTUnwrap(line.lastIndex(of: " "))
            // Functions of one name are several.
            let weight = try XCTUnwrap(UInt64(line[line.index(after: space)...]))
            stacks[String(line[..<space]), default: 0] += weight
        }
    }
}

/// A guest that was built, with what is needed to follow it.
struct FollowedGuest {
    var arguments: [String]
    var request: GuestProfileRequest
    var milestones: [GuestObservation.Milestone]
    var isLinux = false

    static func linux(_ folder: String, until milestones: String...) throws -> FollowedGuest {
        let kernel = try Guests.path("\(folder)/vmlinuz")
        return FollowedGuest(
            arguments: [
                "-m", "256", "-kernel", kernel, "-initrd", try Guests.path("\(folder)/initrd.cpio.gz"),
                "-append",
                // Tests of ciphers are most of a boot, and tell nothing here.
                "console=ttyS0 panic=-1 cryptomgr.notests",
            ],
            request: GuestProfileRequest(
                symbols: try SymbolFile(path: kernel).read(), kernel: KernelImage(path: kernel)),
            milestones: milestones.map { .serialText($0) }, isLinux: true)
    }

    /// GNU Mach with two tasks at the same addresses; without `programs` nothing names them.
    static func gnuMach(programs: Bool) throws -> FollowedGuest {
        let kernel = try Guests.path("gnumach/gnumach.debug")
        let server = try Guests.path("gnumach/server")
        let bootstrap = try Guests.path("gnumach/bootstrap")
        let tasks = programs ? [server, bootstrap] : []
        let modules = [
            "\(server) server $(task-create) $(task-resume)",
            "\(bootstrap) bootstrap ${host-port} ${device-port} $(task-create) $(task-resume)",
        ]
        return FollowedGuest(
            arguments: [
                "-m", "256", "-kernel", kernel, "-append", "console=com0", "-initrd",
                modules.joined(separator: ","),
            ],
            request: GuestProfileRequest(
                symbols: try SymbolFile(path: kernel).read(),
                programs: try tasks.compactMap { try SymbolFile(path: $0).program() },
                kernel: KernelImage(path: kernel)),
            milestones: [.serialText("BOOT-COMPLETE")])
    }

    static func tiny() throws -> FollowedGuest {
        let kernel = try Guests.path("tiny/tiny.elf")
        let symbols = try SymbolFile(path: kernel).read()
        return FollowedGuest(
            arguments: ["-m", "64", "-kernel", kernel], request: GuestProfileRequest(symbols: symbols),
            milestones: [.address(try XCTUnwrap(symbols.address(of: "power_off")))])
    }

    func boot(on qemu: TestedQEMU? = nil) async throws -> ProfiledBoot {
        try await ProfiledBoot.take(
            { _ in arguments }, following: request, milestones: milestones, on: qemu,
            kernelIsLinux: isLinux)
    }
}
