import BootStatistics
import Foundation

/// What disturbs boots, beside the change that is looked for.
enum Noise: String, CaseIterable {
    /// Each boot on its own: lognormal.
    case independent
    /// The same, on a machine whose speed wanders: AR(1) with 0.95 from boot to boot and 3 % wide.
    case drifting
    /// The same, and a quarter of the boots takes a path that is 18 % longer.
    case bimodal
    /// The same two paths, but what slows the boots is that the longer one is taken more often: on the mean by so
    /// much, while each path takes as long as before.
    case shares
    /// The same, and one boot in twenty is held up, by 20 % on average and often by far more.
    case heavyTailed

    var title: String {
        switch self {
        case .independent: "independent"
        case .drifting: "drifting"
        case .bimodal: "bimodal"
        case .shares: "bimodal, by share"
        case .heavyTailed: "heavy-tailed"
        }
    }
}

/// A machine that boots, as a series of durations around 1.
struct SimulatedMachine {
    private let noise: Noise
    private let width: Double
    private var drift: Double
    private(set) var generator: RepeatableGenerator
    /// How many boots were taken.
    private(set) var boots = 0

    /// A machine with lognormal noise of `width`: 0.03 is 3 %.
    init(_ noise: Noise, width: Double, seed: UInt64) {
        self.noise = noise
        self.width = width
        generator = RepeatableGenerator(seed: seed)
        drift = 0.03 * generator.normal()
    }

    /// How much longer the longer of two paths is, and how many of the boots take it.
    private static let gap = 0.18
    private static let share = 0.25

    /// The next boot of an image that is slower by `slowdown`: 0.05 is 5 %.
    mutating func boot(slowdown: Double) -> Double {
        boots += 1
        var effect = (noise == .shares ? 0 : log1p(slowdown)) + width * generator.normal()
        switch noise {
        case .independent: break
        case .drifting:
            drift = 0.95 * drift + 0.03 * (1 - 0.95 * 0.95).squareRoot() * generator.normal()
            effect += drift
        case .bimodal:
            if generator.unit() < Self.share { effect += log1p(Self.gap) }
        case .shares:
            let share = ((1 + Self.gap * Self.share) * (1 + slowdown) - 1) / Self.gap
            if generator.unit() < share { effect += log1p(Self.gap) }
        case .heavyTailed:
            if generator.unit() < 0.05 { effect += -0.2 * log(1 - generator.unit()) }
        }
        return exp(effect)
    }

    /// So many boots in a row.
    mutating func boots(_ count: Int, slowdown: Double) -> [Double] {
        (0..<count).map { _ in boot(slowdown: slowdown) }
    }

    /// A fair coin.
    mutating func coin() -> Bool { generator.next() & 1 == 1 }

    /// A whole number from 0 to `bound` - 1.
    mutating func uniform(below bound: Int) -> Int { generator.uniform(below: bound) }
}
