import BootModel
import BootProfiles

/// The functions that changed most between two sets of profiles, and how sure that is.
///
/// Shares are those of `FunctionDifferences`: of each profile's own total, or of a guest's mean total before.
/// Recursion counts once.
public struct MoverTable: Sendable {
    /// One function's change.
    public struct Mover: Sendable, Hashable {
        /// Its shares on both sides.
        public var change: FunctionChange
        /// The least rate of false discoveries at which the change of its own share would be one: 0 to 1; nil
        /// where a side has fewer than two boots, so that nothing could be tested.
        public var selfRate: Double?
        /// The same for its share with all that it called.
        public var totalRate: Double?
    }

    /// All functions that changed, the largest change of the own share first.
    public let movers: [Mover]
    /// The rate of false discoveries up to which a change counts as significant.
    public let level: Double
    /// How many profiles with weight each side has.
    public let boots: (before: Int, after: Int)
    /// The mean total that both sides are measured by, in the profiles' unit; nil where each profile is by its own.
    public let basis: Double?
    /// What the weights count.
    public let unit: String
    /// Whether boots were tested in pairs, by the signed-rank test.
    public let isPaired: Bool

    /// The functions that changed in `difference`, tested as its frames are.
    public init(of difference: DifferentialFlameGraph) {
        self.init(
            before: difference.before, after: difference.after, level: difference.level,
            isPaired: difference.isPaired)
    }

    /// Compares `after` with `before`: one profile a side, or one for each boot. O(functions x boots) time.
    ///
    /// The own shares and those with callees are two families, each with its rate of false discoveries
    /// (Benjamini and Hochberg, 1995); the test is that of `DifferentialFlameGraph`.
    public init(before: [Profile], after: [Profile], level: Double = 0.05) {
        self.init(before: before, after: after, level: level, isPaired: false)
    }

    private init(before: [Profile], after: [Profile], level: Double, isPaired: Bool) {
        self.isPaired = isPaired
        let weighty = [before, after].map { $0.filter { $0.total > 0 } }
        let isGuest = (before + after).allSatisfy { $0.origin == .guest }
        let changes = FunctionDifferences.top(
            before: before, after: after, count: .max, origin: isGuest ? .guest : .host)
        self.level = level
        boots = (weighty[0].count, weighty[1].count)
        basis = isGuest ? ProfileScale.meanTotal(weighty[0]) : nil
        unit = (before + after).first?.unit ?? "samples"
        guard boots.before > 1, boots.after > 1, !changes.isEmpty else {
            movers = changes.map { Mover(change: $0) }
            return
        }
        let places = Dictionary(
            changes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let empty = [Double](repeating: 0, count: boots.before + boots.after)
        var own = [[Double]](repeating: empty, count: changes.count)
        var total = own
        let basis = self.basis
        for (boot, profile) in weighty.joined().enumerated() {
            let whole = basis ?? profile.total
            for function in profile.functions() {
                guard let place = places[function.name] else { continue }
                own[place][boot] += function.own / whole
                total[place][boot] += function.total / whole
            }
        }
        let (old, new) = boots
        let rates = [own, total].map { DiscoveryRates($0, before: old, after: new, isPaired: isPaired).rates }
        movers = changes.enumerated().map { place, change in
            Mover(change: change, selfRate: rates[0]?[place], totalRate: rates[1]?[place])
        }
    }

    /// Whether a change found at the rate `rate` is significant; nil where nothing was tested.
    public func isSignificant(_ rate: Double?) -> Bool? { rate.map { $0 <= level } }

    /// What the table shows and how it was tested, in a sentence or two.
    public var explanation: String {
        let sides =
            isPaired
            ? Figures.counted(boots.before, "pair") + " of profiles"
            : "\(Figures.counted(boots.before, "profile")) before, \(boots.after) after"
        let shares =
            basis == nil
            ? "Shares are of each profile's own total"
            : "Shares are of a mean total before; nothing is scaled"
        guard boots.before > 1, boots.after > 1 else {
            return "\(shares) (\(sides)). Nothing was tested: that takes two boots or more on each side."
        }
        return
            "\(shares) (\(sides)). * is significant: \(isPaired ? "signed-rank" : "rank") test, false discovery rate at most "
            + "\(Figures.percent(level))."
    }
}

extension MoverTable.Mover {
    init(change: FunctionChange) { self.init(change: change, selfRate: nil, totalRate: nil) }
}
