@testable import BootMedia

/// Configuration files without a CD; every other file named is there too, and empty.
struct Menus: MenuFiles {
    var texts: [String: String]
    var others: Set<String> = []

    func holds(_ name: String) -> Bool { texts[name] != nil || others.contains(name) }

    func names(like pattern: String) -> [String] {
        (others.union(texts.keys)).filter { Self.fits($0, pattern) }.sorted()
    }

    func text(of name: String) throws(BootMediaError) -> String {
        guard let text = texts[name] else {
            throw BootMediaError(.fileMissing, place: "cd", reason: "\(name) is not on the image")
        }
        return text
    }

    /// What GRUB boots by this configuration.
    static func grub(_ text: String, others: [String: String] = [:], isLongMode: Bool = true) throws
        -> BootEntry
    {
        let files = Menus(texts: others.merging(["boot/grub/grub.cfg": text]) { $1 })
        var menu = try GRUBMenu("boot/grub/grub.cfg", of: files, isLongMode: isLongMode)
        return try menu.entry()
    }

    /// What ISOLINUX boots by this configuration.
    static func isolinux(_ text: String, others: [String: String] = [:]) throws -> BootEntry {
        let files = Menus(texts: others.merging(["isolinux/isolinux.cfg": text]) { $1 })
        return try IsolinuxMenu("isolinux/isolinux.cfg", of: files).entry()
    }

    /// What the boot loader of MINIX and NetBSD boots by this configuration.
    static func bootCfg(_ text: String, others: Set<String> = []) throws -> BootEntry {
        try BootCfgMenu(of: Menus(texts: ["boot.cfg": text], others: others)).entry()
    }

    /// The text with some of its characters changed, lost or doubled, in a way that repeats.
    static func damaged(_ text: String, round: UInt64) -> String {
        var state = round &* 0x9e37_79b9_7f4a_7c15 | 1
        func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        var scalars = Array(text.unicodeScalars)
        let odd = Array("{}'\"\\$;\n#[](=)>&|\u{0} \u{e000}".unicodeScalars)
        for _ in 0...next(6) where !scalars.isEmpty {
            let place = next(scalars.count)
            switch next(3) {
            case 0: scalars[place] = odd[next(odd.count)]
            case 1: scalars.remove(at: place)
            default:
                scalars.insert(contentsOf: scalars[place..<min(place + next(40), scalars.count)], at: place)
            }
        }
        var damaged = String.UnicodeScalarView()
        damaged.append(contentsOf: scalars)
        return String(damaged)
    }
}
