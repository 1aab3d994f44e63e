import Foundation

/// The same images in another layout: a boot that does the same, with everything in it at another place.
///
/// What is put in is what no guest heeds: spaces behind the command line, zeros behind the initial RAM disk (Linux
/// skips them, and padded archives are usual) or behind a multiboot module (whose format says where it ends).
/// That moves where things lie in memory and when each timer fires, as another build of the images would.
struct LayoutControl: Sendable, Hashable {
    /// Spaces behind the kernel's command line.
    var spaces: Int
    /// Bytes of zeros behind the initial RAM disk or each module: a multiple of 4, which every archive allows.
    var padding: Int

    /// Control number `number`, from 1: each is another one, the same for every run.
    init(number: Int) {
        // Small, because a guest has to skip them: a Linux takes 10 instructions for a byte of padding, and prints
        // the spaces. In an order in which few already differ.
        let paddings = [1024, 4, 2048, 256, 1536, 64, 768, 512]
        let spaces = [4, 1, 2, 8, 3, 6, 5, 7]
        let (round, place) = (max(0, number - 1) / 8, max(0, number - 1) % 8)
        padding = paddings[place] + round * 2048
        self.spaces = spaces[place] + round * 8
    }

    /// The command in this layout, and what was changed in one line.
    ///
    /// - Parameters:
    ///   - command: as an exact boot is started, before its files are shown under another name.
    ///   - folder: the boot's own, for padded copies.
    /// - Throws: `RunnerError` where a copy cannot be written.
    func applied(to command: QEMUCommandLine, in folder: String) throws -> (QEMUCommandLine, note: String) {
        var command = command
        var changes: [String] = []
        if command.has("kernel") {
            let line = command.values("append").last ?? ""
            command.setCommandLine(line + String(repeating: " ", count: spaces))
            changes.append("\(spaces) space\(spaces == 1 ? "" : "s") behind the command line")
        }
        var padded = 0
        try command.replaceModules { path, name in
            padded += 1
            // In the place of a link of that name, so that the guest is told the same one.
            return try pad(path, as: "\(folder)/\(name)")
        }
        if padded > 0 {
            let what = command.bootsLinux ? "the initial RAM disk" : "each module"
            changes.append("\(padding) bytes behind \(what)")
        }
        return (command, "control: \(changes.isEmpty ? "nothing to vary" : changes.joined(separator: ", "))")
    }

    private func pad(_ path: String, as copy: String) throws -> String {
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try? FileManager.default.removeItem(atPath: copy)
            try (bytes + Data(count: padding)).write(to: URL(fileURLWithPath: copy))
            return copy
        } catch {
            throw RunnerError(
                .environment, "\(copy), a padded copy of \(path), could not be written.",
                next: "Set TMPDIR to a folder that you may write to and that has space.")
        }
    }
}
