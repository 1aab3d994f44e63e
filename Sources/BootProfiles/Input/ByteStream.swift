import Glibc

/// Where a profile is read from.
public enum ProfileSource: Sendable, Hashable {
    /// The file at a path; `-` is standard input.
    case file(String)
    /// Bytes in memory, and what errors call them.
    case bytes([UInt8], name: String)

    /// What errors call it.
    public var name: String {
        switch self {
        case .file("-"): "standard input"
        case .file(let path): path
        case .bytes(_, let name): name
        }
    }
}

/// The bytes of a source, in order; the first of them can be looked at before they are read.
final class ByteStream {
    /// The most that is held of a source that cannot be read at any place.
    static let largestHeld = 1 << 30

    let name: String
    private let descriptor: Int32?
    private let ownsDescriptor: Bool
    private var head: [UInt8] = []
    private var headOffset = 0
    private var inflater: Inflater?
    private let partial: Bool

    /// What is missing of a compressed source that was read only in part; nil where nothing is.
    private(set) var cut: String?

    /// Opens `source`; what is compressed by gzip is read as what it holds.
    ///
    /// With `partial`, compressed data that is cut short or damaged ends where it can be read no more.
    init(_ source: ProfileSource, partial: Bool = false) throws(ProfileError) {
        name = source.name
        self.partial = partial
        switch source {
        case .bytes(let bytes, _):
            descriptor = nil
            ownsDescriptor = false
            head = bytes
        case .file("-"):
            descriptor = STDIN_FILENO
            ownsDescriptor = false
        case .file(let path):
            let opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            guard opened >= 0 else { throw Self.unreadable(path, errno) }
            descriptor = opened
            ownsDescriptor = true
        }
        guard try peek(2).starts(with: [0x1F, 0x8B]) else { return }
        inflater = try Inflater(name: name, held: head)
        head = []
    }

    /// How many bytes it has, where that is known: of a plain file that is not compressed.
    var size: Int? {
        guard inflater == nil else { return nil }
        guard let descriptor else { return head.count }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return Int(information.st_size)
    }

    deinit {
        if ownsDescriptor, let descriptor { close(descriptor) }
    }

    /// The next `count` bytes, or fewer where the source has fewer, without reading past them.
    func peek(_ count: Int) throws(ProfileError) -> ArraySlice<UInt8> {
        while head.count - headOffset < count {
            let more = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
            defer { more.deallocate() }
            let got = try pull(into: more)
            if got == 0 { break }
            head.removeFirst(headOffset)
            headOffset = 0
            head.append(contentsOf: more[..<got])
        }
        return head[headOffset..<min(head.count, headOffset + count)]
    }

    /// Leaves out the next `count` bytes, which were looked at before.
    func skip(_ count: Int) throws(ProfileError) {
        _ = try peek(count)
        headOffset = min(head.count, headOffset + count)
    }

    /// The whole source, to be read at any place; what is no plain file is held in memory.
    func randomAccess(_ source: ProfileSource) throws(ProfileError) -> RandomAccess {
        if inflater == nil, case .file(let path) = source, let file = RandomAccess(path: path) { return file }
        return RandomAccess(try readAll(), name: name)
    }

    /// All bytes that are left.
    ///
    /// - Throws: `ProfileError` where they are more than `limit`, too.
    func readAll(limit: Int = largestHeld) throws(ProfileError) -> [UInt8] {
        var bytes: [UInt8] = []
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 8)
        defer { piece.deallocate() }
        while true {
            let got = try read(into: piece)
            if got == 0 { return bytes }
            bytes.append(contentsOf: piece[..<got])
            guard bytes.count <= limit else {
                throw ProfileError(
                    .tooLarge, file: name, "it holds more than \(limit) bytes",
                    nextStep: "Give perf.data as a plain file; record other profiles for a shorter time.")
            }
        }
    }

    /// Reads up to `target.count` bytes into `target`; 0 only at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws(ProfileError) -> Int {
        guard target.count > 0 else { return 0 }
        if headOffset < head.count {
            let count = min(target.count, head.count - headOffset)
            let from = headOffset
            head.withUnsafeBytes { bytes in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[from..<(from + count)]))
            }
            headOffset += count
            if headOffset == head.count {
                head = []
                headOffset = 0
            }
            return count
        }
        return try pull(into: target)
    }

    private func pull(into target: UnsafeMutableRawBufferPointer) throws(ProfileError) -> Int {
        guard cut == nil else { return 0 }
        guard let inflater else { return try readRaw(into: target) }
        do throws(ProfileError) {
            return try inflater.read(into: target) { (raw) throws(ProfileError) in
                try self.readRaw(into: raw)
            }
        } catch {
            guard partial, error.code == .truncated || error.code == .malformed else { throw error }
            cut = "\(error.detail): only what comes before is in here"
            return 0
        }
    }

    private func readRaw(into target: UnsafeMutableRawBufferPointer) throws(ProfileError) -> Int {
        guard let descriptor else { return 0 }
        while true {
            let got = Glibc.read(descriptor, target.baseAddress, target.count)
            if got >= 0 { return got }
            if errno != EINTR { throw Self.unreadable(name, errno) }
        }
    }

    private static func unreadable(_ name: String, _ code: Int32) -> ProfileError {
        ProfileError(
            .unreadable, file: name, "it cannot be read (\(String(cString: strerror(code))))",
            nextStep: code == ENOENT
                ? "Check the path." : "Check that it is a file and that you may read it.")
    }
}
