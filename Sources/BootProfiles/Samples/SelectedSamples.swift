extension Profile {
    /// The stacks of the single samples that were taken in `time`, in nanoseconds since the first of them; or
    /// since `start` on the recording's clock.
    ///
    /// - Throws: `ProfileError` of the code `empty` where no samples were kept, or none was taken then.
    public func selecting(
        _ time: Range<UInt64>, since start: UInt64? = nil
    ) throws(ProfileError) -> Profile {
        let times = samples.lazy.map(\.facts.time).filter { $0 > 0 }
        guard let first = times.min(), let last = times.max() else { throw Timeline.timeless }
        var selected = Profile(origin: origin, unit: unit)
        selected.notes = notes
        selected.frames = frames
        let start = start ?? first
        for sample in samples where sample.facts.time >= start && time.contains(sample.facts.time - start) {
            selected.samples.append(
                ProfileSample(
                    facts: sample.facts, node: try selected.add(sample.weight, alongside: sample, of: self),
                    weight: sample.weight))
        }
        guard !selected.isEmpty else {
            let length = Double(last - first) / 1e9
            throw ProfileError(
                .empty, file: "profile", "no sample was taken in that time",
                nextStep: "Its samples span \(length) seconds.")
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
