import BootProfiles

/// Gives libFuzzer's bytes to every reader: the kind is recognised by content, as it is for users.
///
/// Built on request only: BOOTMARK_FUZZ=1 swift build --product FuzzReaders --sanitize fuzzer
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReaders(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var options = FoldingOptions()
    options.partial = bytes.first.map { $0 % 2 == 0 } ?? false
    // Whatever the input names, no file of this machine is looked into.
    options.symbolPlaces.root = "/no/such/root"
    options.symbolPlaces.kernelSymbols = "/no/such/list"
    guard let profile = try? ProfileInput.open(.bytes(bytes, name: "fuzz"), options: options).read() else {
        return 0
    }
    for format in ProfileFormat.allCases { _ = try? profile.encoded(as: format) }
    return 0
}
