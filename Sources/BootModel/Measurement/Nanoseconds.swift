/// A stretch of time in whole nanoseconds, on the host's monotonic clock where it is measured.
public struct Nanoseconds: Sendable, Hashable, Comparable, Codable {
    /// The number of nanoseconds; negative only as a difference.
    public var count: Int64

    /// A stretch of `count` nanoseconds.
    public init(_ count: Int64) { self.count = count }

    /// A stretch of `seconds` seconds, rounded to the nearest nanosecond and clamped to what fits.
    public init(seconds: Double) {
        let scaled = (seconds * 1e9).rounded()
        if scaled.isNaN {
            count = 0
        } else if scaled >= 9.2e18 {
            count = .max
        } else {
            count = Int64(max(scaled, -9.2e18))
        }
    }

    /// This stretch in seconds.
    public var seconds: Double { Double(count) / 1e9 }

    /// No time at all.
    public static let zero = Nanoseconds(0)

    /// A stretch of `count` whole seconds.
    public static func seconds(_ count: Double) -> Nanoseconds { Nanoseconds(seconds: count) }

    /// A stretch of `count` milliseconds.
    public static func milliseconds(_ count: Double) -> Nanoseconds { Nanoseconds(seconds: count / 1e3) }

    /// The shorter stretch is the lesser one.
    public static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }

    /// Both stretches, one after the other.
    public static func + (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        Nanoseconds(left.count &+ right.count)
    }

    /// From `right` to `left`.
    public static func - (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        Nanoseconds(left.count &- right.count)
    }

    /// Reads a plain whole number.
    public init(from decoder: any Decoder) throws {
        count = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Writes a plain whole number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}
