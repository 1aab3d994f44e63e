import Foundation
import XCTest

@testable import BootProfiles

/// Writes the profiles that Tests/Conformance/check-profile-formats has others open.
final class ConformanceProfiles: XCTestCase {
    func testAProfileIsWrittenInEveryFormat() throws {
        var profile = Profile()
        for index in 0..<200 {
            try profile.add(
                names: ["main", "work", "f\(index % 7)", "operator<< <int>", "g\(index)"],
                weight: Double(index + 1))
        }
        try profile.add(names: ["main", "work", "work", "\"quoted\" 日本"], weight: 5)
        let folder = ProcessInfo.processInfo.environment["BOOTMARK_PROFILES"]
        for format in ProfileFormat.allCases {
            let bytes = try profile.encoded(as: format)
            XCTAssertFalse(bytes.isEmpty)
            if let folder { try OutputFile.write(bytes, to: "\(folder)/profile.\(format.rawValue)") }
        }
    }
}
