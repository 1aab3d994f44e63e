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
}
