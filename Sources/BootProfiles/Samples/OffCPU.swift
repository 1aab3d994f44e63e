/// A thread came back onto a processor.
package struct SwitchIn: Sendable, Hashable {
    package var thread: Int32
    /// Nanoseconds on the recording's clock.
    package var time: UInt64
}

extension Profile {
    /// The unit of stacks weighted by the time off the processor: nanoseconds.
    public static let offCPU = "off-cpu"

    /// The stacks in which threads left a processor, each weighted by the nanoseconds until its thread came back.
    ///
    /// Takes a recording of context switches with their stacks and the times of the switches, kept singly:
    /// `perf record -e context-switches -c 1 -g --switch-events`. A thread that never came back has no time, and
    /// a note counts those. The single samples are kept, with their new weights.
    /// - Throws: `ProfileError` of the code `empty` where the recording says of no thread when it came back.
    public func timeOffCPU() throws(ProfileError) -> Profile {
        let next = "Record with: perf record -e context-switches -c 1 -g --switch-events"
        // Tracepoints' samples are just samples: sched:sched_switch has the same stacks.
        let isOfSwitches = ["context-switches", "cs"].contains { unit == $0 || unit.hasPrefix($0 + ":") }
        guard isOfSwitches || unit == "samples" || samples.isEmpty else {
            throw ProfileError(
                .empty, file: "profile",
                "its samples are of \(Printable.line(unit)), not of context switches",
                nextStep: next + "; or choose the event with --event context-switches.")
        }
        // Nothing was selected.
        guard !isEmpty else { return self }
        guard !switchIns.isEmpty, !samples.isEmpty else {
            throw ProfileError(
                .empty, file: "profile", "it does not say when threads came back onto a processor",
                nextStep: next)
        }
        var returns: [Int32: [UInt64]] = [:]
        // The idle threads of all processors have the number 0 and wait for nothing; ended ones have -1.
        for back in switchIns where back.thread > 0 { returns[back.thread, default: []].append(back.time) }
        for thread in returns.keys { returns[thread]?.sort() }
        var waiting = Profile(alike: self)
        waiting.unit = Self.offCPU
        waiting.frames = frames
        var lasting = 0
        for sample in samples where sample.facts.thread > 0 {
            let times = returns[sample.facts.thread] ?? []
            // The first return behind the sample, found by halving.
            var (low, high) = (0, times.count)
            while low < high {
                let middle = (low + high) / 2
                if times[middle] < sample.facts.time { low = middle + 1 } else { high = middle }
            }
            guard low < times.count else {
                lasting += 1
                continue
            }
            let weight = Double(times[low] - sample.facts.time)
            let node = try waiting.add(weight, alongside: sample, of: self)
            waiting.samples.append(ProfileSample(facts: sample.facts, node: node, weight: weight))
        }
        if lasting > 0 {
            waiting.notes.append(
                "\(lasting) threads did not come back before the recording's end: not counted")
        }
        return waiting
    }
}
