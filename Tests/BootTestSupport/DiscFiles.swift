import Foundation

/// CD images that a test makes.
public enum DiscFiles {
    /// A CD with these files, as xorriso writes it, in `folder`.
    public static func image(
        _ files: [String: [UInt8]], in folder: String, options: [String] = []
    ) throws -> String {
        let xorriso = try RequiredTool.need("xorriso", package: "xorriso")
        for (name, bytes) in files {
            let path = "\(folder)/files/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: xorriso)
        process.arguments =
            ["-report_about", "FAILURE", "-as", "mkisofs", "-quiet", "-o", "\(folder)/cd.iso"] + options
            + ["\(folder)/files"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: "\(folder)/cd.iso"])
        }
        return "\(folder)/cd.iso"
    }
}
