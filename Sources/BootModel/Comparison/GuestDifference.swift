/// What an exact comparison of two guests' call stacks comes to, in instructions.
///
/// Layout alone moves a guest's functions: where an initial RAM disk lies, when a timer fires. Controls (the same
/// images in other layouts) tell how far, and only what moves further is called changed.
public struct GuestDifference: Sendable, Hashable, Codable {
    /// What the boot after executed more than the boot before.
    public var net: Double
    /// What functions executed more or less by themselves, all added up: how much moved, whatever it came to.
    public var gross: Double
    /// The functions that changed: beyond what the controls move, or at all where there are none.
    public var changed: Int
    /// The functions that moved no further than the controls.
    public var within: Int
    /// The controls of the side that has more of them; 0 for none.
    public var controls: Int

    /// A difference.
    public init(net: Double, gross: Double, changed: Int, within: Int, controls: Int) {
        self.net = net
        self.gross = gross
        self.changed = changed
        self.within = within
        self.controls = controls
    }
}
