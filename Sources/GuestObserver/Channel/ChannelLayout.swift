/// Where the numbers lie in the file that the plugin shares: the same as in plugin/channel.h.
enum ChannelLayout {
    static let magic: UInt64 = 0x4c45_4e4e_4148_4342
    static let version: UInt32 = 3
    static let size = 40_960
    static let processors = 256
    static let milestones = 64
    static let codeClasses = 8

    static let headerSize = 4096
    static let milestoneSize = 64
    static let slotSize = 128
    static let outputSize = 32
    static let outputLimit = 1 << 20
    static let checkpointSize = 32
    static let checkpointLimit = 1 << 11
    static let slotsOffset = headerSize + milestones * milestoneSize
}

/// A moment's copy of the channel.
struct ChannelSnapshot {
    private let bytes: [UInt8]

    /// Takes `bytes` as what was read from the file `place`.
    /// - Throws: `GuestObserverError` of code `notStarted` where the plugin has written nothing yet, and
    ///   `channelCorrupt` where the contents are of another kind or version.
    init(_ bytes: [UInt8], place: String) throws {
        self.bytes = bytes
        guard bytes.count >= 12, bytes.contains(where: { $0 != 0 }) else {
            throw GuestObserverError(
                .notStarted, place: place, reason: "the plugin has not begun to count",
                nextStep: "See what QEMU said: it may have ended before it started the guest.")
        }
        guard bytes.count == ChannelLayout.size, word(0) == ChannelLayout.magic else {
            throw GuestObserverError(
                .channelCorrupt, place: place,
                reason: "\(bytes.count) bytes are here that the plugin did not write",
                nextStep: "Take the boot again.")
        }
        guard half(8) == ChannelLayout.version else {
            throw GuestObserverError(
                .channelCorrupt, place: place,
                reason: "the plugin writes version \(half(8)), and this Bootmark reads version "
                    + "\(ChannelLayout.version)",
                nextStep: "Unset BOOTMARK_PLUGIN, or build that library again.")
        }
    }

    /// The interface that the plugin speaks with QEMU.
    var interface: Int { Int(half(12)) }
    /// Blocks that a processor may have executed that are not counted here yet.
    var granularity: Int { Int(half(24)) }
    /// Whether the final milestone was reached.
    var isFrozen: Bool { half(20) == 2 }
    /// Entries in the log of port outputs.
    var outputs: Int { Int(min(word(32), UInt64(ChannelLayout.outputLimit))) }
    /// Port outputs that the log had no room for.
    var lostOutputs: UInt64 { word(40) }
    /// Entries in the file of hashes.
    var checkpoints: Int { Int(min(word(48), UInt64(ChannelLayout.checkpointLimit))) }

    /// What became of the profile.
    var profile: GuestProfileSummary {
        GuestProfileSummary(
            contexts: word(56), contextsWithoutRoom: word(64), callsTooDeep: word(72),
            symbolsEntered: word(80), programsSeen: word(88),
            callsSeen: word(96), callsNamed: word(104))
    }

    /// What was counted at the milestone of this index; nil where it was not reached, or is none.
    func milestone(_ index: Int) -> GuestCounters.MilestoneReading? {
        let offset = ChannelLayout.headerSize + index * ChannelLayout.milestoneSize
        guard (0..<ChannelLayout.milestones).contains(index), word(offset) == 1 else { return nil }
        return GuestCounters.MilestoneReading(
            reading: .init(instructions: word(offset + 8), blocks: word(offset + 16)),
            hash: word(offset + 24), serialBytes: word(offset + 32))
    }

    /// How many processors have executed anything.
    var processorsThatRan: Int {
        (0..<ChannelLayout.processors).count { slot in
            let offset = ChannelLayout.slotsOffset + slot * ChannelLayout.slotSize
            return (0...ChannelLayout.codeClasses).contains { word(offset + $0 * 8) > 0 }
        }
    }

    /// Instructions and blocks, over all processors and kinds of code. A damaged file cannot overflow it.
    var totals: (instructions: UInt64, blocks: UInt64) {
        var instructions: UInt64 = 0
        var blocks: UInt64 = 0
        for slot in 0..<ChannelLayout.processors {
            let offset = ChannelLayout.slotsOffset + slot * ChannelLayout.slotSize
            for codeClass in 0..<ChannelLayout.codeClasses { instructions &+= word(offset + codeClass * 8) }
            blocks &+= word(offset + ChannelLayout.codeClasses * 8)
        }
        return (instructions, blocks)
    }

    /// The number at a byte offset.
    func word(_ offset: Int) -> UInt64 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    }

    private func half(_ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }
}
