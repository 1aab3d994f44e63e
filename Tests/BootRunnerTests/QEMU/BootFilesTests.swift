import BootTestSupport
import XCTest

@testable import BootRunner

final class BootFilesTests: XCTestCase {
    func testEveryFileThatACommandBootsIsFoundWithItsRole() throws {
        let found = try files(
            "-kernel k -initrd i -cdrom c.iso -hda a.img -drive file=d,,1.img,if=ide -drive file=e.iso,media=cdrom "
                + "-drive if=pflash,file=f.fd -pflash g.fd -bios ./h.fd last.img -dtb t.dtb")
        XCTAssertEqual(
            found.map { "\($0.role) \($0.path)" },
            [
                "kernel k", "initrd i", "cdrom c.iso", "disk a.img", "disk d,1.img", "cdrom e.iso",
                "firmware f.fd", "firmware g.fd", "firmware ./h.fd", "disk last.img", "device-tree t.dtb",
            ])
    }

    func testWhatIsNoFileIsNotLookedFor() throws {
        let found = try files(
            "-drive if=none,id=n -drive file=nbd:localhost:1,if=ide -drive file=fat:folder -cdrom https://host/a.iso "
                + "-hda json:{} -bios seabios.bin -drive file=./a:b.img")
        XCTAssertEqual(found.map(\.path), ["./a:b.img"])
    }

    func testTheNodeThatABlockDeviceStandsOnIsNoFile() throws {
        let found = try files(
            "-blockdev driver=file,node-name=f,filename=d.img,read-only=on "
                + "-blockdev driver=raw,node-name=r,file=f,read-only=on "
                + "-blockdev driver=raw,file.driver=file,file.filename=e.img,read-only=on")
        XCTAssertEqual(found.map(\.path), ["d.img", "e.img"])
    }

    func testModulesOfAMultibootKernelAreFilesEach() throws {
        let line = try QEMUCommandLine([
            "qemu-system-i386", "-kernel", "k", "-initrd", "mod01_ds arg=1,mod02_rs,a,,b -x",
        ])
        XCTAssertEqual(line.files.map(\.path), ["k", "mod01_ds", "mod02_rs", "a,b"])
    }

    func testAMissingFileIsNamedWithItsRole() throws {
        let folder = try temporaryFolder()
        let line = try QEMUCommandLine(["qemu-system-i386", "-kernel", "\(folder)/none"])
        XCTAssertThrowsError(try line.checkFiles()) { error in
            let error = error as? RunnerError
            XCTAssertEqual(error?.code, .input)
            XCTAssertEqual(error?.problem, "The kernel \(folder)/none does not exist.")
        }
    }

    func testAMissingModuleIsNamed() throws {
        let folder = try temporaryFolder()
        try File.write([1], to: folder + "/k")
        try File.write([1], to: folder + "/one")
        let line = try QEMUCommandLine([
            "qemu-system-i386", "-kernel", "\(folder)/k", "-initrd", "\(folder)/one word,\(folder)/two",
        ])
        XCTAssertThrowsError(try line.checkFiles()) { error in
            XCTAssertEqual((error as? RunnerError)?.problem, "The initrd \(folder)/two does not exist.")
        }
        try File.write([1], to: folder + "/two")
        XCTAssertNoThrow(try line.checkFiles())
    }

    func testACDThatIsATextFileIsSaidToBeNone() throws {
        let folder = try temporaryFolder()
        for contents in [Array("not an image\n".utf8), [], [UInt8](repeating: 32, count: 100_000)] {
            try File.write(contents, to: folder + "/a.iso")
            let line = try QEMUCommandLine(["qemu-system-i386", "-cdrom", "\(folder)/a.iso"])
            XCTAssertThrowsError(try line.checkFiles()) { error in
                XCTAssertEqual((error as? RunnerError)?.code, .input)
                XCTAssertTrue("\(error)".contains("is no CD image"), "\(error)")
            }
        }
        var image = [UInt8](repeating: 0, count: 0x8800)
        image.replaceSubrange(0x8001..<0x8006, with: Array("CD001".utf8))
        try File.write(image, to: folder + "/a.iso")
        XCTAssertNoThrow(try QEMUCommandLine(["qemu-system-i386", "-cdrom", "\(folder)/a.iso"]).checkFiles())
    }

    func testAFolderAndAnEmptyKernelAreRefused() throws {
        let folder = try temporaryFolder()
        XCTAssertThrowsError(try QEMUCommandLine(["q", "-kernel", folder]).checkFiles()) {
            XCTAssertTrue("\($0)".contains("cannot be read"), "\($0)")
        }
        try File.write([], to: folder + "/k")
        XCTAssertThrowsError(try QEMUCommandLine(["q", "-kernel", folder + "/k"]).checkFiles()) {
            XCTAssertTrue("\($0)".contains("is empty"), "\($0)")
        }
    }

    func testTheCommandWithoutPathsIsTheSameInAnotherFolder() throws {
        let portable = { (folder: String) in
            try QEMUCommandLine([
                "/usr/bin/qemu-system-i386", "-kernel", "\(folder)/linux", "-initrd", "\(folder)/linux.gz",
                "-append",
                "console=ttyS0", "-nographic",
            ]).portable
        }
        XCTAssertEqual(
            try portable("/a"),
            "qemu-system-i386 -kernel FILE -initrd FILE -append console=ttyS0 -nographic")
        for folder in ["/a", "/b/c", "relative"] { XCTAssertEqual(try portable(folder), try portable("/a")) }
    }

    private func files(_ words: String) throws -> [BootFile] {
        try QEMUCommandLine(["qemu-system-i386"] + words.split(separator: " ").map(String.init)).files
    }
}
