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
        // Boot loader and kernel wait for devices by counting the clock's time in loops, so that a busy host
        // changes the instructions of a boot by up to 40 %. With a clock that follows the instructions they
        // stayed within 0.2 % (three boots each with 1 and 4 CPUs, on a host with a load of 14 for 2 cores).
        Arguments("-icount", "shift=2,sleep=off")
        Budget(.guestInstructions, tolerance: .percent(1))
        TimeLimit(boot: .seconds(120), silence: .seconds(60))
    }

    /// GNU Mach on the processors that GRUB starts it on, alone and among others.
    static let gnuMachOnOldProcessors = gnuMach.matrix(
        cpuModels: ["pentium2", "pentium3", "athlon"], cpus: [1, 2, 4])
}
