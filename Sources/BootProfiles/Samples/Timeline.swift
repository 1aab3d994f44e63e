/// The single samples of a profile in the order of time, thread beside thread: a stack that goes on from one
/// sample of a thread to the next is one path, and comes again as a path of its own when it comes again later.
public struct Timeline: Sendable {
    /// The paths, as a profile in which equal stacks are not merged. Nodes are numbered in the order of time;
    /// under the root stands a frame for each thread.
    package private(set) var profile: Profile
    /// When each node's first sample was taken, in nanoseconds since the recording's first.
    package private(set) var starts: [UInt64]
    /// When each node's last sample was taken, in nanoseconds since the recording's first.
    package private(set) var ends: [UInt64]
    /// From the first sample to the last, in nanoseconds.
    public let length: UInt64

    /// The timeline of the samples of `profile`, which has to be read with `FoldingOptions.keepsSamples`.
    ///
    /// - Throws: `ProfileError` of the code `empty` where it has no samples with their times.
    public init(_ profile: Profile) throws(ProfileError) {
        let samples = profile.samples.filter { $0.facts.time > 0 }
        guard let first = samples.map(\.facts.time).min(), let last = samples.map(\.facts.time).max() else {
            throw Self.timeless
        }
        length = last - first
        var threads: [Int32: [ProfileSample]] = [:]
        for sample in samples { threads[sample.facts.thread, default: []].append(sample) }
        for thread in threads.keys {
            threads[thread]?.sort { ($0.facts.time, $0.node) < ($1.facts.time, $1.node) }
        }
        let order = threads.sorted {
            ($0.value.first?.facts.time ?? 0, $0.key) < ($1.value.first?.facts.time ?? 0, $1.key)
        }
        self.profile = Profile(origin: profile.origin, unit: profile.unit)
        self.profile.notes = profile.notes
        self.profile.frames = profile.frames
        starts = [0]
        ends = [length]
        for (thread, samples) in order {
            var path: [FrameID] = []
            var nodes: [Int32] = []
            for sample in samples {
                var stack = profile.withStack(of: sample) { $0 }
                if let name = profile.threadNames[thread] {
                    stack.insert(self.profile.frames.intern(name), at: 0)
                } else if thread >= 0, let process = stack.first {
                    let name = profile.frames.name(of: process)
                    // The name may have the numbers already.
                    if !name.hasSuffix("/\(thread)") {
                        stack[0] = self.profile.frames.intern("\(name)/\(thread)")
                    }
                }
                var kept = 0
                while kept < min(path.count, stack.count), path[kept] == stack[kept] { kept += 1 }
                nodes.removeLast(nodes.count - kept)
                let time = sample.facts.time - first
                for frame in stack[kept...] {
                    nodes.append(try self.profile.append(frame, under: nodes.last ?? CallTree.root))
                    starts.append(time)
                    ends.append(time)
                }
                for node in nodes { ends[Int(node)] = time }
                if let node = nodes.last { try self.profile.add(sample.weight, to: node) }
                path = stack
            }
        }
    }

    static let timeless = ProfileError(
        .empty, file: ProfileError.profile, "its samples have no times",
        nextStep: "Record it again with times: perf record -T, qemu -msg timestamp=on.")
}
