/// The instructions and blocks that one boot's guest executes, counted by the plugin and readable at any
/// moment, also after QEMU was killed.
///
/// Costs the boot at most 1.15 times its plain host instructions. Without `-icount` a reading at the moment
/// when a milestone's byte arrives is approximate by design: the guest has gone on since it wrote the byte.
public struct GuestCounters: Sendable, Hashable {
    /// What was counted at one moment.
    public struct Reading: Sendable, Hashable {
        /// Guest instructions executed since the machine was switched on, over all its processors. A block
        /// that an exception left early counts whole (0.2 % of a Linux boot).
        public var instructions: UInt64
        /// Translation blocks executed, over all processors.
        public var blocks: UInt64

        /// A reading.
        public init(instructions: UInt64, blocks: UInt64) {
            self.instructions = instructions
            self.blocks = blocks
        }
    }

    /// The arguments to add to QEMU's command line.
    public let qemuArguments: [String]

    private let channel: BootFile

    /// Prepares the files of one boot's counting.
    ///
    /// - Parameters:
    ///   - plugin: what QEMU loads.
    ///   - folder: the boot's own folder, which exists; it receives `guest.channel` and `guest.conf`.
    /// - Throws: `GuestObserverError` of code `fileUnusable` where they cannot be written.
    public init(plugin: GuestPlugin, folder: String) throws {
        channel = try BootFile("guest.channel", in: folder)
        let configuration = try BootFile("guest.conf", in: folder)
        try channel.create()
        try configuration.create(Array("channel \(channel.path)\n".utf8))
        qemuArguments = plugin.qemuArguments([("config", configuration.path)])
    }

    /// Reads the counters as they stand: one small file, in some 10 microseconds.
    /// - Throws: `GuestObserverError` of code `notStarted` before QEMU has loaded the plugin, `fileUnusable`,
    ///   or `channelCorrupt`.
    public func read() throws -> Reading {
        let bytes = try channel.read(limit: ChannelLayout.size)
        let totals = try ChannelSnapshot(bytes, place: channel.path).totals
        return Reading(instructions: totals.instructions, blocks: totals.blocks)
    }
}
