/// gprof's flat profile: seconds of each function, without callers.
///
/// The weights are nanoseconds of self time, as fine as gprof prints them (hundredths of a second).
enum GprofFormat: ProfileReader {
    static let kind = ProfileInput.Kind("gprof flat profile")

    static func recognises(_ head: InputHead) -> Bool {
        head.holdsLine(beginning: "Flat profile:")
            || (head.holdsLine(beginning: "  %   cumulative   self") && head.holdsLine(beginning: " time "))
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var profile = Profile(unit: SecondsText.unit)
        var state = State.before
        var last = 0
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in
            last = line.number
            switch state {
            case .before:
                var scanner = LineScanner(line.bytes)
                if scanner.skipBlanks() > 0, scanner.take("time "), scanner.rest.text.contains("name") {
                    state = .inside
                }
            case .inside:
                if line.bytes.count == 0 || line.bytes[0] == 0x0C {
                    state = .behind
                    return
                }
                let (name, time) = try row(line)
                try profile.add(stack: [profile.frames.intern(name)], weight: time)
            case .behind: break
            }
        }
        guard state == .behind || input.options.partial else {
            throw input.fault(
                "no empty line ends the flat profile: it is cut short", at: .line(last), .truncated,
                nextStep: "Print it again with gprof, or read what there is with --partial.")
        }
        if state != .behind { profile.notes.append("the profile is cut short: later functions are missing") }
        profile.note(skipped: skipped)
        return profile
    }

    private enum State { case before, inside, behind }

    private static func row(
        _ line: TextLine
    ) throws(ProfileError) -> (name: UnsafeRawBufferPointer, time: Double) {
        var scanner = LineScanner(line.bytes)
        let share = scanner.word()
        let cumulative = scanner.word()
        let own = scanner.word()
        guard DecimalNumber.parse(share) != nil, DecimalNumber.parse(cumulative) != nil,
            let time = SecondsText.nanoseconds(own)
        else { throw line.isNo("row of a flat profile") }
        // A function that nobody was seen to call has three empty columns before its name.
        if scanner.skipBlanks() < 20 {
            for _ in 0..<3 where DecimalNumber.parse(scanner.word()) == nil {
                throw line.isNo("row of a flat profile")
            }
            scanner.skipBlanks()
        }
        guard !scanner.isAtEnd else { throw line.fault("a function has no name") }
        return (scanner.rest, time)
    }
}
