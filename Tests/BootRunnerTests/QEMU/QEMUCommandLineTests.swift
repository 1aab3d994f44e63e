import XCTest

@testable import BootRunner

final class QEMUCommandLineTests: XCTestCase {
    private let wiring = QEMUCommandLine.Wiring(serial: "/run/p", control: "/run/c")

    func testACommandWithoutSerialPortGetsOne() throws {
        let words = try wired("-m 64")
        XCTAssertTrue(
            holds(words, "-chardev file,id=bootmark-serial,path=/run/p -serial chardev:bootmark-serial"))
        XCTAssertTrue(holds(words, "-display none"))
        XCTAssertTrue(holds(words, "-accel tcg"))
        XCTAssertTrue(holds(words, "-mon chardev=bootmark-control,mode=control"))
        XCTAssertTrue(words.contains("-snapshot"))
    }

    func testAnySerialPortOfTheUsersIsTakenOver() throws {
        for named in ["stdio", "mon:stdio", "pty", "vc", "tcp::4444,server", "unix:/tmp/s", "/dev/tty0"] {
            let words = try wired("-m 64 -serial \(named) -vga std")
            XCTAssertTrue(holds(words, "-serial chardev:bootmark-serial -vga std"), named)
            XCTAssertFalse(words.contains(named), named)
        }
    }

    func testASerialPortIntoAFileStillWritesTheFile() throws {
        let words = try wired("-serial file:/tmp/a,b.log")
        XCTAssertTrue(
            holds(words, "-chardev file,id=bootmark-serial,path=/run/p,logfile=/tmp/a,,b.log"))
    }

    func testASerialPortThatWasSwitchedOffStaysOff() throws {
        for silent in ["none", "null"] {
            let words = try wired("-serial \(silent)")
            XCTAssertTrue(holds(words, "-serial \(silent)"))
            XCTAssertFalse(words.contains("chardev:bootmark-serial"))
        }
    }

    func testTheSecondSerialPortIsLeftAsItIs() throws {
        let words = try wired("-serial stdio -serial file:/tmp/second")
        XCTAssertTrue(holds(words, "-serial chardev:bootmark-serial -serial file:/tmp/second"))
    }

    func testADeviceSharedWithTheFirmwareKeepsItsSharersAndGetsAnotherEnd() throws {
        let words = try wired(
            "-chardev stdio,mux=on,id=c -serial chardev:c -device isa-debugcon,iobase=0x402,chardev=c")
        XCTAssertTrue(
            holds(
                words,
                "-chardev file,id=c,path=/run/p,mux=on -serial chardev:c -device isa-debugcon,iobase=0x402,chardev=c"
            ))
        XCTAssertFalse(words.contains("chardev:bootmark-serial"))
    }

    func testMonitorsDisplaysAndEndsOfTheUsersGiveWay() throws {
        let words = try wired("-monitor stdio -display gtk -no-reboot -no-shutdown -full-screen -snapshot")
        for gone in ["stdio", "gtk", "-no-reboot", "-no-shutdown", "-full-screen"] {
            XCTAssertFalse(words.contains(gone), gone)
        }
        XCTAssertTrue(holds(words, "-monitor none"))
        XCTAssertTrue(holds(words, "-display none"))
        XCTAssertEqual(words.count { $0 == "-snapshot" }, 1)
        XCTAssertTrue(holds(words, "-action reboot=shutdown,shutdown=pause,panic=pause"))
    }

    func testADisplayThatNeedsNobodyIsKept() throws {
        XCTAssertEqual(try wired("-display none").count { $0 == "-display" }, 1)
        XCTAssertTrue(holds(try wired("-display vnc=:7"), "-display vnc=:7"))
        XCTAssertFalse(try wired("-nographic").contains("-display"))
        XCTAssertFalse(try wired("-vnc :7").contains("-display"))
    }

    func testTheUsersAcceleratorIsKeptAndNamed() throws {
        for (words, accelerator) in [
            ("-accel kvm", "kvm"), ("-enable-kvm", "kvm"), ("-machine pc,accel=kvm:tcg", "kvm"),
            ("-M q35,accel=tcg", "tcg"), ("-accel tcg,thread=single", "tcg"), ("-accel accel=hvf", "hvf"),
            ("-m 64", "tcg"), ("-M pc", "tcg"),
        ] {
            let line = try QEMUCommandLine(
                ["qemu-system-i386"] + words.split(separator: " ").map(String.init))
            XCTAssertEqual(line.accelerator, accelerator, words)
            let added = try wired(words).count { $0 == "-accel" } - (words.contains("-accel") ? 1 : 0)
            XCTAssertEqual(added, ["-m 64", "-M pc"].contains(words) ? 1 : 0, words)
        }
    }

    func testTheFirmwaresPortIsAddedOnlyWhereItIsListenedTo() throws {
        var heard = wiring
        heard.firmware = "/run/f"
        let line = try QEMUCommandLine(["qemu-system-i386"])
        XCTAssertTrue(
            holds(
                line.wired(heard),
                "-chardev file,id=bootmark-firmware,path=/run/f -device isa-debugcon,iobase=0x402,chardev=bootmark-firmware"
            ))
        XCTAssertFalse(line.wired(wiring).contains { $0.contains("isa-debugcon") })
    }

    func testCommandsThatCannotBeMeasuredAreRefusedWithAWayOut() {
        for words in ["-daemonize", "-S", "-loadvm x", "-incoming tcp:0:1", "-preconfig", "-version", "-h"] {
            XCTAssertThrowsError(try wired(words), words) { error in
                let error = error as? RunnerError
                XCTAssertEqual(error?.code, .usage, words)
                XCTAssertTrue(error?.problem.hasPrefix("-") == true, words)
                XCTAssertFalse(error?.next.isEmpty ?? true, words)
            }
        }
    }

    func testAnOptionWithoutItsValueDoesNotSwallowTheRunnersOwn() {
        XCTAssertThrowsError(try wired("-m 64 -kernel")) { error in
            XCTAssertEqual((error as? RunnerError)?.code, .usage)
            XCTAssertEqual(
                (error as? RunnerError)?.problem, "-kernel at the end of the QEMU command lacks its value.")
        }
        XCTAssertNoThrow(try wired("-m 64 -nographic"))
    }

    func testABlockDeviceThatBootsCouldChangeIsRefused() {
        XCTAssertThrowsError(try wired("-blockdev driver=file,node-name=d,filename=d.img")) {
            XCTAssertEqual(($0 as? RunnerError)?.code, .usage)
        }
        XCTAssertNoThrow(try wired("-blockdev driver=file,node-name=d,filename=d.img,read-only=on"))
    }

    func testNoCommandIsAMistakeOfUse() {
        for words in [[], [""]] {
            XCTAssertThrowsError(try QEMUCommandLine(words)) {
                XCTAssertEqual(($0 as? RunnerError)?.code, .usage)
            }
        }
    }

    func testTheMachineIsReadFromTheCommand() throws {
        for (words, summary) in [
            ("-M pc -cpu pentium3 -smp 2 -m 512M", "i386 pc, pentium3, 2 CPUs, 512 MiB"),
            ("-m 2G", "i386 default, 1 CPU, 2048 MiB"), ("-m 64", "i386 default, 1 CPU, 64 MiB"),
            ("-machine q35,accel=tcg -smp cpus=4,sockets=2", "i386 q35, 4 CPUs"),
            ("-m size=128M,slots=2", "i386 default, 1 CPU, 128 MiB"),
            ("-M pc -M q35 -smp nonsense", "i386 q35, 1 CPU"),
            ("-machine type=q35 -m 99999999999999999999G", "i386 q35, 1 CPU, 99999999999999999999G"),
            ("-m 9223372036854775807G", "i386 default, 1 CPU, 9223372036854775807G"),
        ] {
            let line = try QEMUCommandLine(
                ["/opt/qemu-system-i386"] + words.split(separator: " ").map(String.init))
            XCTAssertEqual(line.machineSummary, summary, words)
        }
    }

    private func wired(_ words: String) throws -> [String] {
        try QEMUCommandLine(["qemu-system-i386"] + words.split(separator: " ").map(String.init)).wired(wiring)
    }

    private func holds(_ words: [String], _ sequence: String) -> Bool {
        (" " + words.joined(separator: " ") + " ").contains(" \(sequence) ")
    }
}
