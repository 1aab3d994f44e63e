/// The clocks of threads whose samples say only how long they lasted, as Austin's do: each goes on by what is added.
struct ThreadClocks {
    private struct Clock {
        var number: Int32
        var time = 0.0
    }

    private var clocks: [String: Clock] = [:]

    /// Adds a sample of a process's thread to `profile`; where samples are kept, with the time on the thread's clock.
    ///
    /// - Parameter duration: Nanoseconds; nil where a sample says nothing of time, so that it is not kept.
    mutating func add(
        _ weight: Double, to node: Int32, of thread: (process: Int, thread: UnsafeRawBufferPointer),
        lasting duration: Double?, options: FoldingOptions, _ profile: inout Profile
    ) throws(ProfileError) {
        guard options.keepsSamples, let duration else { return try profile.add(weight, to: node) }
        let name = "P\(thread.process) T\(String(decoding: thread.thread, as: UTF8.self))"
        var clock = clocks[name] ?? Clock(number: Int32(clamping: clocks.count))
        if options.processName == .command {
            profile.threadNames[clock.number] = Printable.line(name, limit: 60)
        }
        try profile.add(weight, to: node, thread: clock.number, time: clock.time, options: options)
        clock.time += duration
        clocks[name] = clock
    }
}
