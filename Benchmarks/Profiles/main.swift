import BootProfiles
import FlameGraphs
import Glibc

// Runs one step of the profile pipeline, so that its CPU time can be taken from outside, beside its peers':
// ProfileBenchmark fold INPUT OUTPUT [--pid | --tid] [--kernel] [--jit] [--all] [--addrs] [--keep-generated]
// [--inline] [--lines] [--samples] [--partial]

func complain(_ message: String) {
    let line = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

func fail(_ message: String) -> Never {
    complain(message)
    exit(64)
}

var arguments = Array(CommandLine.arguments.dropFirst())
var options = FoldingOptions()
arguments.removeAll { argument in
    switch argument {
    case "--pid": options.processName = .process
    case "--tid": options.processName = .thread
    case "--kernel": options.marksKernel = true
    case "--jit": options.marksGenerated = true
    case "--all":
        options.marksKernel = true
        options.marksGenerated = true
    case "--addrs": options.showsAddresses = true
    case "--keep-generated": options.bucketsGeneratedCode = false
    case "--partial": options.partial = true
    case "--inline": options.showsInlined = true
    case "--lines": options.showsLines = true
    case "--samples": options.weighsPeriods = false
    default: return false
    }
    return true
}
guard arguments.count >= 3 else { fail("ProfileBenchmark fold INPUT... OUTPUT [options]") }
do throws(ProfileError) {
    switch arguments[0] {
    case "fold":
        let inputs = arguments[1..<(arguments.count - 1)].map { ProfileSource.file($0) }
        let profile = try ProfileInput.merged(inputs, options: options)
        for note in profile.notes { complain(note) }
        try FoldedWriter().write(profile, to: arguments[arguments.count - 1])
    case "flamegraph":
        let inputs = arguments[1..<(arguments.count - 1)].map { ProfileSource.file($0) }
        let profile = try ProfileInput.merged(inputs, options: options)
        try OutputFile.write(FlameGraph(profile).svg(), to: arguments[arguments.count - 1])
    case "diff":
        // diff BEFORE... -- AFTER... OUTPUT
        let sides = arguments[1..<(arguments.count - 1)].split(separator: "--", maxSplits: 1)
        guard sides.count == 2 else { fail("diff BEFORE... -- AFTER... OUTPUT") }
        var profiles: [[Profile]] = []
        for side in sides {
            var read: [Profile] = []
            for path in side { read.append(try ProfileInput.open(.file(path), options: options).read()) }
            profiles.append(read)
        }
        let picture = DifferentialFlameGraph(before: profiles[0], after: profiles[1])
        try OutputFile.write(picture.svg(), to: arguments[arguments.count - 1])
    default: fail("unknown step \(arguments[0])")
    }
} catch {
    fail(error.description)
}
