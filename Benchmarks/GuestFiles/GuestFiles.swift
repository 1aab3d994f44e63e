import Foundation
import GuestObserver

/// Writes what the plugin needs to follow a kernel's call stacks, for measurements that start QEMU themselves.
///
///     GuestFiles FOLDER KERNEL [FILE[@OFFSET]...]
///
/// FOLDER receives `guest.conf` and `guest.symbols`; the plugin's path is printed.
@main
enum GuestFiles {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let folder = arguments.first, arguments.count > 1 else {
            FileHandle.standardError.write(Data("usage: GuestFiles FOLDER KERNEL [FILE[@OFFSET]...]\n".utf8))
            exit(64)
        }
        let symbols = try arguments.dropFirst().reduce(GuestSymbols(symbols: [])) { symbols, argument in
            let parts = argument.split(separator: "@", maxSplits: 1)
            let offset = parts.count > 1 ? UInt64(parts[1], radix: 16) ?? 0 : 0
            return symbols.merging(try SymbolFile(path: String(parts[0]), offset: offset).read())
        }
        let plugin = try await GuestPlugin.prepared()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let counters = try GuestCounters(
            plugin: plugin, folder: folder,
            observing: GuestObservation(profile: GuestProfileRequest(symbols: symbols)))
        _ = counters
        print(plugin.path)
    }
}
