/// Why a kernel cannot be lifted out of a CD image.
public struct BootMediaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of trouble.
    public enum Code: Sendable, Hashable {
        /// The image cannot be read, is damaged, or is no ISO 9660 image.
        case imageUnusable
        /// No menu of a boot loader that is understood lies on the image.
        case noMenu
        /// The menu says something that is not understood.
        case menuNotUnderstood
        /// What the menu boots is no kernel that QEMU can load itself.
        case notLiftable
        /// The image lacks a file that its menu names.
        case fileMissing
        /// A file of the image is larger than what is lifted.
        case tooLarge
        /// The lifted file cannot be written.
        case notWritable
    }

    /// The kind of trouble.
    public var code: Code
    /// The file, and the line in it, at which it showed.
    public var place: String
    /// What is wrong, in one clause.
    public var reason: String

    init(_ code: Code, place: String, reason: String) {
        self.code = code
        // What a CD's files say is shown to people: one line, no control characters.
        self.place = place.oneLine
        self.reason = reason.oneLine
    }

    /// The place and the reason.
    public var description: String { "\(place): \(reason)" }
}

extension String {
    /// At most 200 characters without control characters, for a line that is shown.
    var oneLine: String {
        let cleaned = unicodeScalars.prefix(400).map { scalar -> Character in
            scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) ? "?" : Character(scalar)
        }
        return String(String(cleaned).prefix(200))
    }
}
