import Bootmark

extension Scenario {
    /// Our own multiboot kernel: no device but the serial port and the timer, and work in named functions.
    static let tiny = Scenario("tiny") {
        Machine(.i386, memory: .mebibytes(64))
        Kernel(.guest("tiny/tiny.elf"))
        Phase("start", begins: "tiny: start", on: .serial)
        Phase("memory", begins: "tiny: memory", on: .serial)
        Phase("tables", begins: "tiny: tables", on: .serial)
        Phase("decompress", begins: "tiny: decompress", on: .serial)
        Phase("drivers", begins: "tiny: drivers", on: .serial)
        Booted(when: "tiny: booted", on: .serial)
        Boots(20)
        TimeLimit(boot: .seconds(60), silence: .seconds(30))
    }

    /// The same, exactly: two boots execute the same instructions, and a third follows the guest's own calls.
    static let tinyExact = Scenario("tiny-exact") {
        Machine(.i386, memory: .mebibytes(64))
        Kernel(.guest("tiny/tiny.elf"))
        Phase("memory", begins: "tiny: memory", on: .serial)
        Phase("tables", begins: "tiny: tables", on: .serial)
        Phase("decompress", begins: "tiny: decompress", on: .serial)
        Phase("drivers", begins: "tiny: drivers", on: .serial)
        Booted(when: "tiny: booted", on: .serial)
        Exact()
        Boots(2, recorded: 1)
        Collect(.guestInstructions, .guestProfile)
        Budget(.guestInstructions, tolerance: .percent(0.01))
        TimeLimit(boot: .seconds(60), silence: .seconds(30))
    }
}
