@testable import BootMedia

/// The menus of CDs' boot loaders.
enum DiscMenus {
    /// The configuration and no other file with a text; every name that is asked for is there.
    private struct Files: MenuFiles {
        var configuration: String

        func holds(_ name: String) -> Bool { true }
        func names(like pattern: String) -> [String] { ["boot/mod01"].filter { Self.fits($0, pattern) } }
        func text(of name: String) throws(BootMediaError) -> String { configuration }
    }

    static func read(_ bytes: [UInt8], as kind: String) {
        let files = Files(configuration: String(decoding: bytes, as: UTF8.self))
        switch kind {
        case "grub":
            var menu = try? GRUBMenu("boot/grub/grub.cfg", of: files, isLongMode: bytes.count % 2 == 0)
            _ = try? menu?.entry()
        case "isolinux": _ = try? IsolinuxMenu("isolinux/isolinux.cfg", of: files).entry()
        case "boot-cfg": _ = try? BootCfgMenu(of: files).entry()
        default: break
        }
    }
}
