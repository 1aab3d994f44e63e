import BootTestSupport
import Foundation
import XCTest

@testable import BootProfiles

/// Writes the profiles that Tests/Conformance/check-profile-formats has others open.
final class ConformanceProfiles: XCTestCase {
    func testProfilesAreWrittenInEveryFormat() throws {
        var profile = Profile()
        for index in 0..<200 {
            try profile.add(
                names: ["main", "work", "f\(index % 7)", "operator<< <int>", "g\(index)"],
                weight: Double(index + 1))
        }
        try profile.add(names: ["main", "work", "work", "\"quoted\" 日本"], weight: 5)
        var hostile = Profile(unit: "\u{1B}[2J\"<b>")
        hostile.notes = ["\u{202E}note\n\u{0}"]
        for (index, name) in HostileNames.all.enumerated() {
            try hostile.add(
                names: ["main", String(decoding: name.bytes, as: UTF8.self), "leaf"],
                weight: Double(index + 1))
        }
        let recording = (1...9).map { "w 7/7 [000] 1.\($0)00000: 5 cycles: \n\t40 f\($0 % 3) (/bin/w)\n\n" }
            .joined()
        let timed = try SampleFiles.read(Array(recording.utf8)) { $0.keepsSamples = true }
        XCTAssertFalse(timed.samples.isEmpty)
        let folder = ProcessInfo.processInfo.environment["BOOTMARK_PROFILES"]
        for (name, profile) in [
            ("profile", profile), ("hostile", hostile), ("timed", timed), ("none", Profile()),
        ] {
            for format in ProfileFormat.allCases {
                let bytes = try profile.encoded(as: format)
                XCTAssertTrue(!bytes.isEmpty || profile.isEmpty)
                if let folder { try OutputFile.write(bytes, to: "\(folder)/\(name).\(format.rawValue)") }
            }
        }
    }
}
