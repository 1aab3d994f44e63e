import Foundation

extension Artifact {
    /// The environment variable that names the folder of the guests.
    public static let guestsVariable = "BOOTMARK_GUESTS"

    /// One of the guests that `make guests` fetches: `linux-cloud/vmlinuz`.
    ///
    /// It lies under the folder that BOOTMARK_GUESTS names, or under Guests/build beside the Package.swift
    /// that is nearest, from the current folder upwards.
    public static func guest(_ path: String) -> Artifact {
        guest(
            path, environment: ProcessInfo.processInfo.environment,
            from: FileManager.default.currentDirectoryPath)
    }

    /// A file that the user names by an environment variable.
    /// - Parameter hint: what to do where the variable is not set.
    public static func environment(_ variable: String, hint: String? = nil) -> Artifact {
        environment(variable, hint: hint, in: ProcessInfo.processInfo.environment)
    }

    /// A file of one's own.
    public static func file(_ path: String, hint: String = "check the path in the scenario") -> Artifact {
        Artifact(path: path, hint: hint)
    }

    /// Why the file cannot be booted, in one line with the next step; nil where it is there to be read.
    public var absence: String? {
        if path.isEmpty, let variable { return "\(variable) is not set: \(hint)" }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            let named = variable.map { "\($0) names a file that does not exist: \(path)" }
            return "\(named ?? "\(path) does not exist"): \(hint)"
        }
        if isFolder.boolValue { return "\(path) is a folder and not a file: \(hint)" }
        return FileManager.default.isReadableFile(atPath: path) ? nil : "\(path) cannot be read: \(hint)"
    }

    static func guest(_ path: String, environment: [String: String], from folder: String) -> Artifact {
        if let guests = environment[guestsVariable], !guests.isEmpty {
            return Artifact(
                path: guests + "/" + path, hint: "make guests, or set \(guestsVariable) to their folder")
        }
        // Beside the current folder's own Package.swift the path stays relative: it goes into baselines, which
        // others read whose folders have other names.
        let package = package(above: folder)
        let base = package == nil || package == folder ? "" : (package ?? "") + "/"
        return Artifact(path: base + "Guests/build/" + path, hint: "make guests")
    }

    static func environment(
        _ variable: String, hint: String?, in environment: [String: String]
    ) -> Artifact {
        Artifact(
            path: environment[variable] ?? "", hint: hint ?? "set \(variable) to the file's path",
            variable: variable)
    }

    /// The nearest folder, from `folder` upwards, that holds a Package.swift.
    private static func package(above folder: String) -> String? {
        var folder = folder
        while true {
            if FileManager.default.fileExists(atPath: folder + "/Package.swift") { return folder }
            let parent = (folder as NSString).deletingLastPathComponent
            if parent == folder || parent.isEmpty { return nil }
            folder = parent
        }
    }
}

extension Scenario {
    /// Why the scenario cannot be booted here: the first of its files that is absent, in one line with the
    /// next step; nil where all are there.
    public var absence: String? { ownAbsence ?? referenceScenario?.ownAbsence }

    /// The first of the scenario's files that is absent, or of its reference's.
    var absentArtifact: Artifact? {
        guard absence != nil else { return nil }
        return ownAbsence == nil ? reference?.medium?.artifact ?? medium.artifact : medium.artifact
    }

    private var ownAbsence: String? {
        let artifact = medium.artifact
        if let absence = artifact.absence { return absence }
        // A list of multiboot modules is no path; QEMU itself says which of those is missing.
        guard case .kernel(_, let disk?, _) = medium, !disk.contains(","), !disk.contains(" ") else {
            return nil
        }
        return Artifact(path: disk, hint: artifact.hint).absence
    }
}
