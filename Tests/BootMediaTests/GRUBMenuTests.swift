import XCTest

@testable import BootMedia

final class GRUBMenuTests: XCTestCase {
    /// As grub-mkconfig and Debian's live CDs write it, shortened.
    private static let usual = """
        if [ -s $prefix/grubenv ]; then
          load_env
        fi
        if [ "${next_entry}" ] ; then
           set default="${next_entry}"
        else
           set default="1"
        fi
        if [ x"${feature_menuentry_id}" = xy ]; then
          menuentry_id_option="--id"
        else
          menuentry_id_option=""
        fi
        export menuentry_id_option
        function load_video {
          if [ x$feature_all_video_module = xy ]; then
            insmod all_video
          else
            insmod efi_gop
          fi
        }
        # comment with 'a quote
        menuentry 'Memory test' --class memtest { linux16 /memtest.bin }
        menuentry 'Debian GNU/Linux, "live"' --class debian $menuentry_id_option 'debian-1' {
            load_video
            search --no-floppy --set=root --file /.disk/info
            echo 'Loading ...'
            linux  /live/vmlinuz-6.1 boot=live "quiet splash" \\
                findiso=${iso_path} console=ttyS0,115200
            initrd /live/initrd.img-6.1 (cd0)/live/more.img
        }
        submenu 'Advanced' {
            menuentry 'old' --id=old { linux ($root)/old; initrd /old.gz }
        }
        """

    func testTheEntryThatTheDefaultNamesIsFoundByItsNumber() throws {
        let entry = try Menus.grub(Self.usual)
        XCTAssertEqual(entry.title, "Debian GNU/Linux, \"live\"")
        XCTAssertEqual(entry.kind, .linux)
        XCTAssertEqual(entry.kernel, "live/vmlinuz-6.1")
        XCTAssertEqual(entry.commandLine, "boot=live \"quiet splash\" findiso= console=ttyS0,115200")
        XCTAssertEqual(entry.files.map(\.path), ["live/initrd.img-6.1", "live/more.img"])
    }

    func testTheDefaultMayBeATitleAnIdentifierOrAPathThroughMenus() throws {
        let menu = { (name: String) in Self.usual + "\nset default='\(name)'\n" }
        XCTAssertEqual(try Menus.grub(menu("Memory test")).kernel, "memtest.bin")
        XCTAssertEqual(try Menus.grub(menu("debian-1")).kernel, "live/vmlinuz-6.1")
        XCTAssertEqual(try Menus.grub(menu("2>old")).kernel, "old")
        XCTAssertEqual(try Menus.grub(menu("Advanced>0")).files.map(\.path), ["old.gz"])
        XCTAssertEqual(try Menus.grub(menu("no such entry")).kernel, "memtest.bin", "GRUB takes the first")
    }

    func testAConfigurationThatBootsWithoutAMenuIsLiftedWithItsModules() throws {
        let entry = try Menus.grub(
            """
            serial --unit=0
            multiboot /boot/gnumach.gz console=com0 root=device:hd0
            module --nounzip /boot/bootstrap bootstrap '${host-port}' '$(task-create)'
            module /plain first=1
            boot
            menuentry never { linux /never }
            """)
        XCTAssertEqual(entry.kind, .multiboot)
        XCTAssertEqual(entry.kernel, "boot/gnumach.gz")
        XCTAssertEqual(entry.commandLine, "console=com0 root=device:hd0")
        XCTAssertEqual(
            entry.files,
            [
                .init(path: "boot/bootstrap", words: ["/boot/bootstrap", "${host-port}", "$(task-create)"]),
                .init(path: "plain", words: ["/plain", "first=1"], isUnpacked: true),
            ])
    }

    func testConditionsLoopsFunctionsAndOtherConfigurationsAreFollowed() throws {
        let other = """
            for file in /a /b; do
              if [ ! -e $file ]; then true; elif [ -f $file -a 2 -gt 1 ]; then found="$found $file"; fi
            done
            function go { linux /k$1 $found; }
            if cpuid -l; then go 64; else go 32; fi
            """
        let files = ["boot/grub/other.cfg": other, "b": ""]
        let entry = try Menus.grub("source ${prefix}/other.cfg", others: files)
        XCTAssertEqual(entry.kernel, "k64")
        XCTAssertEqual(entry.commandLine, "/b", "an unquoted variable is split at its spaces")
        let short = try Menus.grub("configfile /boot/grub/other.cfg", others: files, isLongMode: false)
        XCTAssertEqual(short.kernel, "k32")
    }

    func testWhatQEMUCannotLoadIsRefusedWithItsLine() {
        for (text, reason) in [
            ("menuentry a {\n multiboot2 /k\n module2 /m\n}", "multiboot 2"),
            ("menuentry a { chainloader +1 }", "chainloader"), ("menuentry a { reboot }", "boots no kernel"),
            ("set timeout=5", "boots no kernel"),
        ] {
            XCTAssertThrowsError(try Menus.grub(text)) { error in
                let error = error as? BootMediaError
                XCTAssertEqual(error?.code, .notLiftable, text)
                XCTAssertTrue(error?.reason.contains(reason) ?? false, "\(String(describing: error))")
                XCTAssertTrue(error?.place.hasPrefix("boot/grub/grub.cfg") ?? false)
            }
        }
    }

    func testWhatIsNotUnderstoodIsAnErrorWithItsLine() {
        for (text, line) in [
            ("\n\nwhile true; do boot; done", 3), ("linux /k 'open", 1), ("if true; then\nlinux /k\n", 3),
            ("menuentry a {\n linux /k\n", 3), ("a && b", 1), ("}", 1),
        ] {
            XCTAssertThrowsError(try Menus.grub(text), text) { error in
                XCTAssertEqual((error as? BootMediaError)?.code, .menuNotUnderstood)
                XCTAssertEqual((error as? BootMediaError)?.place, "boot/grub/grub.cfg:\(line)", text)
            }
        }
    }

    func testMenusThatNeverEndAreGivenUp() {
        let endless = [
            "source /boot/grub/grub.cfg", "function f { f; f; }\nf",
            "submenu a { configfile /boot/grub/grub.cfg }",
            String(repeating: "if true; then ", count: 5_000),
            (0..<40).map { "x=\"$x$x\(String(repeating: "y", count: $0))\"" }.joined(separator: "\n")
                + "\nlinux $x",
            (0..<6).map { "for a\($0) in 1 2 3 4 5 6 7 8 9 10; do " }.joined()
                + String(repeating: "true; done;", count: 6),
        ]
        for text in endless { _ = try? Menus.grub(text) }
    }

    func testNoDamageToAMenuDoesHarm() {
        for round in 1...1_500 { _ = try? Menus.grub(Menus.damaged(Self.usual, round: UInt64(round))) }
    }

    func testAnErrorIsOneLineWhateverTheMenuHolds() {
        XCTAssertThrowsError(try Menus.grub("menuentry 'a\n\u{1b}[31m' { reboot }")) { error in
            let text = "\(error)"
            XCTAssertFalse(text.unicodeScalars.contains { $0.value < 0x20 }, text)
        }
    }
}
