import BootStore
import XCTest

final class PathPartsTests: XCTestCase {
    func testAPathIsTakenApartWhateverItsLength() {
        let parts = [
            ("a/b/c", "a/b", "c"), ("a/b/c/", "a/b", "c"), ("/a", "/", "a"), ("//a", "/", "a"),
            ("p", "", "p"),
            ("p/", "", "p"), ("a//b", "a", "b"), ("/", "/", ""), ("", "", ""), ("é/ü", "é", "ü"),
        ]
        for (path, folder, name) in parts {
            XCTAssertEqual(path.parentFolder, folder, path)
            XCTAssertEqual(path.lastPathPart, name, path)
        }
    }
}
