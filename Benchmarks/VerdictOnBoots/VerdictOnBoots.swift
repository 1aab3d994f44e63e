import BootModel
import Foundation

/// Compares real boots in pairs, of systems that are known to be alike or to differ by a known share, and counts
/// what the verdicts say.
///
///     VerdictOnBoots take FILE tiny|linux SLOWDOWN COMPARISONS [PAIRS]
///     VerdictOnBoots table FILE
///
/// `take` appends to FILE, a line of JSON for each comparison, so that it can be stopped and go on, and so that
/// the same boots can be judged again. SLOWDOWN is in percent, of one phase; without PAIRS, pairs are taken until
/// both instructions and time have their verdict.
@main
enum VerdictOnBoots {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "take" where (5...6).contains(arguments.count):
            guard let guest = BenchmarkGuest(rawValue: arguments[2]),
                let slowdown = Double(arguments[3]), (0...1_000).contains(slowdown),
                let comparisons = Int(arguments[4]), comparisons > 0,
                let pairs = arguments.count == 6 ? Int(arguments[5]) : 0
            else { break }
            let sitting = Sitting(
                guest: guest, percent: slowdown, pairs: pairs > 0 ? pairs : nil, file: arguments[1])
            return try await sitting.take(comparisons)
        case "table" where arguments.count == 2:
            return try VerdictTable(Taken.all(in: arguments[1])).write()
        default: break
        }
        FileHandle.standardError.write(
            Data(
                "usage: VerdictOnBoots take FILE tiny|linux SLOWDOWN COMPARISONS [PAIRS]\n       VerdictOnBoots table FILE\n"
                    .utf8))
        exit(64)
    }
}

/// One comparison: both runs, and what they were.
struct Taken: Codable {
    /// What was booted.
    var guest: BenchmarkGuest
    /// By how much the run after was slowed, in percent of one phase.
    var percent: Double
    /// What the orders within the pairs follow from.
    var seed: UInt64
    /// The boots of the reference.
    var before: Run
    /// The boots of what is judged.
    var after: Run

    /// The comparisons that a file holds.
    static func all(in file: String) throws -> [Taken] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Taken.self, from: Data($0.utf8))
        }
    }

    /// Appends it to a file.
    func append(to file: String) throws {
        if !FileManager.default.fileExists(atPath: file) {
            _ = FileManager.default.createFile(atPath: file, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: JSONEncoder().encode(self) + Data("\n".utf8))
    }
}
