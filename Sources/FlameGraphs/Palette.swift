/// A colour in sRGB; each part from 0 to 1.
struct Colour: Sendable, Hashable {
    var red: Double
    var green: Double
    var blue: Double

    init(_ hexadecimal: UInt32) {
        red = Double(hexadecimal >> 16 & 0xFF) / 255
        green = Double(hexadecimal >> 8 & 0xFF) / 255
        blue = Double(hexadecimal & 0xFF) / 255
    }

    /// This colour with `share` of `other` in it.
    func mixed(with other: Colour, _ share: Double) -> Colour {
        var mixed = self
        mixed.red += (other.red - red) * share
        mixed.green += (other.green - green) * share
        mixed.blue += (other.blue - blue) * share
        return mixed
    }

    /// `#rrggbb`.
    var hexadecimal: String {
        var text = "#"
        for part in [red, green, blue] {
            let value = Int((min(1, max(0, part)) * 255).rounded())
            text += (value < 16 ? "0" : "") + String(value, radix: 16)
        }
        return text
    }
}

/// What colour a frame has: the same name the same one in every picture. Labels stand out from all of them (WCAG 2.1, AA).
enum Palette {
    static let all = Colour(0xDDE1E8)
    static let generated = Colour(0xB4C3DC)
    static let nameless = Colour(0xD8D2C8)
    static let unchanged = Colour(0xE4E5E8)
    static let grown = Colour(0xEE6A5F)
    static let shrunk = Colour(0x5E9FE6)
    static let appeared = Colour(0xC06BD8)
    static let vanished = Colour(0x26A69A)

    private static let warm: [(Colour, Colour)] = [
        (Colour(0xF9C25C), Colour(0xF59E4C)), (Colour(0xF7A55E), Colour(0xEF7F52)),
        (Colour(0xF2D06B), Colour(0xEBB04A)), (Colour(0xF4906A), Colour(0xE8715A)),
    ]
    private static let kernel: [(Colour, Colour)] = [(Colour(0xC9B8EA), Colour(0xA896DC))]
    private static let compiled: [(Colour, Colour)] = [(Colour(0xB5DB9C), Colour(0x8CC47A))]

    /// The colour of a frame in a plain flame graph.
    static func colour(of name: String) -> Colour {
        if name == "[generated code]" { return generated }
        if name.hasSuffix("_[k]") { return pick(kernel, name) }
        if name.hasSuffix("_[j]") || name.hasSuffix("_[i]") { return pick(compiled, name) }
        if name.utf8.first == 0x5B { return nameless }
        return pick(warm, name)
    }

    private static func pick(_ ramp: [(Colour, Colour)], _ name: String) -> Colour {
        // FNV-1a: short, and the same everywhere, unlike Swift's own hashes.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 29
        let pair = ramp[Int(hash % UInt64(ramp.count))]
        return pair.0.mixed(with: pair.1, Double(hash >> 32 & 0xFF) / 255)
    }
}
