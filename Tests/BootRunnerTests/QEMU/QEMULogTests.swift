import BootTestSupport
import XCTest

@testable import BootRunner

final class QEMULogTests: XCTestCase {
    func testTheComplaintIsTheLastLineThatIsNoWarning() throws {
        let path = try temporaryFolder() + "/qemu.log"
        for (text, message) in [
            ("qemu-system-i386: unsupported machine type\nUse -machine help\n", "unsupported machine type"),
            ("/lib/x: symbol lookup error\n", "/lib/x: symbol lookup error"),
            ("qemu-system-i386: warning: host doesn't support\n", "warning: host doesn't support"),
            ("qemu-system-i386: Could not open 'x'\nqemu-system-i386: warning: y\n", "Could not open 'x'"),
        ] {
            try File.write(Array(text.utf8), to: path)
            XCTAssertEqual(QEMULog.message(path), message)
        }
        try File.write(Array("\n\n".utf8), to: path)
        XCTAssertNil(QEMULog.message(path))
        XCTAssertNil(QEMULog.message(path + "-none"))
    }
}
