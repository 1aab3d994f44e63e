/// The plugin's C source, carried inside this library: it is compiled where it is used, so that a package
/// that depends on Bootmark needs no flags, no prebuilt files and nothing installed by hand.
enum PluginSource {
    /// Every file of the source by its name.
    static let files: [(name: String, bytes: [UInt8])] = [
        ("channel.h", PackageResources.channel_h),
        ("configuration.c", PackageResources.configuration_c),
        ("contexts.c", PackageResources.contexts_c),
        ("counters.c", PackageResources.counters_c),
        ("frames.c", PackageResources.frames_c),
        ("hash.c", PackageResources.hash_c),
        ("hot.c", PackageResources.hot_c),
        ("images.c", PackageResources.images_c),
        ("milestones.c", PackageResources.milestones_c),
        ("places.c", PackageResources.places_c),
        ("plugin.c", PackageResources.plugin_c),
        ("plugin.h", PackageResources.plugin_h),
        ("profile.c", PackageResources.profile_c),
        ("qemu_api.h", PackageResources.qemu_api_h),
        ("registers.c", PackageResources.registers_c),
        ("serial.c", PackageResources.serial_c),
        ("stacks.h", PackageResources.stacks_h),
        ("symbols.c", PackageResources.symbols_c),
        ("threads.c", PackageResources.threads_c),
        ("transfers.c", PackageResources.transfers_c),
        ("uart.c", PackageResources.uart_c),
        ("users.c", PackageResources.users_c),
    ]

    /// The arguments between the compiler and the files. Everything but QEMU's two entries stays hidden, so
    /// that the plugin cannot take the place of a function of QEMU's own.
    static let compilerArguments = [
        "-std=c11", "-D_GNU_SOURCE", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra",
    ]

    /// Lets the compiler see all files at once, which saves a sixth of what following calls costs; one whose linker
    /// cannot do that compiles without it.
    static let linkTimeOptimization = "-flto=auto"

    /// Identifies source, flags and compiler: the same digest means the same library.
    static func digest(compilerVersion: String) -> String {
        var digest = Digest()
        for file in files {
            digest.add(Array(file.name.utf8))
            digest.add(file.bytes)
        }
        digest.add(Array(compilerArguments.joined(separator: " ").utf8))
        digest.add(Array(compilerVersion.utf8))
        return digest.hexadecimal
    }
}

/// FNV-1a over 64 bits: tells versions apart; it is no defence against someone who wants a collision, and
/// the cache belongs to the user alone.
struct Digest {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Adds bytes, and their number, so that moving a byte from one part to the next changes the digest.
    mutating func add(_ bytes: some Sequence<UInt8>) {
        var count: UInt64 = 0
        for byte in bytes {
            step(byte)
            count += 1
        }
        withUnsafeBytes(of: count.littleEndian) { for byte in $0 { step(byte) } }
    }

    private mutating func step(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// Sixteen hexadecimal digits.
    var hexadecimal: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
