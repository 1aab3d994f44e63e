/// The instructions and blocks that one boot's guest executes, counted by the plugin and readable at any
/// moment, also after QEMU was killed.
///
/// Costs the boot at most 1.15 times its plain host instructions. Without `-icount` a reading at the moment
/// when a milestone's byte arrives is approximate by design: the guest has gone on since it wrote the byte.
/// What was counted when the guest wrote it is in `serialLog()`, and at the milestones that were asked for.
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

    /// What was counted when the guest reached a milestone.
    public struct MilestoneReading: Sendable, Hashable {
        /// Instructions and blocks until then.
        public var reading: Reading
        /// The rolling hash of the blocks until then; 0 where none was asked for.
        public var hash: UInt64
        /// Bytes on the serial port until then; 0 for an address.
        public var serialBytes: UInt64
    }

    /// The arguments to add to QEMU's command line.
    public let qemuArguments: [String]
    /// What the plugin watches for.
    public let observation: GuestObservation

    private let channel: BootFile
    private let outputs: BootFile
    private let hashes: BootFile

    /// Prepares the files of one boot's counting.
    ///
    /// - Parameters:
    ///   - plugin: what QEMU loads.
    ///   - folder: the boot's own folder, which exists; it receives `guest.channel`, `guest.conf` and, where
    ///     asked for, `guest.outputs` and `guest.hashes`.
    ///   - observation: what to watch for beyond counting.
    /// - Throws: `GuestObserverError` of code `fileUnusable` where they cannot be written, or
    ///   `invalidRequest`.
    public init(
        plugin: GuestPlugin, folder: String, observing observation: GuestObservation = .counting
    ) throws {
        self.observation = observation
        channel = try BootFile("guest.channel", in: folder)
        outputs = try BootFile("guest.outputs", in: folder)
        hashes = try BootFile("guest.hashes", in: folder)
        let configuration = try BootFile("guest.conf", in: folder)
        let text = try observation.configuration(
            channel: channel.path, outputs: outputs.path, hashes: hashes.path)
        try channel.create()
        if observation.logsSerial { try outputs.create() }
        if observation.hashInterval != nil { try hashes.create() }
        try configuration.create(Array(text.utf8))
        qemuArguments = plugin.qemuArguments([("config", configuration.path)])
    }

    /// Reads the counters as they stand: one small file, in some 10 microseconds.
    /// - Throws: `GuestObserverError` of code `notStarted` before QEMU has loaded the plugin, `fileUnusable`,
    ///   or `channelCorrupt`.
    public func read() throws -> Reading {
        let totals = try snapshot().totals
        return Reading(instructions: totals.instructions, blocks: totals.blocks)
    }

    /// What was counted at each of the observation's milestones; nil for one that was not reached (yet).
    /// - Throws: as `read()`.
    public func milestones() throws -> [MilestoneReading?] {
        let snapshot = try snapshot()
        return observation.milestones.indices.map { snapshot.milestone($0) }
    }

    /// What was counted at each port output so far.
    /// - Throws: as `read()`; `invalidRequest` where the observation does not log them.
    public func serialLog() throws -> SerialLog {
        guard observation.logsSerial else {
            throw GuestObserverError(
                .invalidRequest, place: channel.path, reason: "the serial port was not logged in this boot",
                nextStep: "Ask for it in the observation.")
        }
        let snapshot = try snapshot()
        let bytes = try outputs.read(limit: snapshot.outputs * ChannelLayout.outputSize)
        return SerialLog(bytes, lost: snapshot.lostOutputs)
    }

    /// The checkpoints of the rolling hash so far.
    /// - Throws: as `read()`; `invalidRequest` where the observation has no hash.
    public func blockHashes() throws -> BlockHashes {
        guard observation.hashInterval != nil else {
            throw GuestObserverError(
                .invalidRequest, place: channel.path, reason: "no hash was kept in this boot",
                nextStep: "Ask for it in the observation.")
        }
        let bytes = try hashes.read(limit: snapshot().checkpoints * ChannelLayout.checkpointSize)
        return BlockHashes(bytes)
    }

    private func snapshot() throws -> ChannelSnapshot {
        try ChannelSnapshot(channel.read(limit: ChannelLayout.size), place: channel.path)
    }
}
