import BootMedia

extension QEMUCommandLine {
    /// The CD images that the command boots from.
    private var discs: [BootFile] { files.filter { $0.role == "cdrom" } }

    /// Whether an exact boot lifts its kernel out of a CD: where the command names one and no kernel.
    var bootsDisc: Bool { !has("kernel") && !discs.isEmpty }

    /// The image of the kernel that the command boots, for its symbols: the one that it names, or a copy of the one that
    /// its CD boots, made in `folder`. Nil where there is none, or none that is found.
    func kernelImage(in folder: String) -> String? {
        values("kernel").last ?? (try? liftingDisc(into: folder))?.command.values("kernel").last
    }

    /// Whether the command boots a Linux from a CD whose menu lets it choose its address.
    func discMovesLinux(in folder: String) -> Bool {
        guard bootsDisc, let lifted = try? liftingDisc(into: folder).command, lifted.bootsLinux else {
            return false
        }
        return !(lifted.values("append").last ?? "").split(separator: " ").contains("nokaslr")
    }

    /// The command with the kernel that its CD boots by default in place of the CD; as it is where it boots none.
    ///
    /// - Parameter folder: where kernel and modules go.
    /// - Returns: the command, and what was lifted in one line.
    /// - Throws: `RunnerError` that says why that is not possible, and what to do.
    func liftingDisc(into folder: String) throws -> (command: QEMUCommandLine, note: String?) {
        guard bootsDisc, let disc = discs.first else { return (self, nil) }
        guard discs.count == 1 else {
            throw RunnerError(
                .usage, "This command cannot boot exactly: it names \(discs.count) CDs.",
                next: "Name the one that it boots, whose kernel is lifted out of it.")
        }
        let isUEFI = has("pflash") || options.contains { $0.name == "drive" && $0.part("if") == "pflash" }
        let lifted: LiftedBoot
        do {
            lifted = try LiftedBoot(
                from: disc.path, into: folder, firmwareIsUEFI: isUEFI, isLongMode: program.hasSuffix("x86_64")
            )
        } catch {
            throw RunnerError(
                error.code == .notWritable ? .environment : .usage,
                "This command cannot boot exactly: a CD answers when the host does, and the kernel on \(disc.path) cannot be lifted out of it: \(error).",
                next: "Name kernel and initial RAM disk with -kernel and -initrd, or measure without --exact."
            )
        }
        var command = self
        command.options.removeAll { option in
            option.name == "cdrom" || option.name == "boot"
                || option.name == "drive" && option.part("media") == "cdrom"
        }
        command.options.append(QEMUOption("kernel", lifted.kernel))
        if let initrd = lifted.initrd { command.options.append(QEMUOption("initrd", initrd)) }
        // Plain QEMU refuses -append without -kernel, so who gives it with a CD means the CD's kernel.
        let words = [lifted.entry.commandLine] + values("append")
        let line = words.filter { !$0.isEmpty }.joined(separator: " ")
        command.options.removeAll { $0.name == "append" }
        if !line.isEmpty { command.options.append(QEMUOption("append", line)) }
        return (command, lifted.summary(of: disc.path))
    }
}

extension LiftedBoot {
    /// What was lifted, in one line.
    fileprivate func summary(of disc: String) -> String {
        let beside: String
        switch (entry.kind, entry.files.count) {
        case (_, 0): beside = ""
        case (.linux, 1): beside = " and \(entry.files[0].path)"
        case (.linux, let count): beside = " and \(count) RAM disks"
        case (.multiboot, let count): beside = " and \(count) module\(count == 1 ? "" : "s")"
        }
        let title = entry.title.isEmpty ? "" : ", entry '\(entry.title)'"
        return
            "in place of the CD \(disc): \(entry.kernel)\(beside), as \(menu) boots it\(title); the guest finds no CD, and no boot loader runs"
    }
}
