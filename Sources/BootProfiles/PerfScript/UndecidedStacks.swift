/// Stacks with addresses that lie nowhere, kept apart until it is known which threads run generated code.
///
/// In such a thread they are the garbage that a walk through generated code finds, and belong to its frame. In
/// another thread of an emulator they say only that the walk went astray. In any other program they stay.
struct UndecidedStacks {
    /// The first byte of the frames under which they are kept.
    static let mark: UInt8 = 0

    /// The threads in which generated code was seen.
    let translators: Set<Int32>

    private enum Decision { case stays, becomes(FrameID) }

    /// What the frame is called under which the stacks of a thread are kept.
    static func name(thread: Int32, isEmulator: Bool) -> [UInt8] {
        [mark, isEmulator ? 0x45 : 0x4E] + String(thread).utf8
    }

    /// `profile` with every stack where it belongs, without nodes that no stack ends at or below.
    func decided(_ profile: Profile) throws(ProfileError) -> Profile {
        let tree = profile.tree
        var markers: [Int32: [UInt8]] = [:]
        for node in 1..<max(1, tree.count) where tree.parents[node] == CallTree.root {
            let name = profile.frames.withBytes(of: tree.frames[node]) {
                $0.first == Self.mark ? Array($0) : []
            }
            if !name.isEmpty { markers[Int32(node)] = name }
        }
        let totals = tree.totals()
        guard !markers.isEmpty || totals.dropFirst().contains(0) else { return profile }
        var decided = Profile(origin: profile.origin, unit: profile.unit)
        decided.notes = profile.notes
        var frames = [FrameID?](repeating: nil, count: profile.frames.count)
        func frame(_ old: FrameID) -> FrameID {
            if let known = frames[old.place] { return known }
            let new = profile.frames.withBytes(of: old) { decided.frames.intern($0) }
            frames[old.place] = new
            return new
        }
        var places = [Int32](repeating: CallTree.root, count: tree.count)
        var decisions = [Decision](repeating: .stays, count: tree.count)
        for node in 1..<tree.count where totals[node] > 0 {
            let parent = Int(tree.parents[node])
            if let name = markers[Int32(node)] {
                decisions[node] = decision(name, &decided)
                continue
            }
            decisions[node] = decisions[parent]
            switch decisions[node] {
            case .stays: places[node] = decided.child(of: places[parent], frame(tree.frames[node]))
            case .becomes(let frameOfRun):
                guard tree.weights[node] > 0 else { continue }
                let (process, inner) = path(to: node, in: profile, markers)
                var place = decided.child(of: CallTree.root, frame(process))
                place = decided.child(of: place, frameOfRun)
                for name in inner { place = decided.child(of: place, frame(name)) }
                places[node] = place
            }
            if tree.weights[node] > 0 { try decided.add(tree.weights[node], to: places[node]) }
        }
        decided.keepSamples(of: profile, at: places, scale: 1)
        return decided
    }

    private func decision(_ name: [UInt8], _ profile: inout Profile) -> Decision {
        let thread = Int32(String(decoding: name.dropFirst(2), as: UTF8.self)) ?? -1
        if translators.contains(thread) { return .becomes(profile.frames.intern(SampleBuilder.bucketName)) }
        return name[1] == 0x45 ? .becomes(profile.frames.intern("[unknown]")) : .stays
    }

    /// The process of the stack that ends at `node`, and what is called from the innermost address that lies
    /// nowhere.
    private func path(
        to node: Int, in profile: Profile, _ markers: [Int32: [UInt8]]
    ) -> (process: FrameID, inner: [FrameID]) {
        let tree = profile.tree
        var inner: [FrameID] = []
        var isInner = true
        var place = Int32(node)
        while markers[tree.parents[Int(place)]] == nil {
            let frame = tree.frames[Int(place)]
            if profile.frames.withBytes(
                of: frame, { $0.starts(with: "[unknown]".utf8) || $0.starts(with: "[unknown <".utf8) })
            {
                isInner = false
            }
            if isInner { inner.append(frame) }
            place = tree.parents[Int(place)]
        }
        return (tree.frames[Int(place)], inner.reversed())
    }
}
