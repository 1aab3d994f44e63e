import Bootmark

extension Scenario {
    /// The GNU Mach microkernel with a first task of our own, from a GRUB CD: of all guests that a package
    /// gives, the closest to MINIX.
    static let gnuMach = Scenario("gnumach") {
        Machine(.i386, memory: .mebibytes(512))
        CDROM(.guest("gnumach/gnumach.iso"))
        Phase("boot loader", begins: "GRUB: loading", on: .serial)
        Phase("kernel", begins: "GNU Mach [0-9]", on: .serial)
        Phase("first task", begins: "bootstrap: started", on: .serial)
        Booted(when: "(?m)^BOOT-COMPLETE", on: .serial)
        TimeLimit(boot: .seconds(60), silence: .seconds(30))
    }

    /// GNU Mach on the processors that GRUB starts it on, alone and among others.
    static let gnuMachOnOldProcessors = gnuMach.matrix(
        cpuModels: ["pentium2", "pentium3", "athlon"], cpus: [1, 2, 4])
}
