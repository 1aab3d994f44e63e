import XCTest

@testable import BootMedia

final class BootCfgMenuTests: XCTestCase {
    /// As MINIX 3.4 writes it for its CD, shortened.
    private static let usual = """
        banner=Welcome to the MINIX 3 installation CD
        banner================================================================================
        menu=Regular MINIX 3:multiboot /boot/minix_default/kernel bootcd=1 cdproberoot=1 disable=inet
        menu=Regular MINIX 3 (with AHCI):multiboot /boot/minix_default/kernel bootcd=1 ahci=yes
        menu=Edit menu option:edit
        menu=Drop to boot prompt:prompt
        clear=1
        timeout=10
        default=1
        load=/boot/minix_default/mod01_ds
        load=/boot/minix_default/mod02_rs # comment
        """

    func testTheCDOfMINIXBootsItsDefaultWithItsModulesInOrder() throws {
        let entry = try Menus.bootCfg(Self.usual)
        XCTAssertEqual(entry.title, "Regular MINIX 3")
        XCTAssertEqual(entry.kind, .multiboot)
        XCTAssertEqual(entry.kernel, "boot/minix_default/kernel")
        XCTAssertEqual(entry.commandLine, "bootcd=1 cdproberoot=1 disable=inet")
        XCTAssertEqual(
            entry.files.map(\.path), ["boot/minix_default/mod01_ds", "boot/minix_default/mod02_rs"])
        XCTAssertTrue(entry.files.allSatisfy(\.isUnpacked))
        let second = try Menus.bootCfg(Self.usual.replacingOccurrences(of: "default=1", with: "default=2"))
        XCTAssertEqual(second.commandLine, "bootcd=1 ahci=yes")
    }

    func testAPatternLoadsWhatFitsByName() throws {
        let entry = try Menus.bootCfg(
            "menu=Start:load_mods /boot/new/mod*; multiboot /boot/new/kernel rootdevname=c0d0p0",
            others: ["boot/new/mod02_rs.gz", "boot/new/mod01_ds.gz", "boot/new/kernel", "boot/new/mods/x"])
        XCTAssertEqual(entry.files.map(\.path), ["boot/new/mod01_ds.gz", "boot/new/mod02_rs.gz"])
        XCTAssertEqual(entry.commandLine, "rootdevname=c0d0p0")
    }

    func testADefaultBeyondTheMenuIsItsNearestEntry() throws {
        let menu = "menu=a:multiboot /a\nmenu=b:multiboot /b\nmenu=no command\n"
        XCTAssertEqual(try Menus.bootCfg(menu).kernel, "a", "the first without a default")
        XCTAssertEqual(try Menus.bootCfg(menu + "default=0").kernel, "a")
        XCTAssertEqual(try Menus.bootCfg(menu + "default=9").kernel, "b")
    }

    func testWhatIsNoMultibootKernelIsRefused() {
        for text in ["menu=a:boot netbsd -s", "menu=a:prompt", "menu=a:edit", "timeout=5", ""] {
            XCTAssertThrowsError(try Menus.bootCfg(text), text) {
                XCTAssertEqual(($0 as? BootMediaError)?.code, .notLiftable, text)
            }
        }
    }

    func testWhatIsNotUnderstoodIsAnErrorWithItsLine() {
        for text in [
            "\nmenu=a:multiboot", "\nmenu=a:multiboot hd0a:/kernel", "\nmenu=a:dev hd0a:;multiboot /k",
            "\nmenu=a:vesa on",
            "\nload=cd0a:/m",
        ] {
            XCTAssertThrowsError(try Menus.bootCfg(text), text) {
                XCTAssertEqual(($0 as? BootMediaError)?.code, .menuNotUnderstood, text)
                XCTAssertEqual(($0 as? BootMediaError)?.place, "boot.cfg:2", text)
            }
        }
        XCTAssertThrowsError(try Menus.bootCfg("menu=a:load_mods /m*;multiboot /k")) {
            XCTAssertEqual(($0 as? BootMediaError)?.code, .fileMissing)
        }
        let many = String(repeating: "load=/m\n", count: 300) + "menu=a:multiboot /k"
        XCTAssertThrowsError(try Menus.bootCfg(many))
    }

    func testNoDamageToAMenuDoesHarm() {
        for round in 1...500 { _ = try? Menus.bootCfg(Menus.damaged(Self.usual, round: UInt64(round))) }
    }
}
