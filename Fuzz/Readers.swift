import BootProfiles
import FlameGraphs
import Foundation

/// Gives libFuzzer's bytes to one reader of profiles, or to the one that recognises them, as it is for users; or to
/// a parser of symbols or menus.
///
/// Scripts/fuzz builds and runs it. BOOTMARK_FUZZ_READER names the reader: `austin`, `strace-c`, `elf`; without it
/// the input decides.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReaders(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    SymbolFiles.read(bytes, as: reader)
    DiscMenus.read(bytes, as: reader)
    var options = FoldingOptions()
    // The same bytes are always read in the same way, so that what is found can be found again.
    options.partial = count % 2 == 0
    options.keepsSamples = count % 3 == 0
    // Whatever the input names, no file of this machine is looked into.
    options.symbolPlaces.root = "/no/such/root"
    options.symbolPlaces.kernelSymbols = "/no/such/list"
    let source = ProfileSource.bytes(bytes, name: "fuzz")
    let input =
        reader.isEmpty
        ? try? ProfileInput.open(source, options: options)
        : try? ProfileInput.open(source, as: reader, options: options)
    guard let profile = try? input?.read() else { return 0 }
    _ = try? profile.encoded(as: ProfileFormat.allCases[count % ProfileFormat.allCases.count])
    // Pictures take longer than most inputs take to be read.
    if count % 4 == 1 { draw(profile, count) }
    return 0
}

/// One of the pictures, tables and screens that a profile is shown as.
private func draw(_ profile: Profile, _ number: Int) {
    let difference = DifferentialFlameGraph(before: [profile], after: [(try? profile.reversed()) ?? profile])
    switch number % 5 {
    case 0: _ = FlameGraph(profile).svg()
    case 1: _ = try? difference.svg()
    case 2: _ = (try? Timeline(profile)).map { FlameGraph($0).svg() }
    case 3: _ = MoverTable(of: difference).json() + HotspotTable(profile).bytes(.markdown)
    default: _ = Explorer(profile, title: profile.unit, size: Explorer.Size(rows: 24, columns: 80)).screen()
    }
}

private let reader = ProcessInfo.processInfo.environment["BOOTMARK_FUZZ_READER"] ?? ""
