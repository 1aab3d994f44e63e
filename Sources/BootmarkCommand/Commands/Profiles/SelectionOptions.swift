import ArgumentParser
import BootModel
import BootProfiles
import BootStore
import Foundation

/// Which samples count, and from which side their stacks are looked at.
struct SelectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only these processes, by number.", valueName: "PID,…"))
    var onlyPid: String?

    @Option(help: ArgumentHelp("Only these threads, by number.", valueName: "TID,…"))
    var onlyTid: String?

    @Option(help: ArgumentHelp("Only these commands, by name.", valueName: "COMM,…"))
    var onlyComm: String?

    @Option(help: ArgumentHelp("Only these processors, by number.", valueName: "CPU,…"))
    var onlyCpu: String?

    @Option(
        help: ArgumentHelp(
            "Only samples from START on and before STOP, in seconds on the recording's clock, or since its first "
                + "sample with a plus sign: +1.5,+2. Either may be left out.", valueName: "START,STOP"))
    var time: String?

    @Option(help: ArgumentHelp("Only this phase of the boots in a run folder.", valueName: "NAME"))
    var phase: String?

    @Flag(
        help:
            "Weigh stacks by the time that threads spent off the processor; see Profiles.md for the recording."
    )
    var offCpu = false

    @Flag(help: "Turn the stacks around: what time was spent in, with who called it.")
    var reverse = false

    @Option(help: ArgumentHelp("Only what this function calls, from it inwards.", valueName: "FUNCTION"))
    var callees: String?

    @Option(help: ArgumentHelp("Only who calls this function, from it outwards.", valueName: "FUNCTION"))
    var callers: String?

    func validate() throws {
        if callees != nil, callers != nil {
            throw ValidationError("--callees and --callers exclude each other.")
        }
        if reverse, callees != nil || callers != nil {
            throw ValidationError("--reverse excludes --callees and --callers, which name a side already.")
        }
        _ = try numbers(onlyPid, "--only-pid")
        _ = try numbers(onlyTid, "--only-tid")
        _ = try numbers(onlyCpu, "--only-cpu")
        _ = try time.map(SampleTime.init)
    }

    /// Has the reader select what it can select as it reads.
    func apply(to options: inout FoldingOptions) {
        options.selection.processes = (try? numbers(onlyPid, "")) ?? []
        options.selection.threads = (try? numbers(onlyTid, "")) ?? []
        options.selection.processors = (try? numbers(onlyCpu, "")) ?? []
        options.selection.commands = Set((onlyComm ?? "").split(separator: ",").map(String.init))
        // A thread's way back may lie behind the time that is selected, and has to be read too.
        options.selection.time = offCpu ? nil : stretch?.absolute
        // Where the first sample lies is known only when all are read.
        options.keepsSamples = offCpu || stretch?.isRelative == true
        options.needsOrder = stretch?.isRelative == true
    }

    /// One recording with what could not be selected as it was read: times and threads are its own.
    func restricted(_ profile: Profile) throws(ProfileError) -> Profile {
        var profile = profile
        if offCpu { profile = try profile.timeOffCPU() }
        guard let stretch else { return profile }
        if stretch.isRelative { return try profile.selecting(stretch.relative) }
        return offCpu ? try profile.selecting(stretch.relative, since: 0) : profile
    }

    private var stretch: SampleTime? { try? time.map(SampleTime.init) }

    /// The profile with its stacks as they are asked for.
    func shaped(_ profile: Profile) throws(ProfileError) -> Profile {
        if reverse { return try profile.reversed() }
        if let callees { return try profile.callees(of: callees) }
        if let callers { return try profile.callers(of: callers) }
        return profile
    }

    /// The merged stacks of a run or a baseline.
    func stacks(in folder: String) throws -> String {
        for origin in [FunctionChange.Origin.host, .guest, .guestSamples] {
            let file = RunFolder.foldedName(origin, phase: phase)
            for path in ["\(folder)/\(file)", "\(folder)/\(file).gz"]
            where FileManager.default.fileExists(atPath: path) { return path }
        }
        // The parts of such a recording have to be sorted into each other, of which perf says nothing.
        if (try? ProfileInput.open(.file("\(folder)/data")))?.kind == .perfData {
            throw ProfileError(
                .unsupported, file: folder, "it is a folder that perf record --threads made",
                nextStep: "Record without --threads.")
        }
        guard let phase else { throw ProfileInputs.empty(folder) }
        throw Self.noPhase(phase, in: folder)
    }

    func checkHasNoPhase(_ path: String) throws {
        guard let phase else { return }
        throw ValidationError(
            "--phase \(phase) takes run folders, whose boots have milestones; \(path) is a file. Use --time.")
    }

    static func noPhase(_ phase: String, in folder: String) -> StoreError {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let known = Set(
            files.map { $0.hasSuffix(".gz") ? String($0.dropLast(3)) : $0 }
                .compactMap(RunFolder.phase(ofFoldedName:))
        ).sorted()
        return StoreError(
            .missing, path: folder, reason: "holds no stacks of the phase \(phase)",
            nextStep: known.isEmpty
                ? "Take recorded boots with phases: bootmark boot --phase NAME=REGEX --collect perf-record …"
                : "Its phases are: \(known.joined(separator: ", ")).")
    }

    private func numbers(_ text: String?, _ option: String) throws -> Set<Int32> {
        var numbers: Set<Int32> = []
        for part in (text ?? "").split(separator: ",", omittingEmptySubsequences: false) where text != nil {
            guard let number = Int32(part), number >= 0 else {
                throw ValidationError("\(option) takes numbers, parted by commas; \(part) is none.")
            }
            numbers.insert(number)
        }
        return numbers
    }
}

/// A stretch of a recording's time.
struct SampleTime {
    /// Whether it counts from the first sample.
    let isRelative: Bool
    private let range: Range<UInt64>

    /// On the recording's clock; nil where the stretch is relative.
    var absolute: Range<UInt64>? { isRelative ? nil : range }
    /// Since the recording's first sample, in nanoseconds.
    var relative: Range<UInt64> { range }

    init(_ text: String) throws {
        let ends = text.split(separator: ",", omittingEmptySubsequences: false)
        let fault = ValidationError("--time takes START,STOP in seconds, as in 12.5,13 or +0.5,+2.")
        guard ends.count == 2 else { throw fault }
        let given = ends.filter { !$0.isEmpty }
        isRelative = given.contains { $0.hasPrefix("+") }
        guard !given.isEmpty, !isRelative || given.allSatisfy({ $0.hasPrefix("+") }) else { throw fault }
        let times = try ends.map { end -> UInt64? in
            guard !end.isEmpty else { return nil }
            let digits = end.hasPrefix("+") ? end.dropFirst() : end
            guard let nanoseconds = Self.nanoseconds(digits) else { throw fault }
            return nanoseconds
        }
        let (start, stop) = (times[0] ?? 0, times[1] ?? .max)
        guard start < stop else { throw ValidationError("--time's START has to come before its STOP.") }
        range = start..<stop
    }

    // Doubles would lose nanoseconds of a clock that has run for weeks.
    private static func nanoseconds(_ text: Substring) -> UInt64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let seconds = UInt64(parts[0]), seconds < 1 << 33 else {
            return nil
        }
        guard parts.count == 2 else { return seconds * 1_000_000_000 }
        guard (1...9).contains(parts[1].count), parts[1].allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return nil
        }
        let padded = parts[1] + String(repeating: "0", count: 9 - parts[1].count)
        return UInt64(padded).map { seconds * 1_000_000_000 + $0 }
    }
}
