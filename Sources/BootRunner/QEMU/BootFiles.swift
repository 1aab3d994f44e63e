import BootStore
import Foundation

/// A file that a QEMU command boots from.
struct BootFile: Hashable, Sendable {
    /// What the file is to the guest: `kernel`, `initrd`, `cdrom`, `disk`, `firmware`; or to QEMU: `plugin`.
    var role: String
    /// Its path, as the command names it.
    var path: String
}

extension QEMUCommandLine {
    /// The files that the command names, in its order.
    var files: [BootFile] {
        options.flatMap { option -> [BootFile] in
            guard let value = option.value else { return [] }
            switch option.name {
            case "kernel": return [BootFile(role: "kernel", path: value)]
            case "initrd": return Self.modules(value)
            case "dtb": return [BootFile(role: "device-tree", path: value)]
            case "cdrom": return Self.isRemote(value) ? [] : [BootFile(role: "cdrom", path: value)]
            case "plugin":
                let path = option.part("file") ?? option.part("")
                return path.map { [BootFile(role: "plugin", path: $0)] } ?? []
            case "pflash": return [BootFile(role: "firmware", path: value)]
            case "hda", "hdb", "hdc", "hdd", "fda", "fdb", "", "sd", "mtdblock":
                return Self.isRemote(value) ? [] : [BootFile(role: "disk", path: value)]
            case "bios":
                // A bare name may be one of QEMU's own, which its version stands for.
                let isFile = FileManager.default.fileExists(atPath: value) || value.contains("/")
                return isFile ? [BootFile(role: "firmware", path: value)] : []
            case "drive":
                guard let path = option.part("file") ?? option.part("file.filename"), !Self.isRemote(path)
                else { return [] }
                let isFirmware = option.part("if") == "pflash"
                let role = option.part("media") == "cdrom" ? "cdrom" : isFirmware ? "firmware" : "disk"
                return [BootFile(role: role, path: path)]
            case "blockdev":
                // `file=` names another node here, and no file.
                guard let path = option.part("filename") ?? option.part("file.filename") else { return [] }
                return [BootFile(role: "disk", path: path)]
            default: return []
            }
        }
    }

    /// Whether QEMU takes a disk's name for a protocol and its argument: `nbd:…`, `https://…`, `fat:folder`.
    private static func isRemote(_ name: String) -> Bool {
        guard let colon = name.firstIndex(of: ":") else { return false }
        return !name[..<colon].contains("/")
    }

    /// A multiboot kernel takes several modules, each with words of its own; Linux takes one file.
    private static func modules(_ value: String) -> [BootFile] {
        if FileManager.default.fileExists(atPath: value) { return [BootFile(role: "initrd", path: value)] }
        return QEMUOption.split(value).map { module in
            BootFile(role: "initrd", path: String(module.split(separator: " ").first ?? ""))
        }
    }

    /// Looks at every file that the command boots before any time is spent on booting it.
    /// - Throws: `RunnerError` of code `.input` that names the file.
    func checkFiles() throws {
        for file in files where !file.path.hasPrefix("/dev/fdset") {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else {
                throw RunnerError(
                    .input, "The \(file.role) \(file.path) does not exist.",
                    next:
                        "Check the path in the QEMU command; relative paths start at \(FileManager.default.currentDirectoryPath)."
                )
            }
            guard !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: file.path) else {
                throw RunnerError(
                    .input, "The \(file.role) \(file.path) cannot be read.",
                    next: "It has to be a file that you may read: see ls -l \(file.path).")
            }
            defer { try? handle.close() }
            if file.role == "cdrom", !Self.isCDImage(handle) {
                throw RunnerError(
                    .input, "\(file.path) is no CD image: it has no ISO 9660 descriptor at byte 32,769.",
                    next: "Give an .iso file to -cdrom, or a disk image to -drive file=…")
            }
            if file.role == "kernel", ((try? handle.read(upToCount: 1)) ?? nil)?.isEmpty ?? true {
                throw RunnerError(
                    .input, "The kernel \(file.path) is empty.", next: "Build or download it again.")
            }
        }
    }

    private static func isCDImage(_ handle: FileHandle) -> Bool {
        guard (try? handle.seek(toOffset: 0x8001)) != nil,
            let mark = try? handle.read(upToCount: 5)
        else { return false }
        return mark == Data("CD001".utf8)
    }

    /// The command without the paths that differ from machine to machine: what a digest is taken of.
    var portable: String {
        var words: [String] = []
        // Longest first, and always in the same order: one path may be a part of another.
        let paths = Set(files.map(\.path)).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
        for option in options {
            guard let value = option.value else {
                words.append("-\(option.name)")
                continue
            }
            let shown = paths.reduce(value) { text, path in
                path.isEmpty ? text : text.replacingOccurrences(of: path, with: "FILE")
            }
            words.append("-\(option.name) \(shown)")
        }
        return program.lastPathPart + " " + words.joined(separator: " ")
    }
}
