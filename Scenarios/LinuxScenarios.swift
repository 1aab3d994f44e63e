import Bootmark

extension Scenario {
    /// Debian's cloud kernel, loaded by QEMU, with a shell as its first process.
    static let linuxCloud = Scenario("linux-cloud") {
        Machine(.x86_64, memory: .mebibytes(256))
        Kernel(
            .guest("linux-cloud/vmlinuz"), initialRAMDisk: .guest("linux-cloud/initrd.cpio.gz"),
            commandLine: "console=ttyS0 panic=-1")
        linuxPhases
        Booted(when: "(?m)^BOOT-COMPLETE", on: .serial)
        // On a host with a load of 14 for 2 cores the instructions of three boots lay within 0.2 %.
        Budget(.guestInstructions, tolerance: .percent(1))
        TimeLimit(boot: .seconds(120), silence: .seconds(60))
    }

    /// The same kernel from a CD: firmware and boot loader are part of the boot.
    static let linuxCD = Scenario("linux-cd") {
        Machine(.x86_64, memory: .mebibytes(512))
        CDROM(.guest("linux-cd/linux.iso"))
        Phase("boot loader", begins: "ISOLINUX [0-9]", on: .serial)
        linuxPhases
        Booted(when: "(?m)^BOOT-COMPLETE", on: .serial)
        // The firmware and the boot loader wait for the drive by the clock: 0.4 % between three boots on the
        // host on which the same kernel without them varied by less than 0.2 %.
        Budget(.guestInstructions, tolerance: .percent(2))
        TimeLimit(boot: .seconds(150), silence: .seconds(60))
    }

    /// Debian's kernel for 32-bit processors.
    static let linux686 = Scenario("linux-686") {
        Machine(.i386, memory: .mebibytes(256))
        Kernel(
            .guest("linux-686/vmlinuz"), initialRAMDisk: .guest("linux-686/initrd.cpio.gz"),
            commandLine: "console=ttyS0 panic=-1")
        linuxPhases
        Booted(when: "(?m)^BOOT-COMPLETE", on: .serial)
        // As the cloud kernel: 0.2 %.
        Budget(.guestInstructions, tolerance: .percent(1))
        TimeLimit(boot: .seconds(150), silence: .seconds(60))
    }

    /// The 32-bit kernel on the oldest processors that it supports.
    static let linux686OnOldProcessors = linux686.matrix(cpuModels: ["pentium2", "pentium3", "athlon"])
}

/// What every Linux says on its console, whatever loaded it.
private let linuxPhases = [
    Phase("kernel", begins: "Linux version [0-9]", on: .serial),
    Phase("init", begins: "Run /init as init process", on: .serial),
]
