import XCTest

@testable import GuestObserver

final class ExactRecipeTests: XCTestCase {
    private func recipe(_ command: String, linux: Bool = false) -> ExactRecipe {
        ExactRecipe(
            arguments: command.split(separator: " ").map(String.init), serialFile: "/b/console.log",
            kernelIsLinux: linux)
    }

    func testAPlainKernelGetsTheWholeRecipe() {
        let recipe = recipe("-nodefaults -kernel k")
        XCTAssertEqual(
            recipe.arguments,
            [
                "-nodefaults", "-kernel", "k", "-icount", "shift=2,sleep=off", "-rtc",
                "base=2020-01-01,clock=vm", "-seed", "1", "-smp", "1", "-accel", "tcg", "-serial",
                "file:/b/console.log",
            ])
        XCTAssertEqual(recipe.refusals, [])
        XCTAssertEqual(recipe.warnings, [])
    }

    func testTheRecipeAppliedTwiceIsTheRecipe() {
        let once = recipe("-nodefaults -kernel k", linux: true)
        let twice = ExactRecipe(
            arguments: once.arguments, serialFile: "/b/console.log", kernelIsLinux: true)
        XCTAssertEqual(twice.arguments, once.arguments)
        XCTAssertEqual(twice.changes, [])
    }

    func testOptionsThatLetTheHostsTimeInAreReplaced() {
        let recipe = recipe("--icount shift=7 -rtc base=utc -serial stdio -seed 9")
        XCTAssertFalse(recipe.arguments.contains("shift=7"))
        XCTAssertFalse(recipe.arguments.contains("base=utc"))
        XCTAssertFalse(recipe.arguments.contains("stdio"))
        XCTAssertTrue(recipe.arguments.contains("9"))
        XCTAssertTrue(recipe.changes.contains("-icount shift=2,sleep=off instead of shift=7"))
    }

    func testALinuxKernelIsToldToStayWhereItWasLinked() {
        let arguments = ExactRecipe(
            arguments: ["-kernel", "k", "-append", "console=ttyS0"], serialFile: nil, kernelIsLinux: true
        ).arguments
        XCTAssertTrue(arguments.contains("console=ttyS0 nokaslr"))
        XCTAssertTrue(recipe("-kernel k", linux: true).arguments.contains("nokaslr"))
    }

    func testDisksAreRefusedWithWhatToChange() {
        let commands = [
            "-cdrom m.iso", "-hda d", "-drive file=d,if=virtio", "-device virtio-blk-pci,drive=d",
            "-device ide-cd,drive=d",
        ]
        for command in commands {
            let refusals = recipe(command).refusals
            XCTAssertEqual(refusals.map(\.option), [command])
            XCTAssertTrue(refusals.allSatisfy { $0.nextStep.contains("-initrd") }, command)
        }
    }

    func testFlashIsNoDisk() {
        XCTAssertEqual(recipe("-drive if=pflash,format=raw,file=OVMF.fd").refusals, [])
    }

    func testSeveralProcessorsAreRefusedHoweverTheyAreGiven() {
        let plugged = [
            "-smp", "1,sockets=2,maxcpus=2", "-device", "qemu64-x86_64-cpu,socket-id=1,core-id=0,thread-id=0",
        ]
        XCTAssertEqual(
            ExactRecipe(arguments: plugged, serialFile: nil, kernelIsLinux: false).refusals.map(\.reason),
            ["only one processor can run in an exact boot"])
        for command in ["-smp 2", "-smp cpus=4", "-smp cores=2,threads=2", "-smp many"] {
            XCTAssertEqual(recipe(command).refusals.map(\.option), [command])
        }
        for command in ["-smp 1", "-smp cpus=1,maxcpus=1", "-smp cores=1"] {
            XCTAssertEqual(recipe(command).refusals, [], command)
        }
    }

    func testAcceleratorsThatDoNotCountAreRefused() {
        for command in ["-enable-kvm", "-accel kvm", "-machine q35,accel=kvm"] {
            XCTAssertEqual(recipe(command).refusals.count, 1, command)
        }
        XCTAssertEqual(recipe("-accel tcg,thread=single").refusals, [])
        XCTAssertEqual(recipe("-cpu host").refusals.count, 1)
    }

    func testRandomNumbersOfTheHostAreRefused() {
        XCTAssertEqual(recipe("-object rng-random,id=r -device virtio-rng-pci").refusals.count, 2)
    }

    func testANetworkIsWarnedOf() {
        let warnings = recipe("-nodefaults -kernel k -netdev user,id=n").warnings
        XCTAssertEqual(warnings.map(\.option), ["-netdev user,id=n"])
        XCTAssertEqual(recipe("-nodefaults -kernel k -nic none").warnings, [])
    }

    func testABzImageIsToldByItsHeader() {
        var head = [UInt8](repeating: 0, count: 1024)
        XCTAssertFalse(ExactRecipe.isLinuxKernel(head))
        head.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        XCTAssertTrue(ExactRecipe.isLinuxKernel(head))
        XCTAssertFalse(ExactRecipe.isLinuxKernel([]))
    }
}
