/// Tells kinds of input apart by how they begin.
enum Recognition {
    /// The kind of an input that begins with `head`.
    static func kind(of head: ArraySlice<UInt8>, name: String) throws(ProfileError) -> ProfileInput.Kind {
        guard !head.isEmpty else {
            throw ProfileError(
                .empty, file: name, "it is empty", nextStep: "Record the profile again.")
        }
        if PerfDataFile.isPerfData(head) { return .perfData }
        if SpeedscopeFormat.begins(head) { return .speedscope }
        if PprofFormat.begins(head) { return .pprof }
        if let kind = text(head) { return kind }
        throw ProfileError(
            .unknownKind, file: name, at: .byte(0), "it is no kind of profile that is read",
            nextStep: "Give one of: "
                + ProfileInput.Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    }

    private static func text(_ head: ArraySlice<UInt8>) -> ProfileInput.Kind? {
        var lines = head.split(separator: 0x0A, maxSplits: 400, omittingEmptySubsequences: true)
        // The last one may be cut by the end of the look-ahead, or may be the rest.
        if lines.count > 400 || head.count >= ProfileInput.lookAhead, lines.count > 1 { lines.removeLast() }
        var single = 0
        var double = 0
        for line in lines {
            let verdict = line.withUnsafeBytes { classify($0) }
            switch verdict {
            case .perfScript: return .perfScript
            case .folded: single += 1
            case .foldedPair: double += 1
            case .perfData, .speedscope, .pprof, nil: continue
            }
        }
        // Frames may end in a number, so only lines that all have two are pairs.
        if double > 0, single == 0 { return .foldedPair }
        return single + double > 0 ? .folded : nil
    }

    private static func classify(_ line: UnsafeRawBufferPointer) -> ProfileInput.Kind? {
        guard line.count > 0, line[0] != 0x23 else { return nil }
        if line[0] == 0x20 || line[0] == 0x09 {
            if SampleHeader.single(line) != nil { return .perfScript }
        } else if let header = SampleHeader(line), header.event != nil || SampleHeader.single(line) != nil {
            return .perfScript
        }
        guard let (rest, _) = FoldedLine.split(line), rest.count > 0 else { return nil }
        guard let (stack, _) = FoldedLine.split(rest), stack.count > 0 else { return .folded }
        return .foldedPair
    }
}
