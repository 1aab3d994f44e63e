import BootTestSupport
import XCTest

@testable import BootMedia

/// Real CD images: the guests', and some made here by xorriso.
final class LiftedBootTests: XCTestCase {
    private func contents(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    func testAnISOLINUXCDGivesKernelAndRAMDiskByteForByte() throws {
        let folder = try temporaryFolder()
        let lifted = try LiftedBoot(from: try Guests.linuxCD(), into: folder)
        let original = try Guests.linuxCloud()
        XCTAssertEqual(lifted.menu, "isolinux/isolinux.cfg")
        XCTAssertEqual(lifted.entry.commandLine, "console=ttyS0 panic=-1")
        XCTAssertEqual(try contents(lifted.kernel), try contents(original.kernel))
        XCTAssertEqual(try contents(try XCTUnwrap(lifted.initrd)), try contents(original.initialRAMDisk))
    }

    func testAGRUBCDGivesKernelAndModulesWithTheirWords() throws {
        let folder = try temporaryFolder()
        let lifted = try LiftedBoot(from: try Guests.gnuMachCD(), into: folder)
        XCTAssertEqual(lifted.entry.kind, .multiboot)
        XCTAssertEqual(lifted.entry.commandLine, "console=com0")
        XCTAssertEqual(try contents(lifted.kernel), try contents(try Guests.path("gnumach/gnumach")))
        XCTAssertEqual(
            lifted.initrd, "\(folder)/bootstrap ${host-port} ${device-port} $(task-create) $(task-resume)")
    }

    func testCompressedKernelsAreUnpackedAndNamesAreFoundWithoutRegardToCase() throws {
        let folder = try temporaryFolder()
        let gzipped: [UInt8] = [
            0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86, 0xa6, 0x10,
            0x36, 5, 0,
            0, 0,
        ]
        let image = try DiscFiles.image(
            [
                "boot/grub/grub.cfg": Array("multiboot /Boot/KERNEL.gz a,b\nmodule /m x,y z\nboot".utf8),
                "boot/kernel.gz": gzipped, "m": Array("module".utf8),
            ], in: folder)
        let lifted = try LiftedBoot(from: image, into: folder)
        XCTAssertEqual(try contents("\(folder)/KERNEL.gz"), Array("hello".utf8))
        XCTAssertEqual(lifted.kernel, "\(folder)/KERNEL.gz")
        XCTAssertEqual(lifted.initrd, "\(folder)/m z", "the first word repeats the module's name")
    }

    func testSeveralRAMDisksBecomeOneAsABootLoaderWouldLoadThem() throws {
        let folder = try temporaryFolder()
        let image = try DiscFiles.image(
            [
                "isolinux.cfg": Array("default /k initrd=a,b,a".utf8), "k": [1], "a": [1, 2, 3, 4, 5],
                "b": [6],
            ], in: folder, options: ["-R"])
        let lifted = try LiftedBoot(from: image, into: folder)
        XCTAssertEqual(
            try contents(try XCTUnwrap(lifted.initrd)), [1, 2, 3, 4, 5, 0, 0, 0, 6, 0, 0, 0, 1, 2, 3, 4, 5])
    }

    func testACDOfMINIXGivesKernelAndModulesInTheirOrder() throws {
        let folder = try temporaryFolder()
        let menu = """
            menu=Regular MINIX 3:multiboot /boot/minix_default/kernel bootcd=1
            load=/boot/minix_default/mod01_ds
            load=/boot/minix_default/mod02_rs
            """
        let image = try DiscFiles.image(
            [
                "boot.cfg": Array(menu.utf8), "boot/minix_default/kernel": [1],
                "boot/minix_default/mod01_ds": [2], "boot/minix_default/mod02_rs": [3],
            ], in: folder, options: ["-R"])
        let lifted = try LiftedBoot(from: image, into: folder)
        XCTAssertEqual(lifted.menu, "boot.cfg")
        XCTAssertEqual(lifted.entry.commandLine, "bootcd=1")
        XCTAssertEqual(lifted.initrd, "\(folder)/mod01_ds,\(folder)/mod02_rs")
        XCTAssertEqual(try contents("\(folder)/mod02_rs"), [3])
    }

    func testWhatIsNoCDOrHasNoMenuOrLacksAFileIsSaidSo() throws {
        let folder = try temporaryFolder()
        let none = try DiscFiles.image(["file": [1]], in: folder)
        func code(_ path: String) -> BootMediaError.Code? {
            do throws(BootMediaError) {
                _ = try LiftedBoot(from: path, into: folder)
                return nil
            } catch { return error.code }
        }
        XCTAssertEqual(code(none), .noMenu)
        XCTAssertEqual(code("/no/such.iso"), .imageUnusable)
        XCTAssertEqual(code(try Guests.tiny()), .imageUnusable)
        let lacking = try DiscFiles.image(
            ["isolinux.cfg": Array("default /k".utf8)], in: try temporaryFolder())
        XCTAssertEqual(code(lacking), .fileMissing)
    }

    func testADamagedImageDoesNoHarm() throws {
        let folder = try temporaryFolder()
        let image = try DiscFiles.image(
            ["isolinux.cfg": Array("default /k initrd=a".utf8), "k": [1], "a": [2]], in: folder,
            options: ["-R", "-J"])
        let whole = try contents(image)
        for round in 0..<200 {
            var damaged = whole
            for step in 0..<20 {
                // The descriptors and directories, which begin behind 16 sectors.
                let place = 16 * 2048 + (round &* 7919 &+ step &* 104_729) % (16 * 2048)
                if place < damaged.count { damaged[place] = UInt8(truncatingIfNeeded: round &* 31 &+ step) }
            }
            if round % 4 == 0 { damaged = Array(damaged.prefix(16 * 2048 + round * 100)) }
            let path = "\(folder)/damaged.iso"
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            _ = try? LiftedBoot(from: path, into: folder)
        }
    }
}
