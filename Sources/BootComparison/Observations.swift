import BootModel
import BootStatistics

/// What the boots of one run show beside their middle: wandering, wild values, two ways to boot.
enum Observations {
    /// Sentences on a metric that decides; none where nothing is unusual. Nothing that they name was dropped.
    static func notes(
        _ result: MetricComparison, before: ComparedRun?, after: ComparedRun, design: Procedure.Design
    ) -> [String] {
        guard result.metric.determinism == .statistical else { return [] }
        return [("before", before), ("after", after)].flatMap { name, side in
            guard let side else { return [String]() }
            let boots = side.judgedBoots.compactMap { boot in
                boot.samples[result.metric.id].map { (index: boot.index, value: $0) }
            }
            let values = boots.map(\.value)
            let place = "\(result.metric.id) \(name)"
            var notes: [String] = []
            // Nobody boots so often; whoever says so shall not keep a machine busy.
            guard values.count <= 10_000 else { return notes }
            if let modes = (try? TwoModes(in: values)) ?? nil {
                notes.append(Self.modes(modes, boots.map(\.index), place))
            } else if values.count >= fewestForOutliers {
                let found = try? Description.outliers(values, threshold: outlierThreshold)
                let wild = (found ?? []).map { boots[$0] }
                if !wild.isEmpty {
                    let named = wild.map {
                        "boot \($0.index) (\(Quantity.text($0.value, unit: result.metric.unit)))"
                    }
                    notes.append("\(place): \(list(named)) stood apart from the rest, and counted like them.")
                }
            }
            if let drift = drift(values) {
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

    /// Iglewicz and Hoaglin name 3.5. Ten boots estimate their spread so badly that 3.5 would remark on
    /// ordinary ones in every few runs.
    private static let outlierThreshold = 5.0
    private static let fewestForOutliers = 8

    /// The shift from the first half of the boots to the second, as a share, where it is no accident at 1 %.
    static func drift(_ values: [Double]) -> Double? {
        guard values.count >= 10 else { return nil }
        let (first, second) = (Array(values.prefix(values.count / 2)), Array(values.suffix(values.count / 2)))
        guard let test = try? MannWhitney.test(second, first, alternative: .twoSided), test.pValue <= 0.01,
            let center = try? Description.median(first), center > 0,
            let shift = try? HodgesLehmannShift(of: second, over: first).estimate
        else { return nil }
        return shift / center
    }

    private static func modes(_ modes: TwoModes, _ boots: [Int], _ place: String) -> String {
        let apart = modes.lower > 0 ? modes.upper / modes.lower - 1 : .infinity
        let upper = modes.upperPlaces.map { "\(boots[$0])" }
        let rare = upper.count * 2 <= boots.count ? upper : []
        let named = rare.isEmpty ? "" : " (\(list(rare)))"
        return
            "\(place): two modes \(apart.isFinite ? Quantity.share(apart) + " " : "")apart, the upper one in "
            + "\(upper.count) of \(boots.count) boots\(named): the boot takes two paths. Compare the "
            + "profiles of slow and fast boots with each other."
    }
}
