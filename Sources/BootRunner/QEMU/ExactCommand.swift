import GuestObserver

extension QEMUCommandLine {
    /// Makes every boot of the command execute the same instructions, and gives what a reader should know of it.
    /// - Throws: `RunnerError` of code `.usage` that names the option which makes that impossible, and what to
    ///   change.
    mutating func makeExact() throws -> [String] {
        let kernel = values("kernel").last.map { Files.bytes($0, limit: 1024) } ?? []
        let recipe = ExactRecipe(
            arguments: Array(words.dropFirst()), serialFile: nil,
            kernelIsLinux: ExactRecipe.isLinuxKernel(kernel))
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
