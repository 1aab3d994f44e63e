import BootModel
import Foundation

/// A run on disk: `run.json`, a folder for each boot, the stacks merged over the boots.
///
/// One that was created or resumed holds the folder's lock until it is no longer referred to; one that was
/// opened only reads, and takes the lock just for as long as it saves.
public final class RunFolder: Sendable {
    /// The folder, as the user named it.
    public let path: String
    private let lock: FolderLock?

    private init(path: String, lock: FolderLock?) {
        self.path = path
        self.lock = lock
    }

    /// A new folder at `path`, with the folders above it where they are missing.
    /// - Throws: `StoreError` with the codes `exists`, `notWritable` or `diskFull`.
    public static func create(at path: String) throws -> RunFolder {
        let path = try named(path)
        let parent = path.parentFolder
        if !parent.isEmpty { try makeFolders(parent) }
        guard mkdir(path, 0o755) == 0 else {
            guard errno == EEXIST else { throw StoreError.system(errno, writing: path) }
            throw StoreError(
                .exists, path: path, reason: "is already there",
                nextStep: "Go on with the run in it by --resume, or give another name to -o.")
        }
        return RunFolder(path: path, lock: try lock(path))
    }

    /// The folder of a run that was begun, to go on with it; what a killed writer left half done is removed.
    /// - Throws: `StoreError` with the codes `missing`, `unreadable` or `locked`.
    public static func resume(at path: String) throws -> RunFolder {
        let path = try existing(path)
        let folder = RunFolder(path: path, lock: try lock(path))
        AtomicFile.removeLeftovers(besides: folder.file)
        return folder
    }

    /// The folder of a run, to read it.
    /// - Throws: `StoreError` with the codes `missing` or `unreadable`.
    public static func open(at path: String) throws -> RunFolder {
        RunFolder(path: try existing(path), lock: nil)
    }

    /// Where the run itself is written: `run.json`.
    public var file: String { path + "/run.json" }

    /// Where the stacks lie that were merged over all boots: `host.folded`, `guest.folded`.
    ///
    /// With a `phase`, those of that phase alone: `host@kernel.folded`.
    public func folded(_ origin: FunctionChange.Origin, phase: String? = nil) -> String {
        "\(path)/\(Self.foldedName(origin, phase: phase))"
    }

    /// Where the stacks of one boot lie.
    public func folded(_ origin: FunctionChange.Origin, phase: String?, ofBoot index: Int) -> String {
        "\(bootPath(index))/\(Self.foldedName(origin, phase: phase))"
    }

    /// The file's name for stacks of the whole boot or of one phase.
    public static func foldedName(_ origin: FunctionChange.Origin, phase: String?) -> String {
        guard let phase else { return "\(origin.rawValue).folded" }
        // A phase may be called anything; what a path could misread is written as in an address.
        let safe = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+ ")
        let name = phase.addingPercentEncoding(withAllowedCharacters: safe) ?? "phase"
        return "\(origin.rawValue)@\(name).folded"
    }

    /// The phase whose stacks a file of this name holds; nil for any other file.
    public static func phase(ofFoldedName name: String) -> String? {
        guard name.hasSuffix(".folded"), let at = name.firstIndex(of: "@"),
            FunctionChange.Origin(rawValue: String(name[..<at])) != nil
        else { return nil }
        return String(name[name.index(after: at)...].dropLast(".folded".count)).removingPercentEncoding
    }

    /// Writes the run; a kill while it does leaves what was saved before.
    /// - Throws: `StoreError` with the codes `diskFull`, `notWritable`, `locked`, or `malformed` where the
    ///   run holds what could not be loaded again.
    public func save(_ run: Run) throws {
        let transient = lock == nil ? try Self.lock(path) : nil
        defer { withExtendedLifetime(transient) {} }
        try run.check(path: file)
        try AtomicFile.write(CanonicalJSON.encode(run, for: file), to: file)
    }

    /// Reads the run.
    /// - Throws: `StoreError` with the codes `missing`, `unreadable`, `tooLarge`, `cutShort`, `malformed`
    ///   or `newerSchema`.
    public func load() throws -> Run { try Run(storedAt: file) }

    /// Where the boot with this index keeps what it collects, whether or not the folder is there.
    public func bootPath(_ index: Int) -> String {
        let digits = String(index)
        return "\(path)/boots/\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits)"
    }

    /// The folder of the boot with this index, made where it is missing and readable by its owner alone:
    /// `RUNDIR/boots/001`.
    /// - Parameter index: the boot's place in the run, from 1.
    public func bootFolder(_ index: Int) throws -> String {
        let folder = bootPath(index)
        try Self.makeFolders(path + "/boots")
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw StoreError.system(errno, writing: folder)
        }
        return folder
    }

    /// Removes what a boot has left, so that it can be taken again; nothing happens where it left nothing.
    public func discardBootFolder(_ index: Int) throws {
        let folder = bootPath(index)
        var status = stat()
        guard lstat(folder, &status) == 0 else { return }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw StoreError(
                .notWritable, path: folder, reason: "cannot be removed", nextStep: "Remove it by hand.")
        }
    }

    /// Where the console of the boot with this index is written, as raw bytes.
    public func console(ofBoot index: Int) -> String { bootPath(index) + "/console.log" }

    /// The last of what the guest wrote in one boot, with broken UTF-8 repaired; empty without a console.
    ///
    /// Not cleaned otherwise: it holds whatever the guest wrote.
    /// - Parameter limit: the most bytes to read.
    /// - Throws: `StoreError` with the code `unreadable`.
    public func consoleTail(boot index: Int, limit: Int = 8192) throws -> String {
        var bytes = try BoundedFile.tail(of: console(ofBoot: index), limit: max(0, limit))[...]
        // A tail may begin inside a character, which is no fault of the guest's. An UTF-8 character has at
        // most three bytes that continue it.
        if bytes.count == limit {
            for _ in 0..<3 where bytes.first.map({ $0 & 0xC0 == 0x80 }) == true { bytes.removeFirst() }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The boots of `run` that did not reach their end, each with the last of its console.
    ///
    /// A console that cannot be read leaves its tail empty: the failure itself must be reported all the same.
    public func failures(of run: Run, side: BootFailure.Side, tail: Int = 8192) -> [BootFailure] {
        run.failures.map { boot in
            let path = console(ofBoot: boot.index)
            return BootFailure(
                side: side, boot: boot.index, outcome: boot.outcome,
                consoleTail: (try? consoleTail(boot: boot.index, limit: tail)) ?? "",
                console: FileManager.default.fileExists(atPath: path) ? path : nil)
        }
    }

    /// The boots of the stored run that did not reach their end, each with the last of its console.
    public func failures(_ side: BootFailure.Side) throws -> [BootFailure] {
        failures(of: try load(), side: side)
    }

    private static func lock(_ path: String) throws -> FolderLock {
        try FolderLock(
            path + "/.lock", whatToDo: "Wait until that run ends, or stop it; or give another name to -o.")
    }

    /// The path without slashes at its end; the file system's root stays.
    private static func named(_ path: String) throws -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw StoreError(
                .notWritable, path: path, reason: "is not a path", nextStep: "Give a folder's name to -o.")
        }
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func existing(_ path: String) throws -> String {
        let path = try named(path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw StoreError.system(errno, reading: path) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError(
                .unreadable, path: path, reason: "is not a folder", nextStep: "Name the folder of a run.")
        }
        return path
    }

    /// Makes a folder and those above it, where they are missing.
    static func makeFolders(_ path: String) throws {
        if mkdir(path, 0o755) == 0 { return }
        switch errno {
        case EEXIST:
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw StoreError.system(ENOTDIR, writing: path)
            }
        case ENOENT:
            let parent = path.parentFolder
            guard !parent.isEmpty, parent != path else { throw StoreError.system(ENOENT, writing: path) }
            try makeFolders(parent)
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw StoreError.system(errno, writing: path)
            }
        default: throw StoreError.system(errno, writing: path)
        }
    }
}

extension RunFolder {
    /// A table that a boot keeps of what is frequent in it.
    public enum HotTable: String, Sendable, CaseIterable {
        /// Blocks of the guest's code, pages of its memory, QEMU's own trace events.
        case blocks, pages, events

        /// The file's name in the boot's folder.
        public var fileName: String { self == .events ? "trace-events.csv" : "hot-\(rawValue).csv" }

        /// What takes one.
        fileprivate var option: String { self == .events ? "--trace PATTERN" : "--collect hot-\(rawValue)" }
    }

    /// The table that lies at `path`: a run, whose first boot with one it is, a boot's folder, or the table itself.
    /// - Throws: `StoreError` of the code `missing`.
    public static func hotTable(_ table: HotTable, in path: String) throws -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, !isFolder.boolValue { return path }
        let name = table.fileName
        let boots = (try? FileManager.default.contentsOfDirectory(atPath: path + "/boots")) ?? []
        let places = ["\(path)/\(name)"] + boots.sorted().map { "\(path)/boots/\($0)/\(name)" }
        if let found = places.first(where: FileManager.default.fileExists(atPath:)) { return found }
        throw StoreError(
            .missing, path: path,
            reason: exists ? "holds no table of \(table.rawValue)" : "does not exist",
            nextStep: "Take one: bootmark boot \(table.option) … -o RUNDIR")
    }
}
