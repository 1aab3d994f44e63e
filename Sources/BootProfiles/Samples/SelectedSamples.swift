extension Profile {
    /// The stacks of the single samples that were taken in `time`, in nanoseconds since the recording's first, be that
    /// among them or not; or since `start` on the recording's clock.
    ///
    /// - Throws: `ProfileError` of the code `empty` where samples have no times, or none was taken then.
    public func selecting(
        _ time: Range<UInt64>, since start: UInt64? = nil
    ) throws(ProfileError) -> Profile {
        guard !isEmpty else { return self }
        let times = samples.lazy.map(\.facts.time).filter { $0 > 0 }
        guard let earliest = times.min(), let last = times.max() else { throw Timeline.timeless }
        var selected = Profile(alike: self)
        selected.frames = frames
        let first = self.start ?? earliest
        let start = start ?? first
        for sample in samples where sample.facts.time >= start && time.contains(sample.facts.time - start) {
            selected.samples.append(
                ProfileSample(
                    facts: sample.facts, node: try selected.add(sample.weight, alongside: sample, of: self),
                    weight: sample.weight))
        }
        guard !selected.isEmpty else {
            let (from, to) = (Double(earliest - first) / 1e9, Double(last - first) / 1e9)
            throw ProfileError(
                .empty, file: "profile", "no sample was taken in that time",
                nextStep: "Its samples were taken from +\(from) to +\(to) seconds.")
        }
        return selected
    }

    /// This profile without its single samples, stacks and weights as they are.
    public func withoutSamples() -> Profile {
        var profile = self
        profile.samples = []
        profile.switchIns = []
        return profile
    }

    /// Adds `weight` to the stack that ends at `node`, and keeps it as a single sample where `options` ask for that:
    /// of the thread `thread` (-1 for the only one), `time` nanoseconds after the profile's beginning.
    mutating func add(
        _ weight: Double, to node: Int32, thread: Int32 = -1, time: Double, options: FoldingOptions
    ) throws(ProfileError) {
        try add(weight, to: node)
        guard options.keepsSamples, node != CallTree.root else { return }
        try checkRoomForSample()
        var facts = SampleFacts(thread: thread)
        // 0 would say that the time is not known.
        facts.time = 1 + (time < 0x1p62 ? UInt64(max(0, time.rounded())) : 1 << 62)
        samples.append(ProfileSample(facts: facts, node: node, weight: weight))
    }

    /// The node of the stack of `frames`, outermost caller first.
    mutating func node(of frames: some Sequence<FrameID>) -> Int32 {
        var node = CallTree.root
        for frame in frames { node = child(of: node, frame) }
        return node
    }

    /// - Throws: `ProfileError` of the code `tooLarge` where no sample more can be kept singly.
    @inline(__always)
    func checkRoomForSample() throws(ProfileError) {
        guard samples.count < Self.mostSamples else {
            throw ProfileError(
                .tooLarge, file: ProfileError.profile,
                "more than \(Self.mostSamples) samples cannot be kept one by one",
                nextStep: "Select a shorter time, or fold the recording without its times.")
        }
    }

    private static let mostSamples = 1 << 26

    /// Adds `weight` to this profile's stack of the sample `other` has.
    mutating func add(
        _ weight: Double, alongside sample: ProfileSample, of other: Profile
    ) throws(ProfileError) -> Int32 {
        var node = CallTree.root
        for frame in other.withStack(of: sample, { $0 }) { node = child(of: node, frame) }
        try add(weight, to: node)
        return node
    }
}
