import BootModel
import BootStatistics

/// Which boots of two systems are taken side by side, in which order, and when enough is known: as data, fixed
/// before the first of them is taken.
public struct PairedPlan: Sendable, Hashable, Codable {
    /// The version of the format that this Bootmark writes.
    public static let currentSchema = 1
    /// The most pairs that are judged.
    public static let mostPairs = 1_000

    /// One boot of each system, right after each other.
    public struct Pair: Sendable, Hashable, Codable {
        /// The boots' place in both runs, from 1.
        public var index: Int
        /// What its boots are for.
        public var purpose: Boot.Purpose
        /// The side that is booted first.
        public var first: BootFailure.Side

        /// A pair to be taken.
        public init(index: Int, purpose: Boot.Purpose, first: BootFailure.Side) {
            self.index = index
            self.purpose = purpose
            self.first = first
        }

        /// Both sides in the order of their boots.
        public var order: [BootFailure.Side] { first == .before ? [.before, .after] : [.after, .before] }
    }

    /// The version of the format.
    public var schema: Int
    /// What the orders follow from.
    public var seed: UInt64
    /// When the pairs are looked at, and how sure an alarm and a pass have to be.
    public var rule: SequentialRule
    /// The pairs, in order.
    public var pairs: [Pair]
    /// The command that takes them again, as arguments.
    public var reproduction: [String]

    /// Pairs of the boots of a plan, each in a random order that follows from the seed.
    public init(pairing plan: Plan, seed: UInt64, rule: SequentialRule, reproduction: [String] = []) {
        schema = Self.currentSchema
        self.seed = seed
        self.rule = rule
        self.reproduction = reproduction
        var generator = RepeatableGenerator(seed: seed)
        pairs = plan.boots.map { boot in
            Pair(
                index: boot.index, purpose: boot.purpose,
                first: generator.uniform(below: 2) == 0 ? .before : .after)
        }
    }
}

/// Two systems whose boots are taken in pairs: the plan and what was taken so far.
public struct PairedRun: Sendable, Hashable {
    /// What is to be taken.
    public var plan: PairedPlan
    /// The boots of the reference.
    public var before: Run
    /// The boots of what is judged.
    public var after: Run

    /// Two runs and the plan that pairs their boots.
    public init(plan: PairedPlan, before: Run, after: Run) {
        self.plan = plan
        self.before = before
        self.after = after
    }

    /// One side's run.
    public subscript(side: BootFailure.Side) -> Run {
        get { side == .before ? before : after }
        set { if side == .before { before = newValue } else { after = newValue } }
    }

    /// Whether both boots of a pair were taken.
    func holds(_ pair: PairedPlan.Pair) -> Bool {
        [before, after].allSatisfy { run in run.boots.contains { $0.index == pair.index } }
    }

    /// Whether a boot failed, which ends the comparison.
    var hasFailed: Bool { !before.failures.isEmpty || !after.failures.isEmpty }

    /// Forgets pairs of which a boot is missing or was interrupted: two boots with a break between them are no
    /// pair.
    mutating func dropIncompletePairs() {
        for side in [BootFailure.Side.before, .after] {
            self[side].boots.removeAll { $0.outcome.kind == .interrupted }
        }
        let common = Set(before.boots.map(\.index)).intersection(after.boots.map(\.index))
        for side in [BootFailure.Side.before, .after] {
            self[side].boots.removeAll { !common.contains($0.index) }
        }
    }

    /// Leaves in both plans what was taken, where a verdict came before the last pair: the runs are complete
    /// then, and nobody goes on with one side alone.
    mutating func leaveOutWhatIsNotNeeded() {
        for side in [BootFailure.Side.before, .after] {
            let taken = Set(self[side].boots.map(\.index))
            self[side].plan.boots.removeAll { !taken.contains($0.index) }
        }
    }
}
