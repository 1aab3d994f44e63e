import XCTest

@testable import BootMedia

final class IsolinuxMenuTests: XCTestCase {
    /// As Debian's installer writes it, shortened.
    private static let usual = """
        # D-I config version 2.0
        path
        include menu.cfg
        default vesamenu.c32
        prompt 0
        timeout 0
        """
    private static let included = [
        "isolinux/menu.cfg": """
        menu title Installer
        label installgui
            menu label ^Graphical install
            kernel /install.amd/vmlinuz
            append vga=788 initrd=/install.amd/gtk/initrd.gz --- quiet
        include txt.cfg
        """,
        "isolinux/txt.cfg": """
        LABEL install
            MENU DEFAULT
            LINUX vmlinuz
            INITRD a.gz,/b.gz
            APPEND console=ttyS0
        """,
    ]

    func testALabelThatIsTheDefaultIsLifted() throws {
        let entry = try Menus.isolinux(
            "SERIAL 0 115200\nDEFAULT linux extra\nAPPEND all\nLABEL other\nKERNEL /o\nLABEL Linux\nKERNEL /vmlinuz\n  APPEND console=ttyS0  panic=-1\nINITRD /initrd.gz\n"
        )
        XCTAssertEqual(
            entry,
            BootEntry(
                title: "linux", kind: .linux, kernel: "vmlinuz", commandLine: "console=ttyS0 panic=-1",
                files: [.init(path: "initrd.gz")]))
    }

    func testAMenuBootsTheEntryThatItMarksAndIncludesItsParts() throws {
        let entry = try Menus.isolinux(Self.usual, others: Self.included)
        XCTAssertEqual(entry.kernel, "isolinux/vmlinuz")
        XCTAssertEqual(entry.files.map(\.path), ["isolinux/a.gz", "b.gz"])
        var unmarked = Self.included
        unmarked["isolinux/txt.cfg"] = ""
        let first = try Menus.isolinux(Self.usual, others: unmarked)
        XCTAssertEqual(first.kernel, "install.amd/vmlinuz")
        XCTAssertEqual(first.commandLine, "vga=788 --- quiet")
        XCTAssertEqual(first.files.map(\.path), ["install.amd/gtk/initrd.gz"])
    }

    func testAnEntryWithoutAnAppendOfItsOwnTakesTheOneOfAll() throws {
        let text = { (own: String) in "append common\ndefault a\nlabel a\nkernel /k\n\(own)" }
        XCTAssertEqual(try Menus.isolinux(text("")).commandLine, "common")
        XCTAssertEqual(try Menus.isolinux(text("append -")).commandLine, "")
        XCTAssertEqual(
            try Menus.isolinux("default /k a=1 initrd=i").commandLine, "a=1", "a command in place of a label")
    }

    func testMbootTakesKernelAndModulesInOneLine() throws {
        let entry = try Menus.isolinux(
            "default x\nlabel x\nkernel mboot.c32\nappend xen.gz dom0=1 --- /vmlinuz root=a --- initrd.gz")
        XCTAssertEqual(entry.kind, .multiboot)
        XCTAssertEqual(entry.kernel, "isolinux/xen.gz")
        XCTAssertEqual(entry.commandLine, "dom0=1")
        XCTAssertEqual(entry.files.map(\.path), ["vmlinuz", "isolinux/initrd.gz"])
        XCTAssertEqual(entry.files[0].words, ["/vmlinuz", "root=a"])
    }

    func testWhatIsNoKernelIsRefused() {
        for text in [
            "default a\nlabel a\nlocalboot 0x80", "default a\nlabel a\nkernel chain.c32",
            "default a\nlabel a\nkernel memdisk",
        ] {
            XCTAssertThrowsError(try Menus.isolinux(text), text) {
                XCTAssertEqual(($0 as? BootMediaError)?.code, .notLiftable)
            }
        }
        for text in ["", "default b\nlabel a\nkernel /k", "include isolinux.cfg"] {
            XCTAssertThrowsError(try Menus.isolinux(text), text) {
                XCTAssertEqual(($0 as? BootMediaError)?.code, .menuNotUnderstood)
            }
        }
    }

    func testNoDamageToAMenuDoesHarm() {
        for round in 1...500 {
            let files = Self.included.mapValues { Menus.damaged($0, round: UInt64(round)) }
            _ = try? Menus.isolinux(Menus.damaged(Self.usual, round: UInt64(round)), others: files)
        }
    }
}
