import Bootmark

extension Scenario {
    /// Our own multiboot kernel: no device but the serial port and the timer, and work in named functions.
    static let tiny = Scenario("tiny") {
        Machine(.i386, memory: .mebibytes(64))
        Kernel(.guest("tiny/tiny.elf"))
        Phase("start", begins: "(?m)^tiny: start\\b", on: .serial)
        Phase("memory", begins: "(?m)^tiny: memory\\b", on: .serial)
        Phase("tables", begins: "(?m)^tiny: tables\\b", on: .serial)
        Phase("decompress", begins: "(?m)^tiny: decompress\\b", on: .serial)
        Phase("drivers", begins: "(?m)^tiny: drivers\\b", on: .serial)
        Booted(when: "(?m)^tiny: booted\\b", on: .serial)
        Boots(20)
        TimeLimit(boot: .seconds(20), silence: .seconds(10))
    }
}
