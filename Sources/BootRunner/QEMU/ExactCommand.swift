import BootStore
import Foundation
import Glibc
import GuestObserver

extension QEMUCommandLine {
    /// Whether the command boots a Linux kernel that QEMU loads itself.
    var bootsLinux: Bool {
        ExactRecipe.isLinuxKernel(values("kernel").last.map { Files.bytes($0, limit: 1024) } ?? [])
    }

    /// Has a Linux kernel run where it was linked, so that its functions have their names in a profile; gives
    /// whether that changed the command.
    @discardableResult
    mutating func fixAddresses() -> Bool {
        guard bootsLinux else { return false }
        let words = values("append").last ?? ""
        guard !words.split(separator: " ").contains("nokaslr") else { return false }
        setCommandLine(words.isEmpty ? "nokaslr" : words + " nokaslr")
        return true
    }

    /// Gives the kernel another command line.
    mutating func setCommandLine(_ words: String) {
        let option = QEMUOption("append", words)
        if let place = options.lastIndex(where: { $0.name == "append" }) {
            options[place] = option
        } else {
            options.append(option)
        }
    }

    /// Makes every boot of the command execute the same instructions, and gives what a reader should know of it.
    ///
    /// A CD stays in the command: `exactBoot` lifts its kernel when it boots.
    /// - Throws: `RunnerError` of code `.usage` that names the option which makes that impossible, and what to
    ///   change.
    mutating func makeExact() throws -> [String] {
        let own = try PrivateFolder()
        let lifted = try liftingDisc(into: own.path)
        let recipe = ExactRecipe(
            arguments: Array(words.dropFirst()), serialFile: nil,
            kernelIsLinux: bootsLinux, discIsLifted: bootsDisc)
        if let refusal = recipe.refusals.first {
            throw RunnerError(
                .usage, "This command cannot boot exactly: \(refusal.option): \(refusal.reason).",
                next: refusal.nextStep)
        }
        self = try QEMUCommandLine([program] + recipe.arguments)
        let fixed = lifted.command.bootsLinux && bootsDisc ? ["nokaslr on the kernel's command line"] : []
        let changes = recipe.changes + fixed
        return [lifted.note].compactMap { $0.map { "exact boots: \($0)" } }
            + recipe.warnings.map { "exact boots: \($0)" }
            + (changes.isEmpty ? [] : ["for exact boots: \(changes.joined(separator: ", "))"])
    }

    /// The command as an exact boot is started: without a CD, its multiboot kernel and modules under names in
    /// `folder` that are the same wherever they come from, because the kernel gets to see them.
    /// - Throws: `RunnerError`.
    func exactBoot(in folder: String) throws -> QEMUCommandLine {
        var command = try liftingDisc(into: folder).command
        command.fixAddresses()
        guard !command.bootsLinux, let kernel = command.values("kernel").last else { return command }
        try command.replace("kernel", by: Self.link("\(folder)/kernel", to: kernel))
        try command.replaceModules { path, name in try Self.link("\(folder)/\(name)", to: path) }
        return command
    }

    /// Gives each file of `-initrd` another path, by its old one and a name that no other has.
    mutating func replaceModules(_ replacement: (_ path: String, _ name: String) throws -> String) throws {
        guard let value = values("initrd").last else { return }
        var names: Set<String> = ["kernel"]
        let isOneFile = Files.exists(value)
        let modules = try (isOneFile ? [value] : QEMUOption.split(value)).map { module in
            let path = isOneFile ? module : String(module.prefix { $0 != " " })
            var name = path.lastPathPart
            while !names.insert(name).inserted { name += "+" }
            return try replacement(path, name) + module.dropFirst(path.count)
        }
        replace("initrd", by: modules.map(QEMUOption.escaped).joined(separator: ","))
    }

    private mutating func replace(_ name: String, by value: String) {
        options = options.map { $0.name == name ? QEMUOption(name, value) : $0 }
    }

    /// Names kernel and modules in `folder` by another name of that folder.
    mutating func show(_ folder: String, as shown: String) {
        for name in ["kernel", "initrd"] {
            guard let value = values(name).last else { continue }
            replace(name, by: value.replacingOccurrences(of: folder + "/", with: shown + "/"))
        }
    }

    /// Makes a link, where the file is not there already.
    private static func link(_ path: String, to target: String) throws -> String {
        guard path != target else { return path }
        let target = URL(fileURLWithPath: target).path
        guard symlink(target, path) == 0 || errno == EEXIST else {
            throw RunnerError(
                .environment, "\(path) could not be made: \(systemMessage(errno)).",
                next: "Set TMPDIR to a folder that you may write to and that has space.")
        }
        return path
    }
}
