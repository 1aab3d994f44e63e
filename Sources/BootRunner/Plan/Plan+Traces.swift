import BootModel

extension Plan {
    /// The patterns of QEMU's trace events that are followed in a boot of their own.
    var traces: [String] { instruments?.traces ?? [] }

    /// Makes sure that QEMU has the events that are asked for: it would say nothing of a pattern that fits none.
    /// - Throws: `RunnerError`.
    func checkTraces(_ line: QEMUCommandLine, qemu: String) async throws {
        guard !traces.isEmpty else { return }
        if let taken = ["D", "trace", "d"].first(where: line.has) {
            throw RunnerError(
                .usage, "--trace needs QEMU's log, which -\(taken) gives to somebody else.",
                next: "Leave -\(taken) out of the QEMU command.")
        }
        let answer = try await Tools.run(qemu, ["-trace", "help"])
        let events = answer.output.split(separator: "\n").map(String.init)
        guard answer.succeeded, events.count > 1 else {
            throw RunnerError(
                .environment, "\(line.program) names no trace events (-trace help).",
                next: "Boot with a QEMU that was built with the trace backend log, or leave --trace out.")
        }
        for pattern in traces where !events.contains(where: { Self.fits($0, pattern) }) {
            let core = pattern.filter { $0 != "*" }
            let similar = events.filter { !core.isEmpty && $0.contains(core.prefix(6)) }.prefix(3)
            throw RunnerError(
                .usage, "No trace event of \(line.program) is called \(pattern).",
                next: similar.isEmpty
                    ? "See them all with: \(line.program) -trace help."
                    : "Some that are close: \(similar.joined(separator: ", ")); all: \(line.program) -trace help."
            )
        }
    }

    /// Whether a name fits a pattern, in which `*` stands for anything and `?` for one character, as in QEMU.
    static func fits(_ name: String, _ pattern: String) -> Bool {
        let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
        // The last star, and how much of the name it stands for so far.
        var (place, wanted) = (0, 0)
        var star: (place: Int, wanted: Int)?
        while place < name.count {
            if wanted < pattern.count, pattern[wanted] == UInt8(ascii: "*") {
                star = (place, wanted + 1)
                wanted += 1
            } else if wanted < pattern.count,
                pattern[wanted] == name[place] || pattern[wanted] == UInt8(ascii: "?")
            {
                (place, wanted) = (place + 1, wanted + 1)
            } else if let last = star {
                star = (last.place + 1, last.wanted)
                (place, wanted) = (last.place + 1, last.wanted)
            } else {
                return false
            }
        }
        return pattern[wanted...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
