/// The table of strace -c: system calls without callers.
///
/// The weights are nanoseconds; where the table holds no time at all, or `--event calls` asks for it, calls.
enum StraceSummaryFormat: ProfileReader {
    static let kind = ProfileInput.Kind("strace -c")
    private static let heading = "% time     seconds  usecs/call     calls    errors syscall"

    static func recognises(_ head: InputHead) -> Bool {
        head.holdsLine(beginning: heading, within: 400)
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var times = Profile(unit: SecondsText.unit)
        var calls = Profile(unit: "calls")
        var inside = false
        var ended = false
        var last = 0
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in
            last = line.number
            if line.bytes.text == heading {
                inside = true
                return
            }
            guard inside, line.bytes.count > 0, line.bytes[0] != 0x2D else { return }
            var fields: [UnsafeRawBufferPointer] = []
            var scanner = LineScanner(line.bytes)
            while true {
                let word = scanner.word()
                if word.count == 0 { break }
                fields.append(word)
            }
            guard (5...6).contains(fields.count), let time = SecondsText.nanoseconds(fields[1]),
                let count = DecimalNumber.parse(fields[3]), let name = fields.last
            else { throw line.isNo("row of strace -c") }
            if name.equals("total") {
                inside = false
                ended = true
                return
            }
            try times.add(stack: [times.frames.intern(name)], weight: time)
            try calls.add(stack: [calls.frames.intern(name)], weight: count)
        }
        guard ended || input.options.partial else {
            throw input.fault(
                "no total ends the table: it is cut short", at: .line(last), .truncated,
                nextStep: "Run strace again, or read what there is with --partial.")
        }
        let wantsCalls = input.options.event == "calls"
        var profile = wantsCalls || times.total == 0 ? calls : times
        if !wantsCalls, times.total == 0 {
            profile.notes.append("the table holds no time, so calls are counted")
        }
        if !ended { profile.notes.append("the table is cut short: later calls are missing") }
        profile.note(skipped: skipped)
        return profile
    }
}
