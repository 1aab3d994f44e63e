import BootProfiles
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
    return 0
}

private let reader = ProcessInfo.processInfo.environment["BOOTMARK_FUZZ_READER"] ?? ""
