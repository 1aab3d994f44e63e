import XCTest

@testable import BootRunner

final class QEMUOptionTests: XCTestCase {
    func testOptionsTakeTheNextWordUnlessTheyStandAlone() {
        let options = QEMUOption.parse(
            ["-m", "64", "-nographic", "--kernel", "-odd", "disk.img", "-snapshot"][...])
        XCTAssertEqual(
            options,
            [
                QEMUOption("m", "64"), QEMUOption("nographic"), QEMUOption("kernel", "-odd"),
                QEMUOption("", "disk.img"), QEMUOption("snapshot"),
            ])
    }

    func testReadingAndWritingKeepsEveryWord() {
        let words = ["-m", "64", "-nographic", "a.img", "-append", "", "-accel", "kvm", "-enable-kvm"]
        XCTAssertEqual(QEMUOption.parse(words[...]).flatMap(\.words), words)
    }

    func testDoubledCommasArePartsOfAValue() {
        XCTAssertEqual(
            QEMUOption.split("file=a,,b,format=raw,,,if=ide"), ["file=a,b", "format=raw,", "if=ide"])
        XCTAssertEqual(QEMUOption.split(""), [""])
        XCTAssertEqual(QEMUOption.split(",,"), [","])
        let option = QEMUOption("drive", "file=a,,b=c.img,if=none")
        XCTAssertEqual(option.part("file"), "a,b=c.img")
        XCTAssertEqual(option.part("if"), "none")
        XCTAssertNil(option.part("format"))
        XCTAssertEqual(QEMUOption("smp", "4,sockets=2").part(""), "4")
    }

    func testAnEscapedPathIsReadBack() {
        for path in ["/tmp/a,b", ",", "a,,b", "plain"] {
            XCTAssertEqual(QEMUOption("x", "path=" + QEMUOption.escaped(path)).part("path"), path)
        }
    }
}
