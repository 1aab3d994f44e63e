import BootModel
import BootStatistics

/// What the boots of one run show beside their middle, in words: wandering, wild values, two ways to boot.
enum Observations {
    /// Sentences on a metric that decides; none where nothing is unusual.
    static func notes(
        _ result: MetricComparison, before: ComparedRun?, after: ComparedRun, design: Procedure.Design
    ) -> [String] {
        (result.spreads ?? []).flatMap { spread in
            let side = spread.side == .before ? before : after
            let place = "\(result.metric.id) \(spread.side.rawValue)"
            var notes: [String] = []
            if let modes = spread.modes {
                notes.append(Self.modes(modes, result, place, spread.side))
            } else if !spread.outliers.isEmpty {
                let values = Dictionary(
                    (side?.judgedBoots ?? []).map { ($0.index, $0.samples[result.metric.id] ?? .nan) }
                ) { first, _ in first }
                let named = spread.outliers.map { boot in
                    "boot \(boot) (\(Quantity.text(values[boot] ?? .nan, unit: result.metric.unit)))"
                }
                notes.append("\(place): \(list(named)) stood apart from the rest, and counted like them.")
            }
            if let drift = spread.drift {
                let cure: String
                switch design {
                case .unpaired, .runs: cure = "Pairs (bootmark ab) would cancel that."
                case .pairs: cure = "The pairs cancel that."
                }
                notes.append(
                    "\(place): the second half of the boots differs by \(Quantity.percent(drift)) from the "
                        + "first, so the host was not steady. \(cure)")
            }
            return notes
        }
    }

    private static func modes(
        _ modes: BootSpread.Modes, _ result: MetricComparison, _ place: String,
        _ side: BootFailure.Side
    ) -> String {
        let boots = side == .before ? result.before.count : result.after.count
        let apart = modes.gap.map { $0.isFinite ? Quantity.share($0) + " " : "" } ?? ""
        let upper = modes.upperBoots.map { "\($0)" }
        let named = upper.count * 2 <= boots ? " (\(list(upper)))" : ""
        return
            "\(place): two modes \(apart)apart, the upper one in \(upper.count) of \(boots) boots\(named): the "
            + "boot takes two paths. Reports compare the profiles of both where boots are recorded "
            + "(--record-boots 12)."
    }
}

extension BootSpread {
    /// How steady the judged boots of a side were; nil without two values. Modes, outliers and drift are looked
    /// for only in what decides and varies.
    init?(of result: MetricComparison, in run: ComparedRun, on side: BootFailure.Side) {
        let boots = run.judgedBoots.compactMap { boot in
            boot.samples[result.metric.id].map { (index: boot.index, value: $0) }
        }.filter { $0.value >= 0 && $0.value <= 1e300 }
        let values = boots.map(\.value)
        guard values.count > 1, let center = try? Description.median(values) else { return nil }
        self.init(side: side)
        if center > 0, let spread = try? Description.robustSpread(values) { noise = spread / center }
        // Nobody boots so often; whoever says so shall not keep a machine busy.
        guard result.role == .gates, result.metric.determinism == .statistical, values.count <= 10_000 else {
            return
        }
        drift = Self.drift(values)
        if let found = (try? TwoModes(in: values)) ?? nil {
            let modes = Modes(
                lower: found.lower, upper: found.upper, upperBoots: found.upperPlaces.map { boots[$0].index },
                upperShare: found.upperShare)
            // What is far below the tolerance decides nothing, however clearly it shows.
            if (modes.gap ?? .infinity) * Self.timesWorthAWord >= result.tolerance { self.modes = modes }
        } else if values.count >= Self.fewestForOutliers {
            let places = (try? Description.outliers(values, threshold: Self.outlierThreshold)) ?? []
            outliers = places.map { boots[$0].index }
        }
    }

    /// Modes closer than this part of the tolerance are not worth a word.
    private static let timesWorthAWord = 5.0
    /// Iglewicz and Hoaglin name 3.5. Ten boots estimate their spread so badly that 3.5 would remark on
    /// ordinary ones in every few runs.
    private static let outlierThreshold = 5.0
    private static let fewestForOutliers = 8

    private static func drift(_ values: [Double]) -> Double? {
        guard values.count >= 10 else { return nil }
        let (first, second) = (Array(values.prefix(values.count / 2)), Array(values.suffix(values.count / 2)))
        guard let test = try? MannWhitney.test(second, first, alternative: .twoSided), test.pValue <= 0.01,
            let center = try? Description.median(first), center > 0,
            let shift = try? HodgesLehmannShift(of: second, over: first).estimate
        else { return nil }
        return shift / center
    }
}
