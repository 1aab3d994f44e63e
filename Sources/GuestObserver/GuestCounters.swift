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

    private let files: BootFiles

    /// Prepares the files of one boot's counting.
    ///
    /// - Parameters:
    ///   - plugin: what QEMU loads.
    ///   - folder: the boot's own folder, which exists; it receives `guest.channel`, `guest.conf` and, where
    ///     asked for, `guest.outputs`, `guest.hashes`, `guest.symbols` and `guest.folded`.
    ///   - observation: what to watch for beyond counting.
    /// - Throws: `GuestObserverError` of code `fileUnusable` where they cannot be written, or
    ///   `invalidRequest`.
    public init(
        plugin: GuestPlugin, folder: String, observing observation: GuestObservation = .counting
    ) throws {
        self.observation = observation
        files = try BootFiles(in: folder)
        let text = try observation.configuration(files)
        try files.channel.create()
        if observation.logsSerial { try files.outputs.create() }
        if observation.hashInterval != nil { try files.hashes.create() }
        if let profile = observation.profile { try files.symbols.create(profile.symbolLines) }
        try files.configuration.create(Array(text.utf8))
        qemuArguments = plugin.qemuArguments([("config", files.configuration.path)])
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
                .invalidRequest, place: files.channel.path,
                reason: "the serial port was not logged in this boot",
                nextStep: "Ask for it in the observation.")
        }
        let snapshot = try snapshot()
        let bytes = try files.outputs.read(limit: snapshot.outputs * ChannelLayout.outputSize)
        return SerialLog(bytes, lost: snapshot.lostOutputs)
    }

    /// The checkpoints of the rolling hash so far.
    /// - Throws: as `read()`; `invalidRequest` where the observation has no hash.
    public func blockHashes() throws -> BlockHashes {
        guard observation.hashInterval != nil else {
            throw GuestObserverError(
                .invalidRequest, place: files.channel.path, reason: "no hash was kept in this boot",
                nextStep: "Ask for it in the observation.")
        }
        let bytes = try files.hashes.read(limit: snapshot().checkpoints * ChannelLayout.checkpointSize)
        return BlockHashes(bytes)
    }

    /// The file of the whole boot's call stacks, in folded form (`a;b;c 42`): it is there, whole, when the
    /// final milestone is reached or when QEMU ends in order, and then also where QEMU is killed later.
    public var foldedStacks: String { files.profile.path }

    /// The file of the call stacks between the milestone that was reached before and this one, in folded form; of the number
    /// behind the last milestone, those up to QEMU's end where no final one was reached.
    public func foldedStacks(upTo milestone: Int) -> String { "\(files.profile.path).\(milestone)" }

    /// How many of the machine's processors have executed anything.
    /// - Throws: as `read()`.
    public func processorsThatRan() throws -> Int { try snapshot().processorsThatRan }

    /// What became of the profile; valid from the first milestone on.
    /// - Throws: as `read()`.
    public func profileSummary() throws -> GuestProfileSummary { try snapshot().profile }

    /// The blocks that ran, those first that executed the most instructions: written when the final milestone is
    /// reached or QEMU ends in order.
    /// - Throws: `GuestObserverError` of code `fileUnusable` or `channelCorrupt`.
    public func hotBlocks() throws -> HotSpots { try HotSpots(files.hotBlocks) }

    /// The pages that were read and written, those first that were the most.
    /// - Throws: as `hotBlocks()`.
    public func hotPages() throws -> HotSpots { try HotSpots(files.hotPages) }

    private func snapshot() throws -> ChannelSnapshot {
        try ChannelSnapshot(files.channel.read(limit: ChannelLayout.size), place: files.channel.path)
    }
}
