/// Reads what QEMU's monitor answers to `info registers -a`.
///
/// The text is meant for people and differs between architectures and releases: what is not understood is
/// passed over, and a processor without a program counter is left out.
public enum RegisterDump {
    /// The processors of a dump, in its order: at most 1,024.
    public static func processors(_ text: String) -> [ProcessorState] {
        var processors: [ProcessorState] = []
        var block: Block?
        var hasHeading = false
        func close() {
            if let state = block?.state, processors.count < 1024 { processors.append(state) }
        }
        for line in text.utf8.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            if line.starts(with: "CPU#".utf8) {
                close()
                hasHeading = true
                block = Int(Substring(line.dropFirst(4).prefix { (48...57).contains($0) })).map(Block.init)
            } else {
                // Some releases leave the heading out where there is one processor only.
                if block == nil, !hasHeading { block = Block(number: 0) }
                block?.take(line)
            }
        }
        close()
        return processors
    }

    /// What has been read of one processor.
    private struct Block {
        var number: Int
        var values: [String: UInt64] = [:]
        var mode = ProcessorState.Mode.unknown
        var isHalted: Bool?

        init(number: Int) { self.number = number }

        var state: ProcessorState? {
            func first(_ names: String...) -> UInt64? { names.lazy.compactMap { values[$0] }.first }
            guard var counter = first("RIP", "EIP", "PC", "R15", "pc") else { return nil }
            if let base = values["CS.base"] {
                counter = counter &+ base
                if values["RIP"] == nil { counter &= 0xffff_ffff }
            }
            return ProcessorState(
                number: number, programCounter: counter,
                stackPointer: first("RSP", "ESP", "SP", "R13", "x2/sp") ?? 0,
                framePointer: first("RBP", "EBP", "X29", "R11", "x8/s0") ?? 0, mode: mode, isHalted: isHalted,
                codeSegment: values["CS"] ?? 0)
        }

        mutating func take(_ line: Substring.UTF8View) {
            let words = line.split(separator: 32).map { String(Substring($0)) }
            for (place, word) in words.enumerated() {
                guard let equals = word.firstIndex(of: "=") else {
                    take(word, before: place + 1 < words.count ? words[place + 1] : nil)
                    continue
                }
                let (name, value) = (String(word[..<equals]), word[word.index(after: equals)...])
                if name.isEmpty {
                    // "CS =0010 0000000000000000 …": the selector, then the segment's base.
                    guard place == 1, words[0] == "CS" else { continue }
                    values["CS"] = UInt64(value, radix: 16)
                    values["CS.base"] = words.count > 2 ? UInt64(words[2], radix: 16) : nil
                    continue
                }
                switch name {
                case "CPL": mode = value == "3" ? .user : value == "0" ? .kernel : mode
                case "HLT": isHalted = value == "1"
                default:
                    if values.count < 512, let number = UInt64(value, radix: 16) { values[name] = number }
                }
            }
        }

        /// A word without an equals sign: an exception level, a mode, or RISC-V's "pc  0000000080000000".
        private mutating func take(_ word: String, before next: String?) {
            switch word {
            case "pc", "x2/sp", "x8/s0": values[word] = next.flatMap { UInt64($0, radix: 16) }
            case "usr32", "usr26": mode = .user
            case "svc32", "irq32", "fiq32", "abt32", "und32", "sys32": mode = .kernel
            default:
                // "PSTATE=600003c5 -ZC- EL1h"
                guard word.utf8.count == 4, word.hasPrefix("EL") else { return }
                mode = word.hasPrefix("EL0") ? .user : .kernel
            }
        }
    }
}
