/// What QEMU's -trace writes with its log backend: an event a line, with or without thread and time before it.
///
/// Each event counts 1. With `--tid` the process stands under it, where the log names it. Events with their times can
/// be kept singly, for a chart.
enum QEMUTraceFormat: ProfileReader {
    static let kind = ProfileInput.Kind("QEMU -trace log", knows: .order)

    static func recognises(_ head: InputHead) -> Bool {
        var plain = 0
        for line in head.lines {
            guard let isMarked = line.withUnsafeBytes({ line in Event(line).map { $0.thread != nil } }) else {
                // Folded stacks, perf's and strace's text have lines that no log of QEMU has.
                if line.contains(0x3B) || line.first == 0x20 || line.first == 0x09 { return false }
                continue
            }
            if isMarked { return true }
            plain += 1
        }
        return plain > 0 && plain * 2 > head.lines.count
    }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        var profile = Profile(unit: "events")
        var others = 0
        let skipped = try input.stream.forEachLine(partial: input.options.partial) {
            (line) throws(ProfileError) in
            guard let event = Event(line.bytes) else {
                if line.bytes.count > 0 { others += 1 }
                return
            }
            var stack = [profile.frames.intern(event.name)]
            if let thread = event.thread, input.options.processName == .thread {
                stack.insert(profile.intern("thread \(thread)"), at: 0)
            }
            var node = CallTree.root
            for frame in stack { node = profile.child(of: node, frame) }
            try profile.add(1, to: node)
            guard input.options.keepsSamples, let time = event.time else { return }
            try profile.checkRoomForSample()
            profile.samples.append(ProfileSample(facts: SampleFacts(time: time), node: node, weight: 1))
        }
        if others > 0 { profile.notes.append("\(others) lines are no events and were left out") }
        profile.note(skipped: skipped)
        return profile
    }

    /// A line of the log.
    private struct Event {
        var name: UnsafeRawBufferPointer
        var thread: Int?
        /// Nanoseconds since 1970.
        var time: UInt64?

        /// Takes `8538@1795499828.546932:apic_local_deliver vector 3`, and the same without what is before the
        /// colon where enough follows that it can be no folded stack.
        init?(_ line: UnsafeRawBufferPointer) {
            var scanner = LineScanner(line)
            if let number = scanner.whole() {
                guard scanner.take("@"), let seconds = scanner.whole(), scanner.take("."),
                    let microseconds = scanner.whole(), scanner.take(":")
                else { return nil }
                thread = number
                if (0..<1 << 33).contains(seconds), (0..<1_000_000).contains(microseconds) {
                    time = UInt64(seconds) * 1_000_000_000 + UInt64(microseconds) * 1_000
                }
            }
            name = scanner.take { !Self.belongs($0) }
            guard name.contains(0x5F), scanner.isAtEnd || scanner.next == 0x20 else { return nil }
            guard thread == nil else { return }
            _ = scanner.word()
            guard scanner.word().count > 0, !line.contains(0x3B) else { return nil }
        }

        private static func belongs(_ byte: UInt8) -> Bool {
            byte == 0x5F || byte &- 0x30 < 10 || byte &- 0x61 < 26 || byte &- 0x41 < 26
        }
    }
}
