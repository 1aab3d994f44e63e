/// The head of a perf.data file: its byte order, its events, where its records lie.
struct PerfDataFile {
    /// What a session's features are called in the file.
    private enum Feature: Int {
        case buildIDs = 2
        case machine = 6
        case eventDescriptions = 12
    }

    private(set) var isSwapped = false
    private(set) var isPipe = false
    private(set) var events: [EventAttributes] = [] {
        didSet {
            timeInSample = events.first?.timeInSample
            timeFromEnd = events.first?.timeFromEnd
            isUniform = events.allSatisfy { $0.timeInSample == timeInSample && $0.timeFromEnd == timeFromEnd }
        }
    }
    /// Where the time stands in a sample, and before the end of any other record, of the first event; nil where
    /// there is none.
    private(set) var timeInSample: Int?
    private(set) var timeFromEnd: Int?
    /// Whether the time stands there in the records of every event.
    private(set) var isUniform = true
    /// What perf calls each of `events`; what its type and number mean where the recording does not say.
    private(set) var eventNames: [[UInt8]] = []
    /// The place in `events` of each identifier that samples carry.
    private(set) var eventOfIdentifier: [UInt64: Int] = [:]
    /// Where the records lie in a file; unused in a pipe.
    private(set) var records = 0..<0
    /// The build id of the kernel that was recorded, if the recording says.
    private(set) var kernelBuildID: [UInt8]?
    /// The build id of each file that was recorded, by path.
    private(set) var buildIDs: [[UInt8]: [UInt8]] = [:]
    /// The kind of machine that was recorded, as `uname -m` says it; this one's, unless the recording says.
    private(set) var machine = Self.ownMachine
    /// What of the tables could not be read, where `--partial` asked for the rest.
    private(set) var notes: [String] = []
    private let name: String

    private static var ownMachine: [UInt8] {
        #if arch(x86_64)
            Array("x86_64".utf8)
        #elseif arch(arm64)
            Array("aarch64".utf8)
        #else
            []
        #endif
    }

    /// Whether `head` begins a perf.data file.
    static func isPerfData(_ head: ArraySlice<UInt8>) -> Bool {
        head.starts(with: "PERFILE2".utf8) || head.starts(with: "2ELIFREP".utf8)
    }

    /// Reads the head of a recording of which `head` are the first bytes.
    init(head: ArraySlice<UInt8>, name: String) throws(ProfileError) {
        self.name = name
        guard Self.isPerfData(head) else {
            throw Self.fault(name, .unknownKind, 0, "it is no perf.data file")
        }
        let bytes = Array(head)
        let (swapped, size) = bytes.withUnsafeBytes { raw -> (Bool, UInt64) in
            let swapped = raw.starts(with: "2ELIFREP".utf8)
            return (swapped, ByteView(raw, swapped: swapped).u64(8))
        }
        isSwapped = swapped
        switch size {
        case 16: isPipe = true
        case 104: isPipe = false
        default:
            throw Self.fault(name, .malformed, 8, "its header of \(size) bytes is of no known version")
        }
    }

    /// What is said of a recording that ends early.
    static let cut = "the recording is cut short: later samples are missing"

    /// Reads the events, the features and the place of the records of a file in file mode.
    mutating func readTables(_ file: RandomAccess, partial: Bool) throws(ProfileError) {
        let header = try file.bytes(0, 104)
        let (attributeSize, attributes, data, features) = header.withUnsafeBytes { raw in
            let view = ByteView(raw, swapped: isSwapped)
            return (
                view.size(16), Self.section(view, 24), Self.section(view, 40),
                (0..<4).map { view.u64(72 + 8 * $0) }
            )
        }
        guard let attributeSize, attributeSize >= EventAttributes.smallest + 16, attributeSize <= 4096,
            let attributes, let data
        else { throw Self.fault(name, .malformed, 16, "its header does not make sense") }
        guard attributes.count <= 1 << 26, attributes.upperBound <= file.size else {
            throw Self.fault(name, .truncated, file.size, "its table of events lies beyond the end")
        }
        try readEvents(try file.bytes(attributes.lowerBound, attributes.count), attributeSize, file)
        records = data
        // perf writes the size of the data last, so a recording that was killed says 0.
        let isKilled = data.isEmpty && file.size > data.lowerBound
        guard !isKilled && data.upperBound <= file.size || partial else {
            throw Self.fault(
                name, .truncated, file.size,
                isKilled ? "perf was killed before it finished the recording" : "it is cut short")
        }
        if isKilled || data.upperBound > file.size {
            records = data.lowerBound..<max(data.lowerBound, file.size)
            notes.append(Self.cut)
            return
        }
        do throws(ProfileError) { try readFeatures(file, features) } catch {
            guard partial else { throw error }
            notes.append("what perf says of events and files is cut or damaged: names may be missing")
        }
    }

    private mutating func add(_ event: EventAttributes) {
        events.append(event)
        eventNames.append(Array(event.meaning.utf8))
    }

    /// Adds an event that a pipe announces, with its identifiers.
    mutating func addEvent(_ record: ByteView) {
        let size = Int(record.u32(8 + 4))
        guard size >= EventAttributes.smallest, 8 + size <= record.count else { return }
        let event = EventAttributes(record.slice(8..<(8 + size)))
        add(event)
        for offset in stride(from: 8 + size, to: record.count - 7, by: 8) {
            eventOfIdentifier[record.u64(offset)] = events.count - 1
        }
    }

    /// Adds a feature that a pipe announces.
    mutating func addFeature(_ record: ByteView) {
        let content = record.slice(16..<record.count)
        switch record.u64(8) {
        case UInt64(Feature.eventDescriptions.rawValue): readDescriptions(content)
        case UInt64(Feature.machine.rawValue): machine = Array(content.string(4))
        default: break
        }
    }

    /// Adds the build id of a file that a pipe announces.
    mutating func addBuildID(_ record: ByteView) { addBuildID(record, header: record.u16(4)) }

    /// Names the event that a pipe announces.
    mutating func rename(_ record: ByteView) {
        // An update of kind 0 is one of the unit, 1 of the scale, 2 of the name, 3 of the processors.
        guard record.u64(8) == 2, let index = eventOfIdentifier[record.u64(16)] else { return }
        eventNames[index] = Array(record.string(24))
    }

    private mutating func readEvents(
        _ table: [UInt8], _ size: Int, _ file: RandomAccess
    ) throws(ProfileError) {
        for start in stride(from: 0, to: table.count - size + 1, by: size) {
            let (event, section) = table.withUnsafeBytes { raw in
                let view = ByteView(raw, swapped: isSwapped).slice(start..<(start + size))
                return (EventAttributes(view.slice(0..<(size - 16))), Self.section(view, size - 16))
            }
            add(event)
            guard let section, section.count <= 1 << 24 else {
                throw Self.fault(name, .malformed, 24, "an event's list of identifiers has no possible size")
            }
            let identifiers = try file.bytes(section.lowerBound, section.count)
            identifiers.withUnsafeBytes { raw in
                let view = ByteView(raw, swapped: isSwapped)
                for offset in stride(from: 0, to: view.count - 7, by: 8) {
                    eventOfIdentifier[view.u64(offset)] = events.count - 1
                }
            }
        }
        guard !events.isEmpty else { throw Self.fault(name, .malformed, 24, "it describes no event") }
    }

    private mutating func readFeatures(_ file: RandomAccess, _ bits: [UInt64]) throws(ProfileError) {
        var place = records.upperBound
        for feature in 0..<256 where bits[feature / 64] >> UInt64(feature % 64) & 1 == 1 {
            let entry = try file.bytes(place, 16)
            place += 16
            let section = entry.withUnsafeBytes { Self.section(ByteView($0, swapped: isSwapped), 0) }
            guard let section else {
                throw Self.fault(
                    name, .malformed, place - 16, "the size of its section \(feature) is impossible")
            }
            // What is not read is looked for too: a file that lacks it was cut.
            guard section.upperBound <= file.size else {
                throw Self.fault(
                    name, .truncated, file.size, "its section \(feature) ends at byte \(section.upperBound)")
            }
            guard let kind = Feature(rawValue: feature) else { continue }
            guard section.count <= 1 << 26 else {
                throw Self.fault(
                    name, .tooLarge, section.lowerBound, "its section \(feature) has \(section.count) bytes")
            }
            let bytes = try file.bytes(section.lowerBound, section.count)
            let isWhole = bytes.withUnsafeBytes { raw in
                let view = ByteView(raw, swapped: isSwapped)
                switch kind {
                case .eventDescriptions: return readDescriptions(view)
                case .buildIDs: return readBuildIDs(view)
                case .machine:
                    machine = Array(view.string(4))
                    return 4 + Int(view.u32(0)) <= view.count
                }
            }
            guard isWhole else {
                throw Self.fault(
                    name, .malformed, section.lowerBound, "its section \(feature) does not hold what it says")
            }
        }
    }

    /// Count, attribute size; for each event its attributes, the number of identifiers, its name, those.
    @discardableResult
    private mutating func readDescriptions(_ view: ByteView) -> Bool {
        let size = Int(view.u32(4))
        var offset = 8
        guard view.u32(0) <= UInt32(events.count), size >= EventAttributes.smallest else { return false }
        for index in 0..<Int(view.u32(0)) {
            let identifiers = Int(view.u32(offset + size))
            let length = Int(view.u32(offset + size + 4))
            guard offset + size + 8 + length + identifiers * 8 <= view.count else { return false }
            let name = Array(view.slice((offset + size + 8)..<(offset + size + 8 + length)).string(0))
            if !name.isEmpty { eventNames[index] = name }
            offset += size + 8 + length
            for _ in 0..<identifiers {
                eventOfIdentifier[view.u64(offset)] = index
                offset += 8
            }
        }
        return true
    }

    private mutating func readBuildIDs(_ view: ByteView) -> Bool {
        var offset = 0
        while offset < view.count {
            let size = Int(view.u16(offset + 6))
            guard size >= 36, offset + size <= view.count else { return false }
            addBuildID(view.slice(offset..<(offset + size)), header: view.u16(offset + 4))
            offset += size
        }
        return true
    }

    private mutating func addBuildID(_ entry: ByteView, header: UInt16) {
        // The misc bit 15 says that the size is given behind the 20 bytes of the id.
        let length = header & 0x8000 != 0 ? min(20, Int(entry.bytes[min(32, entry.count - 1)])) : 20
        let identifier = Array(entry.slice(12..<(12 + length)).bytes)
        let path = Array(entry.string(36))
        if header & 7 == 1, path.starts(with: "[kernel.kallsyms]".utf8) { kernelBuildID = identifier }
        buildIDs[path] = identifier
    }

    private static func section(_ view: ByteView, _ offset: Int) -> Range<Int>? {
        guard let start = view.size(offset), let count = view.size(offset + 8) else { return nil }
        return start..<(start + count)
    }

    static func fault(
        _ name: String, _ code: ProfileError.Code, _ place: Int, _ detail: String
    ) -> ProfileError {
        ProfileError(
            code, file: name, at: .byte(place), detail,
            nextStep: code == .truncated
                ? "Record again and let perf end by itself, or read what there is with --partial."
                : "Record again with perf record.")
    }
}
