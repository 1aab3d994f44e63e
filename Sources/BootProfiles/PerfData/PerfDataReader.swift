/// Reads perf.data, what `perf record` writes: files and pipes, both byte orders, compressed or not.
///
/// Gives the stacks and the weights that `perf script` and `PerfScriptReader` give, without the text between:
/// every distinct address is looked up once. Memory holds one window of perf's for sorting, not the file.
public struct PerfDataReader: Sendable {
    /// How frames and processes are named.
    public var options: FoldingOptions

    /// A reader.
    public init(options: FoldingOptions = FoldingOptions()) { self.options = options }

    /// Reads one profile.
    ///
    /// - Throws: `ProfileError` with the byte, where the recording is cut or damaged.
    public func read(_ source: ProfileSource) throws(ProfileError) -> Profile {
        try read(ByteStream(source), source)
    }

    func read(
        _ stream: ByteStream, _ source: ProfileSource, _ symbols: SymbolFiles = SymbolFiles()
    ) throws(ProfileError) -> Profile {
        var file = try PerfDataFile(head: stream.peek(104), name: stream.name)
        var session: PerfDataSession
        if file.isPipe {
            session = PerfDataSession(file: file, options: options, name: stream.name, symbols: symbols)
            try stream.skip(16)
            try session.readRecords(from: 16, to: .max) { (_, target) throws(ProfileError) in
                try stream.read(into: target)
            }
        } else {
            let access = try stream.randomAccess(source)
            try file.readTables(access, partial: options.partial)
            session = PerfDataSession(file: file, options: options, name: stream.name, symbols: symbols)
            try session.readRecords(from: file.records.lowerBound, to: file.records.upperBound) {
                access.read($0, $1)
            }
        }
        return try session.finish()
    }
}

/// The state of reading the records of a recording.
struct PerfDataSession {
    private var file: PerfDataFile
    private let options: FoldingOptions
    private let name: String
    private(set) var machine: RecordedMachine
    private var queue = RecordQueue()
    private var decompressor: Decompressor?
    private var event: [UInt8]?
    private var switchIns: [SwitchIn] = []
    /// When the first sample was taken, of whatever event.
    private var first: UInt64?
    /// What the counters of groups of events stood at, by their identifiers.
    private var counters: [UInt64: UInt64] = [:]
    private var otherEvents = OtherEvents()
    private var damaged = 0
    private var isCut = false

    init(
        file: PerfDataFile, options: FoldingOptions, name: String, symbols: SymbolFiles = SymbolFiles()
    ) {
        self.file = file
        self.options = options
        self.name = name
        machine = RecordedMachine(options: options, files: symbols)
        machine.learn(kernel: file.kernelBuildID, files: file.buildIDs)
        machine.kind = file.machine
        event = options.event.map { Array($0.utf8) }
    }

    /// Reads the records at the places from `start` up to `end`, as `read` gives them.
    mutating func readRecords(
        from start: Int, to end: Int,
        _ read: (Int, UnsafeMutableRawBufferPointer) throws(ProfileError) -> Int
    ) throws(ProfileError) {
        // A record is at most 65,535 bytes, so one always fits behind the rest of another.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var held = 0
        var place = start
        var skip = 0
        while place < end {
            let room = min(buffer.count - held, end - place)
            // Only a damaged record, read because --partial asks for it, leaves no room.
            guard room > 0 else { break }
            let got = try read(place, UnsafeMutableRawBufferPointer(rebasing: buffer[held..<(held + room)]))
            if got == 0 { break }
            place += got
            held += got
            var used = min(skip, held)
            skip -= used
            while skip == 0, let size = try recordSize(buffer, used, held, at: place - held + used) {
                let record = ByteView(
                    UnsafeRawBufferPointer(rebasing: buffer[used..<(used + size)]), swapped: file.isSwapped)
                skip = try take(record, at: place - held + used)
                used += size
                let skipped = min(skip, held - used)
                used += skipped
                skip -= skipped
            }
            held -= used
            if let base = buffer.baseAddress, held > 0, used > 0 {
                base.copyMemory(from: base + used, byteCount: held)
            }
        }
        if held > 0 || skip > 0 || (end != .max && place < end) {
            guard options.partial else {
                throw PerfDataFile.fault(name, .truncated, place, "it is cut short in the middle of a record")
            }
            isCut = true
        }
        try drain(through: .max)
    }

    /// The profile, when all records are in.
    consuming func finish() throws(ProfileError) -> Profile {
        if let wanted = options.event, !otherEvents.isEmpty,
            !file.eventNames.contains(where: { $0 == event })
        {
            throw otherEvents.missing(wanted, in: name)
        }
        var profile = try machine.builder.finish(event: event)
        profile.switchIns = switchIns
        profile.start = first
        profile.notes += file.notes
        if machine.lost > 0 { profile.notes.append("\(machine.lost) samples were lost while recording") }
        if isCut, !file.notes.contains(PerfDataFile.cut) { profile.notes.append(PerfDataFile.cut) }
        if let note = otherEvents.note { profile.notes.append(note) }
        if damaged > 0 { profile.notes.append("\(damaged) damaged samples were left out") }
        profile.notes += [machine.resolver.kernel.fault, machine.resolver.guest.fault].compactMap { $0 }
        for path in machine.resolver.modules.replaced {
            profile.notes.append("\(Printable.line(path)) changed since the recording: no symbols from it")
        }
        return profile
    }

    /// The size of the record at `offset`, or nil where it is not all there yet.
    private func recordSize(
        _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int, _ held: Int, at place: Int
    ) throws(ProfileError) -> Int? {
        guard held - offset >= 8 else { return nil }
        let view = ByteView(UnsafeRawBufferPointer(buffer), swapped: file.isSwapped)
        let size = Int(view.u16(offset + 6))
        guard size >= 8 else {
            // Behind what perf had written when it was killed lies nothing but zeros.
            if options.partial { return nil }
            throw PerfDataFile.fault(name, .malformed, place, "a record says that it is \(size) bytes long")
        }
        return held - offset >= size ? size : nil
    }

    /// Takes a record as it stands in the file; the number of bytes behind it that are no records.
    private mutating func take(_ record: ByteView, at place: Int) throws(ProfileError) -> Int {
        switch record.u32(0) {
        case 9: try queue(record, sampleTime(record))
        case 1...63: try queue(record, time(record))
        case 64: file.addEvent(record)
        // Tracing data and hardware traces stand behind the record that announces them.
        case 66: return Int((record.u32(8) &+ 7) & ~7)
        case 71: return record.size(8) ?? 0
        case 67:
            file.addBuildID(record)
            machine.learn(kernel: file.kernelBuildID, files: file.buildIDs)
        case 68: if let limit = queue.endRound() { try drain(through: limit) }
        case 78: file.rename(record)
        case 80:
            file.addFeature(record)
            machine.kind = file.machine
        case 81: try decompress(record.slice(8..<record.count), at: place)
        case 83:
            guard let size = record.size(8), size <= record.count - 16 else { break }
            try decompress(record.slice(16..<(16 + size)), at: place)
        default: break
        }
        return 0
    }

    private mutating func queue(_ record: ByteView, _ time: UInt64) throws(ProfileError) {
        if time == 0 || time == .max { return try process(record) }
        queue.add(record, time)
        if queue.isFull { try drain(through: queue.middle()) }
    }

    private mutating func drain(through limit: UInt64) throws(ProfileError) {
        // Processing a record adds none, so the queue can be away for so long.
        var full = RecordQueue()
        swap(&full, &queue)
        defer { swap(&full, &queue) }
        try full.drain(through: limit, swapped: file.isSwapped) { (record) throws(ProfileError) in
            try process(record)
        }
    }

    /// The number of the event of a sample; nil where the recording describes none.
    private func event(of record: ByteView) -> Int? {
        guard let first = file.events.first else { return nil }
        guard file.events.count > 1 else { return 0 }
        return file.eventOfIdentifier[Sample.identifier(record, first.sampleType)] ?? 0
    }

    private func sampleTime(_ record: ByteView) -> UInt64 {
        let place =
            file.isUniform ? file.timeInSample : event(of: record).flatMap { file.events[$0].timeInSample }
        return place.map { record.u64($0) } ?? 0
    }

    private func time(_ record: ByteView) -> UInt64 {
        let place = file.isUniform ? file.timeFromEnd : attributes(ofOther: record)?.timeFromEnd
        guard let place, record.count - place >= 8 else { return 0 }
        return record.u64(record.count - place)
    }

    /// The attributes of the event that a record which is no sample belongs to.
    private func attributes(ofOther record: ByteView) -> EventAttributes? {
        guard let first = file.events.first, let place = first.identifierFromEnd, record.count >= 8 + place
        else { return nil }
        return file.events[file.eventOfIdentifier[record.u64(record.count - place)] ?? 0]
    }

    private mutating func process(_ record: ByteView) throws(ProfileError) {
        guard record.u32(0) == 9 else {
            if options.keepsSamples { noteSwitch(record) }
            return machine.follow(record)
        }
        guard let number = event(of: record), let sample = Sample(record, file.events[number]) else {
            damaged += 1
            return
        }
        if first == nil || sample.time < first ?? 0 { first = sample.time }
        let attributes = file.events[number]
        guard attributes.readsValues else {
            let period = attributes.sampleType.contains(.period) ? sample.period : attributes.period
            return try add(sample, record, attributes, as: number, period: period)
        }
        // As perf script has it: a sample of each event of the group, weighing what its counter grew by.
        for value in sample.values(record, attributes).prefix(file.events.count) {
            guard let index = file.eventOfIdentifier[value.identifier] else { continue }
            let period = value.count &- (counters.updateValue(value.count, forKey: value.identifier) ?? 0)
            guard period > 0 else { continue }
            try add(sample, record, attributes, as: index, period: period)
        }
    }

    /// Adds the sample in `record`, laid out as `attributes` say, as one of the event with the number `counted`.
    private mutating func add(
        _ sample: Sample, _ record: ByteView, _ attributes: EventAttributes, as counted: Int, period: UInt64
    ) throws(ProfileError) {
        var weight = 1.0
        let isTracepoint = file.events[counted].isTracepoint
        // Tracepoints count beside the first event, but not beside one that was asked for.
        if !isTracepoint || options.event != nil {
            if event == nil { event = file.eventNames[counted] }
            guard event == file.eventNames[counted] else {
                otherEvents.count(file.eventNames[counted])
                return
            }
            if options.weighsPeriods, period > 0, !isTracepoint { weight = Double(period) }
        }
        try machine.add(sample, record, attributes, weight: weight)
    }

    /// Keeps when a thread came back onto a processor, which a SWITCH record says.
    private mutating func noteSwitch(_ record: ByteView) {
        let isOut = record.u16(4) & 1 << 13 != 0
        guard [14, 15].contains(record.u32(0)), !isOut, let place = file.events.first?.threadFromEnd,
            record.count - place >= 8, switchIns.count < 1 << 26
        else { return }
        let thread = Int32(bitPattern: record.u32(record.count - place))
        let time = time(record)
        if time > 0 { switchIns.append(SwitchIn(thread: thread, time: time)) }
    }

    private mutating func decompress(_ bytes: ByteView, at place: Int) throws(ProfileError) {
        if decompressor == nil { decompressor = try Decompressor(name: name) }
        guard let decompressor else { return }
        var records = try decompressor.decompress(bytes.bytes, at: place)
        var used = 0
        while records.count - used >= 8 {
            let size = records.withUnsafeBytes { Int(ByteView($0, swapped: file.isSwapped).u16(used + 6)) }
            guard size >= 8 else {
                throw PerfDataFile.fault(name, .malformed, place, "a compressed record has no size")
            }
            guard records.count - used >= size else { break }
            let record = Array(records[used..<(used + size)])
            // perf compresses once; compressed records within compressed ones could unfold without end.
            let kind = record.withUnsafeBytes { ByteView($0, swapped: file.isSwapped).u32(0) }
            guard kind != 81, kind != 83 else {
                throw PerfDataFile.fault(name, .malformed, place, "a compressed record holds another")
            }
            try record.withUnsafeBytesThrowing { (raw) throws(ProfileError) in
                _ = try take(ByteView(raw, swapped: file.isSwapped), at: place)
            }
            used += size
        }
        records.removeFirst(used)
        decompressor.keep(records)
    }
}

extension Array where Element == UInt8 {
    /// `withUnsafeBytes` for a body that throws this module's error.
    func withUnsafeBytesThrowing<Result>(
        _ body: (UnsafeRawBufferPointer) throws(ProfileError) -> Result
    ) throws(ProfileError) -> Result {
        let result: Swift.Result<Result, ProfileError> = withUnsafeBytes { bytes in
            do throws(ProfileError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension ProfileInput.Kind {
    /// What `perf record` writes.
    public static let perfData = ProfileInput.Kind("perf.data", knows: [.circumstances, .order, .modules])
}

extension PerfDataReader: ProfileReader {
    static var kind: ProfileInput.Kind { .perfData }

    static func recognises(_ head: InputHead) -> Bool { PerfDataFile.isPerfData(head.bytes) }

    static func read(_ input: ReaderInput) throws(ProfileError) -> Profile {
        try PerfDataReader(options: input.options).read(input.stream, input.source, input.symbols)
    }
}
