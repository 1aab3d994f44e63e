// What measuring costs: the same QEMU command under bare `perf stat` and under `bootmark boot`, in pairs.
//
// usage: Overhead BOOTMARK PAIRS BOOTS -- QEMU COMMAND, of a guest that switches itself off
import BootStatistics
import Foundation

/// What one command used, its children included.
struct Used {
    /// Seconds until it ended.
    var wall: Double
    /// Processor seconds in user mode and in the kernel.
    var cpu: Double
    /// Host instructions in user mode and in the kernel; nil where the host does not count them.
    var instructions: Double?
    /// The largest resident set of the command's first process alone, in bytes.
    var memory: Double
}

let arguments = CommandLine.arguments
guard arguments.count > 5, let pairs = Int(arguments[2]), pairs >= 6, let boots = Int(arguments[3]),
    boots > 0,
    arguments[4] == "--"
else {
    FileHandle.standardError.write(
        Data("usage: Overhead BOOTMARK PAIRS BOOTS -- QEMU COMMAND (at least 6 pairs)\n".utf8))
    exit(64)
}
let bootmark = arguments[1]
let qemu = Array(arguments[5...])
let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bootmark-overhead-\(getpid())")
    .path
try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: folder) }

/// Runs a command under `perf stat`, as the peer does by itself.
func measure(_ command: [String]) throws -> Used {
    let counts = "\(folder)/counts"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
        ["perf", "stat", "-x", ";", "-e", "instructions:u,instructions:k,task-clock", "-o", counts, "--"]
        + command
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    var before = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &before)
    let start = DispatchTime.now()
    try process.run()
    var memory = 0.0
    while process.isRunning {
        memory = max(memory, residentSet(ofChildOf: process.processIdentifier))
        usleep(50_000)
    }
    process.waitUntilExit()
    let wall = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
    guard process.terminationStatus == 0 else {
        FileHandle.standardError.write(
            Data("\(command.prefix(2)) ended with \(process.terminationStatus)\n".utf8))
        exit(1)
    }
    var after = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &after)
    let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    let cpu =
        seconds(after.ru_utime) - seconds(before.ru_utime) + seconds(after.ru_stime)
        - seconds(before.ru_stime)
    let numbers = try String(contentsOfFile: counts, encoding: .utf8).split(separator: "\n")
        .map { $0.split(separator: ";", omittingEmptySubsequences: false) }
        .filter { $0.count > 2 && $0[2].hasPrefix("instructions") }.compactMap { Double($0[0]) }
    return Used(
        wall: wall, cpu: cpu, instructions: numbers.count == 2 ? numbers[0] + numbers[1] : nil, memory: memory
    )
}

/// The peak resident set of the first child of a process, which is what perf stat runs.
func residentSet(ofChildOf parent: Int32) -> Double {
    let children =
        (try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)) ?? ""
    guard let child = children.split(separator: " ").first,
        let status = try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
    else { return 0 }
    return (Double(kibibytes) ?? 0) * 1024
}

/// Prints the ratio of the second to the first over pairs: the Hodges-Lehmann estimate and its interval.
func report(_ name: String, _ ratios: [Double], peer: [Double], unit: String) throws {
    let logarithms = ratios.map { log($0) }
    let center = try HodgesLehmannCenter(of: logarithms)
    let percent = { (value: Double?) in
        value.map { String(format: "%+.2f %%", (exp($0) - 1) * 100) } ?? "open"
    }
    let low = try center.lowerBound(confidence: 0.975)
    let high = try center.upperBound(confidence: 0.975)
    let middle = peer.sorted()[peer.count / 2]
    print(
        "\(name): \(percent(center.estimate)) (95 % interval \(percent(low)) to \(percent(high))); bare median \(String(format: "%.3f", middle)) \(unit)"
    )
}

/// As many bare boots, one after the other, as a run of ours takes.
func measureBare() throws -> Used {
    let each = try (0..<boots).map { _ in try measure(bare) }
    let instructions = each.compactMap(\.instructions)
    return Used(
        wall: each.reduce(0) { $0 + $1.wall }, cpu: each.reduce(0) { $0 + $1.cpu },
        instructions: instructions.count == boots ? instructions.reduce(0, +) : nil, memory: 0)
}

let bare = qemu + ["-serial", "file:/dev/null", "-display", "none", "-no-reboot"]
_ = try measure(bare)
var results: [(bare: Used, ours: Used)] = []
var generator = SystemRandomNumberGenerator()
for pair in 1...pairs {
    let run = "\(folder)/run\(pair)"
    let ours =
        [
            bootmark, "boot", "--boots", "\(boots)", "--no-warm-up", "--collect", "perf-stat", "-o", run,
            "--",
        ] + qemu
    let bareFirst = Bool.random(using: &generator)
    let first = try bareFirst ? measureBare() : measure(ours)
    let second = try bareFirst ? measure(ours) : measureBare()
    results.append(bareFirst ? (first, second) : (second, first))
    FileHandle.standardError.write(Data("pair \(pair) of \(pairs)\n".utf8))
}

print(

    "bootmark boot --boots \(boots) --collect perf-stat, beside as many perf stat of the same QEMU command, \(pairs) pairs"
)
let counted = results.filter { $0.bare.instructions != nil && $0.ours.instructions != nil }
if counted.count == results.count {
    try report(
        "host instructions, QEMU and runner together",
        counted.map { $0.ours.instructions! / $0.bare.instructions! },
        peer: counted.map { $0.bare.instructions! / 1e9 }, unit: "G")
} else {
    print("host instructions: this host does not count them; processor time stands in")
}
try report(
    "processor time, QEMU and runner together", results.map { $0.ours.cpu / $0.bare.cpu },
    peer: results.map(\.bare.cpu), unit: "s")
try report(
    "wall time of the whole command", results.map { $0.ours.wall / $0.bare.wall },
    peer: results.map(\.bare.wall),
    unit: "s")
print(
    "the runner's own peak memory: \(String(format: "%.1f", (results.map(\.ours.memory).max() ?? 0) / 1_048_576)) MiB"
)
