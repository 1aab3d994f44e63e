import GuestObserver

extension QEMUCommandLine {
    /// Whether the command boots a Linux kernel that QEMU loads itself.
    private var bootsLinux: Bool {
        ExactRecipe.isLinuxKernel(values("kernel").last.map { Files.bytes($0, limit: 1024) } ?? [])
    }

    /// Has a Linux kernel run where it was linked, so that its functions have their names in a profile; gives
    /// whether that changed the command.
    @discardableResult
    mutating func fixAddresses() -> Bool {
        guard bootsLinux else { return false }
        let place = options.lastIndex { $0.name == "append" }
        let words = place.flatMap { options[$0].value } ?? ""
        guard !words.split(separator: " ").contains("nokaslr") else { return false }
        let option = QEMUOption("append", words.isEmpty ? "nokaslr" : words + " nokaslr")
        if let place { options[place] = option } else { options.append(option) }
        return true
    }

    /// Makes every boot of the command execute the same instructions, and gives what a reader should know of it.
    /// - Throws: `RunnerError` of code `.usage` that names the option which makes that impossible, and what to
    ///   change.
    mutating func makeExact() throws -> [String] {
        let recipe = ExactRecipe(
            arguments: Array(words.dropFirst()), serialFile: nil,
            kernelIsLinux: bootsLinux)
        if let refusal = recipe.refusals.first {
            throw RunnerError(
                .usage, "This command cannot boot exactly: \(refusal.option): \(refusal.reason).",
                next: refusal.nextStep)
        }
        self = try QEMUCommandLine([program] + recipe.arguments)
        return recipe.warnings.map { "exact boots: \($0)" }
            + (recipe.changes.isEmpty ? [] : ["for exact boots: \(recipe.changes.joined(separator: ", "))"])
    }
}
