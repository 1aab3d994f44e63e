import Foundation
import XCTest

@testable import BootProfiles

/// The profiles in Tests/ProfileSamples: a folder for each kind, which fuzzing begins with, too.
enum SampleFiles {
    struct Sample {
        /// Kind and file: `austin/wall.txt`.
        var name: String
        /// The label of the kind, which is the folder's name.
        var label: String
        var bytes: [UInt8]

        /// The profile in it.
        func read(_ change: (inout FoldingOptions) -> Void = { _ in }) throws -> Profile {
            try SampleFiles.read(bytes, name: name, change)
        }
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("ProfileSamples")

    /// All samples, by name.
    static func all() throws -> [Sample] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().compactMap { path in
            let parts = path.split(separator: "/")
            guard parts.count == 2 else { return nil }
            return try sample(path)
        }
    }

    static func sample(_ name: String) throws -> Sample {
        Sample(
            name: name, label: String(name.prefix { $0 != "/" }),
            bytes: Array(try Data(contentsOf: folder.appendingPathComponent(name))))
    }

    /// Reads `bytes` with nothing of this machine looked into.
    static func read(
        _ bytes: [UInt8], name: String = "test", _ change: (inout FoldingOptions) -> Void = { _ in }
    ) throws -> Profile {
        try ProfileInput.open(.bytes(bytes, name: name), options: options(change)).read()
    }

    /// Reads `bytes` as the kind that `label` names.
    static func read(_ bytes: [UInt8], as label: String, partial: Bool) throws -> Profile {
        let input = try ProfileInput.open(
            .bytes(bytes, name: "test"), as: label, options: options { $0.partial = partial })
        return try XCTUnwrap(input, "there is no kind \(label)").read()
    }

    static func options(_ change: (inout FoldingOptions) -> Void) -> FoldingOptions {
        var options = FoldingOptions()
        options.symbolPlaces.root = "/no/such/root"
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        change(&options)
        return options
    }

    static func folded(_ profile: Profile) -> String {
        String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
    }
}
