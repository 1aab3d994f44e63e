/// Corrections for asking several questions at once.
public enum PValues {
    /// The p-values corrected so that the chance of even one false alarm over the family stays at the level
    /// (Holm, 1979), in the order given.
    ///
    /// - Throws: `StatisticsError.unusable` for a value outside 0...1. No values give no values.
    public static func holm(_ pValues: [Double]) throws(StatisticsError) -> [Double] {
        try checkAll(pValues)
        let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        var corrected = pValues
        var floor = 0.0
        for (place, index) in order.enumerated() {
            floor = max(floor, min(1, pValues[index] * Double(pValues.count - place)))
            corrected[index] = floor
        }
        return corrected
    }

    /// The p-values corrected so that at most the level's share of the alarms is expected to be false
    /// (Benjamini and Hochberg, 1995), in the order given.
    ///
    /// - Throws: `StatisticsError.unusable` for a value outside 0...1. No values give no values.
    public static func benjaminiHochberg(_ pValues: [Double]) throws(StatisticsError) -> [Double] {
        try checkAll(pValues)
        let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        var corrected = pValues
        var ceiling = 1.0
        for (place, index) in order.enumerated().reversed() {
            ceiling = min(ceiling, pValues[index] * (Double(pValues.count) / Double(place + 1)))
            corrected[index] = ceiling
        }
        return corrected
    }

    private static func checkAll(_ pValues: [Double]) throws(StatisticsError) {
        for value in pValues where !(0...1).contains(value) { throw .unusable(value) }
    }
}
