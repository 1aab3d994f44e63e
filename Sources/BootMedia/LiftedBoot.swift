import Foundation

/// A kernel and what is loaded beside it, lifted out of a CD image into files that QEMU loads itself.
public struct LiftedBoot: Sendable, Hashable {
    /// What the CD's menu boots.
    public var entry: BootEntry
    /// The menu's path on the CD.
    public var menu: String
    /// The kernel's file.
    public var kernel: String
    /// What `-initrd` takes: the initial RAM disk, or multiboot modules with their words; nil for none.
    public var initrd: String?

    /// The largest file that is lifted, in bytes.
    private static let largestFile = 1 << 30

    /// Lifts what the CD at `path` boots by default into files in `folder`, which exists.
    ///
    /// - Parameters:
    ///   - firmwareIsUEFI: whether the machine boots by UEFI, which runs GRUB rather than ISOLINUX.
    ///   - isLongMode: whether the machine's processor has 64 bits.
    /// - Throws: `BootMediaError`.
    public init(
        from path: String, into folder: String, firmwareIsUEFI: Bool = false, isLongMode: Bool = true
    ) throws(BootMediaError) {
        let image = try DiscImage(path: path)
        (menu, entry) = try Self.chosen(on: image, firmwareIsUEFI, isLongMode)
        kernel = "\(folder)/\(Self.fileName(entry.kernel, among: []))"
        switch entry.kind {
        case .linux:
            try Self.write(try image.read(entry.kernel, limit: Self.largestFile), to: kernel)
            // A boot loader puts several behind each other, each from a multiple of four bytes on.
            var bytes: [UInt8] = []
            for file in entry.files {
                bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
                bytes += try image.read(file.path, limit: Self.largestFile)
            }
            if !entry.files.isEmpty {
                let name = "\(folder)/initrd"
                try Self.write(bytes, to: name)
                initrd = name
            }
        case .multiboot:
            let bytes = try image.read(entry.kernel, limit: Self.largestFile)
            try Self.write(try Self.unpacked(bytes, entry.kernel), to: kernel)
            initrd = try Self.modules(of: entry, on: image, to: folder)
        }
    }

    private static func chosen(
        on image: DiscImage, _ firmwareIsUEFI: Bool, _ isLongMode: Bool
    ) throws(BootMediaError) -> (String, BootEntry) {
        let isolinux = IsolinuxMenu.places.first(where: image.holds)
        let grub = GRUBMenu.places.first(where: image.holds)
        // A CD with both boots ISOLINUX from a BIOS, and GRUB from UEFI.
        if let isolinux, !firmwareIsUEFI || grub == nil {
            return (isolinux, try IsolinuxMenu(isolinux, of: image).entry())
        }
        if let grub {
            var menu = try GRUBMenu(grub, of: image, isLongMode: isLongMode)
            return (grub, try menu.entry())
        }
        if image.holds(BootCfgMenu.place), !firmwareIsUEFI {
            return (BootCfgMenu.place, try BootCfgMenu(of: image).entry())
        }
        throw BootMediaError(
            .noMenu, place: image.path,
            reason: "no menu of ISOLINUX, GRUB 2 or MINIX and NetBSD (boot.cfg) is on it")
    }

    private static func modules(
        of entry: BootEntry, on image: DiscImage, to folder: String
    ) throws(BootMediaError) -> String? {
        var names = [fileName(entry.kernel, among: [])]
        var list: [String] = []
        for file in entry.files {
            let name = fileName(file.path, among: names)
            names.append(name)
            let bytes = try image.read(file.path, limit: largestFile)
            try write(file.isUnpacked ? try unpacked(bytes, file.path) : bytes, to: "\(folder)/\(name)")
            let words = ["\(folder)/\(name)"] + file.words.dropFirst()
            // QEMU separates modules by commas, and takes a doubled one for a comma.
            list.append(words.joined(separator: " ").replacingOccurrences(of: ",", with: ",,"))
        }
        return list.isEmpty ? nil : list.joined(separator: ",")
    }

    /// A file's name on the host: as on the CD, as far as QEMU's lists of modules can hold it.
    private static func fileName(_ path: String, among taken: [String]) -> String {
        let last = path.split(separator: "/").last ?? "file"
        let plain = String(
            last.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" })
        var name = String(plain.prefix(60))
        if name == "." || name == ".." { name = "file" }
        var number = 2
        while taken.contains(name) || name == "initrd" && taken.isEmpty {
            name = "\(plain.prefix(60))-\(number)"
            number += 1
        }
        return name
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(BootMediaError) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        } catch {
            throw BootMediaError(.notWritable, place: path, reason: error.localizedDescription)
        }
    }

    private static func unpacked(_ bytes: [UInt8], _ name: String) throws(BootMediaError) -> [UInt8] {
        try Unpacking.unpacked(bytes, name: name, limit: largestFile)
    }
}
