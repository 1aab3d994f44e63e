/// A rolling hash of all blocks that a boot executed, in order, taken every so many blocks: of a long boot every twice,
/// four times, … as many, so that there are at most 2,048.
public struct BlockHashes: Sendable, Hashable, Codable {
    /// The hash at one moment.
    public struct Checkpoint: Sendable, Hashable, Codable {
        /// Blocks executed until then.
        public var blocks: UInt64
        /// Instructions executed until then.
        public var instructions: UInt64
        /// The hash of all blocks until then.
        public var hash: UInt64
        /// Where the last of these blocks lies, in the guest's virtual addresses; nil in files of earlier versions.
        public var address: UInt64?

        /// A checkpoint.
        public init(blocks: UInt64, instructions: UInt64, hash: UInt64, address: UInt64? = nil) {
            self.blocks = blocks
            self.instructions = instructions
            self.hash = hash
            self.address = address
        }
    }

    /// Where two boots parted: somewhere between these counts of instructions.
    public struct Divergence: Sendable, Hashable {
        /// Until here both did the same.
        public var after: UInt64
        /// From here on they have done different things.
        public var before: UInt64
        /// The code that both ran at the last moment at which they were seen to agree; nil where that is unknown.
        public var lastCommon: UInt64?
        /// The code that each ran when they were first seen to differ: this boot, and the other.
        public var firstApart: [UInt64] = []
    }

    /// In the order in which they were taken.
    public var checkpoints: [Checkpoint]

    /// Checkpoints of a boot.
    public init(checkpoints: [Checkpoint]) { self.checkpoints = checkpoints }

    /// Reads what the plugin wrote. An entry that is cut short is left out.
    init(_ bytes: [UInt8]) {
        checkpoints = stride(from: 0, to: bytes.count - bytes.count % 32, by: 32).map { offset in
            bytes.withUnsafeBytes { memory in
                func word(_ index: Int) -> UInt64 {
                    memory.loadUnaligned(fromByteOffset: offset + index * 8, as: UInt64.self)
                }
                return Checkpoint(blocks: word(0), instructions: word(1), hash: word(2), address: word(3))
            }
        }
    }

    /// Where this boot and `other` parted; nil where they agree as far as both go. A boot that went on longer
    /// than the other (it is killed some time after it was done) has not parted from it.
    public func divergence(from other: BlockHashes) -> Divergence? {
        var agreed: Checkpoint?
        var mine = checkpoints[...], others = other.checkpoints[...]
        while let one = mine.first, let another = others.first {
            // The longer of two boots may have been thinned out once more.
            if one.blocks < another.blocks {
                mine.removeFirst()
            } else if one.blocks > another.blocks {
                others.removeFirst()
            } else {
                guard one.hash == another.hash, one.instructions == another.instructions else {
                    return Divergence(
                        after: agreed?.instructions ?? 0, before: min(one.instructions, another.instructions),
                        lastCommon: agreed?.address,
                        firstApart: [one.address, another.address].compactMap { $0 })
                }
                agreed = one
                mine.removeFirst()
                others.removeFirst()
            }
        }
        return nil
    }
}
