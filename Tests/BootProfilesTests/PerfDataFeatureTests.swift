import XCTest

@testable import BootProfiles

/// What stands behind the records of perf.data: events' names, build ids, the machine.
final class PerfDataFeatureTests: XCTestCase {
    private func recording(isBig: Bool = false) -> Recording {
        var recording = Recording(isBig: isBig)
        let machine = recording.text("x86_64")
        recording.features = [
            recording.buildID([UInt8](1...20), of: "/no/such/tool"),
            (6, recording.u32(UInt32(machine.count)) + machine),
            recording.descriptions(["cycles:u", "faults"]),
            // One that is not read.
            (20, [1, 2, 3, 4, 5, 6, 7, 8]),
        ]
        return recording
    }

    private func read(_ bytes: [UInt8], _ change: (inout FoldingOptions) -> Void = { _ in }) throws -> Profile
    {
        var options = FoldingOptions()
        options.symbolPlaces.kernelSymbols = "/no/such/list"
        change(&options)
        return try PerfDataReader(options: options).read(.bytes(bytes, name: "test"))
    }

    func testEventsAreCalledAsTheRecordingSays() throws {
        for isBig in [false, true] {
            let bytes = recording(isBig: isBig).file
            XCTAssertEqual(try read(bytes).total, 15)
            XCTAssertEqual(try read(bytes) { $0.event = "cycles:u" }.total, 15)
            XCTAssertThrowsError(try read(bytes) { $0.event = "cpu-clock" }) {
                XCTAssertTrue("\($0)".contains("no sample in it is of the event cpu-clock"), "\($0)")
                XCTAssertTrue("\($0)".contains("among: cycles:u."), "\($0)")
            }
        }
    }

    func testCutAnywhereItIsRefusedAndReadWithANoteWhenAsked() throws {
        for isBig in [false, true] {
            let whole = recording(isBig: isBig)
            let bytes = whole.file
            let records = whole.dataStart + whole.records.reduce(0) { $0 + $1.count }
            for length in 1..<bytes.count {
                let cut = Array(bytes[..<length])
                XCTAssertThrowsError(try read(cut), "\(length) of \(bytes.count) bytes") { error in
                    guard let error = error as? ProfileError else { return XCTFail("\(error)") }
                    XCTAssertTrue([.truncated, .unknownKind, .malformed].contains(error.code), "\(error)")
                    XCTAssertTrue(length < records || error.code == .truncated, "\(error)")
                }
                let part = try? read(cut) { $0.partial = true }
                guard length >= records else { continue }
                XCTAssertEqual(part?.total, 15, "cut at \(length)")
                XCTAssertEqual(part?.notes.filter { $0.contains("names may be missing") }.count, 1)
            }
        }
    }

    func testWhatDoesNotHoldWhatItSaysIsRefused() throws {
        let good = recording()
        let records = good.dataStart + good.records.reduce(0) { $0 + $1.count }
        // The four sections' places and sizes come first, in the order of their numbers.
        let table = (0..<4).map { records + 16 * $0 }
        let buildIDs = records + 64
        let descriptions = buildIDs + good.features[0].content.count + good.features[1].content.count
        let machine = buildIDs + good.features[0].content.count
        let changes: [(what: String, place: Int, bytes: [UInt8])] = [
            ("a section beyond the end", table[3], good.u64(1 << 40)),
            ("a section of an impossible size", table[0] + 8, good.u64(.max)),
            ("a section's size that reaches beyond the end", table[2] + 8, good.u64(1 << 30)),
            ("a build id of no size", buildIDs + 6, [0, 0]),
            ("a build id beyond its section", buildIDs + 6, [0xFF, 0xFF]),
            ("a machine's name beyond its section", machine, good.u32(4000)),
            ("more events than there are", descriptions, good.u32(3)),
            ("attributes of size 0", descriptions + 4, good.u32(0)),
            ("attributes beyond the section", descriptions + 4, good.u32(1 << 30)),
            ("a name beyond the section", descriptions + 8 + good.attributeSize + 4, good.u32(5000)),
            ("identifiers beyond the section", descriptions + 8 + good.attributeSize, good.u32(.max)),
            ("attributes of size 0 in the header", 16, good.u64(0)),
            ("no events", 32, good.u64(0)),
            ("events beyond the end", 24, good.u64(1 << 50)),
            ("identifiers beyond the end", 104 + 16 + good.attributeSize, good.u64(1 << 50)),
            ("identifiers of an impossible number", 104 + 16 + good.attributeSize + 8, good.u64(1 << 60)),
        ]
        for change in changes {
            var bytes = good.file
            bytes.replaceSubrange(change.place..<(change.place + change.bytes.count), with: change.bytes)
            XCTAssertThrowsError(try read(bytes), change.what) { error in
                guard let error = error as? ProfileError else { return XCTFail("\(error)") }
                XCTAssertNotEqual(error.place, .whole, change.what)
                XCTAssertFalse(error.detail.isEmpty || error.nextStep.isEmpty)
            }
            guard change.place >= records else { continue }
            let part = try read(bytes) { $0.partial = true }
            XCTAssertEqual(part.total, 15, change.what)
            XCTAssertFalse(part.notes.isEmpty, change.what)
        }
    }
}
