/// What a boot loader's menu boots: a kernel with all that is loaded beside it.
public struct BootEntry: Sendable, Hashable {
    /// How the kernel is loaded.
    public enum Kind: Sendable, Hashable {
        /// By Linux's boot protocol; `files` make up its initial RAM disk, one behind the other.
        case linux
        /// By the multiboot specification, version 1; `files` are its modules.
        case multiboot
    }

    /// A file beside the kernel.
    public struct File: Sendable, Hashable {
        /// Its path on the CD.
        public var path: String
        /// A multiboot module's words, as the menu gives them.
        public var words: [String]
        /// Whether the boot loader unpacks it where it is compressed.
        public var isUnpacked: Bool

        /// A file beside the kernel.
        public init(path: String, words: [String] = [], isUnpacked: Bool = false) {
            self.path = path
            self.words = words
            self.isUnpacked = isUnpacked
        }
    }

    /// The entry's title or label; empty for a menu that boots without entries.
    public var title: String
    /// How the kernel is loaded.
    public var kind: Kind
    /// The kernel's path on the CD.
    public var kernel: String
    /// The kernel's command line, without the kernel's name.
    public var commandLine: String
    /// What is loaded beside it, in order.
    public var files: [File]

    /// What a menu boots.
    public init(title: String, kind: Kind, kernel: String, commandLine: String, files: [File] = []) {
        self.title = title
        self.kind = kind
        self.kernel = kernel
        self.commandLine = commandLine
        self.files = files
    }
}

/// What the boot loaders' menus are read from: files of a CD, or of a test.
protocol MenuFiles {
    /// Whether a file is there.
    func holds(_ name: String) -> Bool
    /// The files whose names fit a pattern (`boot/mod*`), in the order of their names.
    func names(like pattern: String) -> [String]
    /// A configuration file's text.
    func text(of name: String) throws(BootMediaError) -> String
}

extension DiscImage: MenuFiles {
    /// The largest configuration file that is read.
    private static let largestText = 1 << 20

    func text(of name: String) throws(BootMediaError) -> String {
        String(decoding: try read(name, limit: Self.largestText), as: UTF8.self)
    }
}
