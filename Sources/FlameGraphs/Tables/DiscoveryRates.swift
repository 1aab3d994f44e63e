import BootStatistics

/// How sure one can be that shares changed, by the boots' own spread.
struct DiscoveryRates {
    /// The least share, averaged over all boots of both sides, of what is tested.
    ///
    /// Which shares that leaves does not depend on the side that a boot belongs to, so it keeps the rate of
    /// false discoveries (Bourgon, Gentleman and Huber, 2010), and leaves the test some power.
    static let leastTested = 0.001

    /// For each entry the least rate of false discoveries at which its change would be one; 1 where it was
    /// too small to be tested. Nil where a side has fewer than two boots.
    let rates: [Double]?
    /// The smallest p-value that these numbers of boots can give.
    let smallest: Double

    /// Tests `shares`, each with its values of the `before` boots first.
    ///
    /// Entries with the same values are one hypothesis: a chain of calls without branches.
    /// With `isPaired`, the boot after at each place is the pair of the one before there.
    init(_ shares: [[Double]], before: Int, after: Int, isPaired: Bool = false) {
        var test = RankTest(before: before, after: after)
        smallest = isPaired ? min(1, 2 * SignedRank.smallestPValue(before)) : test.smallest
        guard before > 1, after > 1 else {
            rates = nil
            return
        }
        var hypotheses: [[Double]: Int] = [:]
        var probabilities: [Double] = []
        let tested = shares.map { values -> Int? in
            let mean = values.reduce(0, +) / Double(max(1, values.count))
            guard mean >= Self.leastTested else { return nil }
            // Sums along a chain may differ in the last bits.
            let key = values.map { ($0 * 1e12).rounded() }
            if let known = hypotheses[key] { return known }
            hypotheses[key] = probabilities.count
            probabilities.append(isPaired ? Self.signedRank(key, pairs: before) : test.probability(key))
            return probabilities.count - 1
        }
        let adjusted = RankTest.adjusted(probabilities)
        rates = tested.map { $0.map { adjusted[$0] } ?? 1 }
    }

    /// The two-sided p-value of Wilcoxon's signed-rank test of the differences of `pairs` pairs: exact, given how
    /// many differences are zero and which ones tie.
    private static func signedRank(_ shares: [Double], pairs: Int) -> Double {
        let differences = zip(shares[pairs...], shares).map { $0 - $1 }
        // Shares are finite, which is all that it asks for.
        return (try? SignedRank.test(differences, alternative: .twoSided))?.pValue ?? 1
    }
}
