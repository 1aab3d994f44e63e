/// The call chain of the sample before.
///
/// Most of a chain is what the one before had too, from the outermost caller inwards, and need not be looked up again.
struct LatestChain {
    /// An address or a marker of the chain.
    struct Step {
        var address: UInt64
        /// What it was taken to be executed in.
        var mode: FrameResolver.Mode
        /// The number of frames from here outwards.
        var frames: Int
    }

    /// From the outermost.
    private var steps: [Step] = []
    private var generation: UInt32 = 0
    private var isJava = false

    /// Forgets it.
    mutating func forget() { steps.removeAll(keepingCapacity: true) }

    /// How many steps, from the outermost, the chain of `sample` has in common with the one before.
    @inline(__always)
    func shared(_ sample: Sample, _ record: ByteView, generation: UInt32, isJava: Bool) -> Int {
        guard generation == self.generation, isJava == self.isJava else { return 0 }
        let most = min(steps.count, sample.chainCount)
        var place = sample.chainStart + sample.chainCount * 8
        var count = 0
        while count < most {
            place -= 8
            guard record.u64(place) == steps[count].address else { break }
            count += 1
        }
        return count
    }

    /// The step at `place`, from the outermost.
    subscript(place: Int) -> Step { steps[place] }

    /// Keeps the outermost `count` steps, and takes those of `inner`, innermost first, each with the number of
    /// frames inwards of it instead, of `depth` together.
    mutating func replace(
        keeping count: Int, _ inner: [Step], depth: Int, generation: UInt32, isJava: Bool
    ) {
        self.generation = generation
        self.isJava = isJava
        steps.removeLast(steps.count - count)
        for var step in inner.reversed() {
            step.frames = depth - step.frames
            steps.append(step)
        }
    }
}
