import CArchive

/// A CD image (ISO 9660, with Rock Ridge or Joliet), read by libarchive.
public struct DiscImage: Sendable {
    /// The image's path.
    public let path: String
    private let entries: [String: Entry]
    /// The names again without regard to case, since ISO 9660's own have none.
    private let folded: [String: String]

    private enum Entry: Sendable {
        case file
        /// Another name of the same bytes; libarchive gives them once.
        case copy(of: String)
        case link(to: String)
    }

    /// More files than a CD of any distribution has.
    private static let mostEntries = 1_000_000

    /// Reads the image's directory: O(n) in its files, none of which is read.
    /// - Throws: `BootMediaError` of code `imageUnusable`.
    public init(path: String) throws(BootMediaError) {
        self.path = path
        var entries: [String: Entry] = [:]
        var isSane = true
        try Self.walk(path) { name, entry, _ in
            isSane = entries.count < Self.mostEntries
            guard isSane else { return .stop }
            if let target = Self.text(archive_entry_hardlink(entry)) {
                entries[name] = .copy(of: Self.normal(target))
            } else if let target = Self.text(archive_entry_symlink(entry)) {
                entries[name] = .link(to: target)
            } else if archive_entry_filetype(entry) == 0o100000 {
                entries[name] = .file
            }
            return .goOn
        }
        guard isSane else {
            throw BootMediaError(.imageUnusable, place: path, reason: "over a million files are on the image")
        }
        self.entries = entries
        folded = Dictionary(entries.keys.sorted().map { ($0.lowercased(), $0) }) { first, _ in first }
    }

    /// Whether a file is at `name`, whose case does not matter where no other file has that name.
    public func holds(_ name: String) -> Bool { resolved(name) != nil }

    /// The files whose names fit a pattern of fnmatch(3), in the order of their names.
    func names(like pattern: String) -> [String] {
        entries.keys.filter { Self.fits($0, pattern) && holds($0) }.sorted()
    }

    /// The bytes of a file, at most `limit`.
    /// - Throws: `BootMediaError` of code `fileMissing`, `tooLarge` or `imageUnusable`.
    public func read(_ name: String, limit: Int) throws(BootMediaError) -> [UInt8] {
        guard let wanted = resolved(name) else {
            throw BootMediaError(.fileMissing, place: path, reason: "\(name) is not on the image")
        }
        var bytes: [UInt8]?
        var status: Int32 = ARCHIVE_OK
        try Self.walk(path) { name, _, archive in
            guard name == wanted else { return .goOn }
            var read: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            while read.count <= limit {
                let count = archive_read_data(archive, &chunk, chunk.count)
                if count < 0 { status = Int32(clamping: count) }
                guard count > 0 else { break }
                read += chunk[0..<count]
            }
            bytes = read
            return .stop
        }
        guard let bytes, status == ARCHIVE_OK else {
            throw BootMediaError(
                .imageUnusable, place: path, reason: "\(name) cannot be read: the image is damaged")
        }
        guard bytes.count <= limit else {
            throw BootMediaError(.tooLarge, place: path, reason: "\(name) has more than \(limit) bytes")
        }
        return bytes
    }

    // MARK: Names

    /// A path without empty parts and dots; `..` stays on the image.
    static func normal(_ name: String) -> String {
        var parts: [Substring] = []
        for part in name.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// The name under which libarchive gives the file's bytes.
    private func resolved(_ name: String) -> String? {
        var current = Self.normal(name)
        for _ in 0..<8 {
            guard let known = entries[current] == nil ? folded[current.lowercased()] : current else {
                return nil
            }
            switch entries[known] {
            case .file: return known
            case .copy(let other): current = other
            case .link(let target):
                let folder = known.split(separator: "/").dropLast().joined(separator: "/")
                current = Self.normal(target.hasPrefix("/") ? target : "\(folder)/\(target)")
            case nil: return nil
            }
        }
        return nil
    }

    // MARK: libarchive

    private enum Step { case goOn, stop }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        pointer.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: strlen($0)), as: UTF8.self) }
    }

    private static func strlen(_ pointer: UnsafePointer<CChar>) -> Int {
        var count = 0
        while pointer[count] != 0 { count += 1 }
        return count
    }

    private static func walk(
        _ path: String, _ visit: (String, OpaquePointer, OpaquePointer) -> Step
    ) throws(BootMediaError) {
        guard let archive = archive_read_new() else {
            throw BootMediaError(.imageUnusable, place: path, reason: "there is no memory to read it with")
        }
        defer { archive_read_free(archive) }
        archive_read_support_format_iso9660(archive)
        var status = archive_read_open_filename(archive, path, 1 << 16)
        while status == ARCHIVE_OK {
            var entry: OpaquePointer?
            status = archive_read_next_header(archive, &entry)
            if status == ARCHIVE_EOF { return }
            // A warning is of a name that the locale cannot show.
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else { break }
            status = ARCHIVE_OK
            guard let name = text(archive_entry_pathname(entry)) else { continue }
            if visit(normal(name), entry, archive) == .stop { return }
        }
        let why = text(archive_error_string(archive)) ?? "it cannot be read"
        throw BootMediaError(.imageUnusable, place: path, reason: why)
    }
}
