/// How a number of an exact boot differs between layouts of the same images, as its controls show.
public struct LayoutSpread: Sendable, Hashable {
    /// The standard deviation over the boot and its controls, by one less than their number; 0 without controls.
    public var deviation: Double
    /// How far the boot itself lies from the mean of all of them.
    public var offset: Double

    /// A spread; by default that of a number which does not move, or of which nothing is known.
    public init(deviation: Double = 0, offset: Double = 0) {
        self.deviation = deviation
        self.offset = offset
    }

    /// The spread of a number in the boot itself, which comes first, and in its controls.
    ///
    /// In tenths, rounded up: thousands of them are kept with a baseline.
    public init(of layouts: [Double]) {
        guard let own = layouts.first, layouts.contains(where: { $0 != own }) else {
            self.init()
            return
        }
        // From the boot's own number, so that the sums stay small.
        let mean = layouts.reduce(0) { $0 + ($1 - own) } / Double(layouts.count)
        let squares = layouts.reduce(0) { $0 + ($1 - own - mean) * ($1 - own - mean) }
        let inTenths = { (value: Double) in (value * 10).rounded(.up) / 10 }
        self.init(
            deviation: inTenths((squares / Double(layouts.count - 1)).squareRoot()),
            offset: inTenths(abs(mean)))
    }
}
