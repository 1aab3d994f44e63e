import BootTestSupport
import Foundation
import XCTest

@testable import BootProfiles

/// Names and numbers that nobody means well with, through every reader and every format that is written.
final class HostileNameTests: XCTestCase {
    override func setUpWithError() throws {
        try FileManager.default.createDirectory(
            atPath: NameCarrier.folder, withIntermediateDirectories: true)
    }

    override func tearDown() { try? FileManager.default.removeItem(atPath: NameCarrier.folder) }

    private func take(_ bytes: [UInt8], _ carrier: NameCarrier, partial: Bool = false) throws -> Profile? {
        do {
            return try read(bytes, carrier) { $0.partial = partial }
        } catch let error as ProfileError {
            XCTAssertFalse(
                error.description.unicodeScalars.contains(where: Self.acts), "\(carrier.label): \(error)")
            XCTAssertLessThan(error.description.count, 1000, carrier.label)
            return nil
        }
    }

    private func read(
        _ bytes: [UInt8], _ carrier: NameCarrier, _ change: (inout FoldingOptions) -> Void
    ) throws -> Profile {
        let options = SampleFiles.options {
            // The symbols of generated code lie in a folder of this test's own.
            $0.symbolPlaces.root = FoldingOptions().symbolPlaces.root
            change(&$0)
        }
        let input = try ProfileInput.open(
            .bytes(bytes, name: "test"), as: carrier.label, options: options)
        return try XCTUnwrap(input, carrier.label).read()
    }

    func testEveryReaderTakesANameAsItIsOrSaysClearlyThatItCannot() throws {
        XCTAssertEqual(Set(NameCarrier.all.map(\.label)), Set(ProfileInput.kinds.map(\.label)))
        for carrier in NameCarrier.all {
            var held = 0
            for (what, name) in HostileNames.all {
                guard let file = carrier.file(name, "1") else { continue }
                _ = try take(file, carrier, partial: true)
                let profile = try take(file, carrier)
                guard carrier.holds(name) else { continue }
                held += 1
                let frame = carrier.frame(name)
                XCTAssertTrue(
                    profile?.has(frame) ?? false,
                    "\(carrier.label) loses the name with \(what): \(profile.map(SampleFiles.folded) ?? "refused")"
                )
            }
            XCTAssertGreaterThan(held, 0, carrier.label)
        }
    }

    /// A profile with all the names above a leaf, so that no blanks at the end of a line are names.
    private func profile() throws -> Profile {
        var profile = Profile()
        for (index, name) in HostileNames.all.enumerated() {
            let node = profile.node(
                of: ["main", "", "leaf"].enumerated().map { depth, own in
                    depth == 1
                        ? name.bytes.withUnsafeBytes { profile.frames.intern($0) } : profile.intern(own)
                })
            try profile.add(Double(index + 1), to: node)
        }
        return profile
    }

    func testWhatEveryReaderTakesIsWrittenInEveryFormatAndReadsBackTheSame() throws {
        var profiles = [("all names", try profile())]
        for carrier in NameCarrier.all {
            var all = Profile()
            for name in HostileNames.all {
                if let file = carrier.file(name.bytes, "1"), let one = try take(file, carrier) {
                    try all.merge(one)
                }
            }
            profiles.append((carrier.label, all))
        }
        let pair = try FoldedReader().readPair(
            .bytes(FoldedWriter().bytes(before: profile(), after: profile()), name: "test"))
        for side in [pair.before, pair.after] {
            XCTAssertEqual(FoldedWriter().bytes(side), FoldedWriter().bytes(try profile()))
        }
        for (label, profile) in profiles {
            let text = profile.renamingFrames { $0 = Array(String(decoding: $0, as: UTF8.self).utf8) }
            for format in ProfileFormat.allCases {
                let bytes = try profile.encoded(as: format)
                let about = "\(format.rawValue) of \(label)"
                switch format {
                case .folded:
                    let again = try FoldedReader().read(.bytes(bytes, name: "test"))
                    XCTAssertEqual(again.total, profile.total, about)
                    if label == "all names" { XCTAssertEqual(FoldedWriter().bytes(again), bytes, about) }
                case .speedscope, .firefox, .json:
                    XCTAssertNoThrow(try JSONSerialization.jsonObject(with: Data(bytes)), about)
                    assertHarmless(bytes, about)
                    XCTAssertEqual(folded(try SampleFiles.read(bytes)), folded(text), about)
                case .pprof:
                    XCTAssertEqual(folded(try SampleFiles.read(bytes)), folded(text), about)
                case .callgrind:
                    let again = try SampleFiles.read(bytes)
                    XCTAssertEqual(again.total, profile.total, accuracy: profile.total * 1e-9, about)
                    let weights = text.functionWeights().total
                    for frame in text.frames.all where weights[frame.place] > 0 {
                        let name = Self.inCallgrind(text.frames.name(of: frame))
                        XCTAssertTrue(again.has(Array(name.utf8)), "\(about): \(name.debugDescription)")
                    }
                case .csv:
                    assertHarmless(bytes, about)
                    assertTable(bytes, of: text, about)
                case .tikz, .pgfplots: assertHarmlessTeX(bytes, about)
                }
            }
        }
    }

    private func folded(_ profile: Profile) -> String { SampleFiles.folded(profile) }

    /// Line ends are blanks there, blanks before a name are none, and a name of blanks is `???`.
    private static func inCallgrind(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) || name.isEmpty else { return name }
        let line = name.map { $0.isNewline ? " " : String($0) }.joined()
        return line.allSatisfy(\.isWhitespace) ? "???" : String(line.drop { $0 == " " || $0 == "\t" })
    }

    /// What a terminal acts on, or shows otherwise than it stands there.
    private static func acts(_ scalar: Unicode.Scalar) -> Bool {
        if (0x20..<0x7F).contains(scalar.value) || scalar == "\n" || scalar == "\r" { return false }
        return switch scalar.properties.generalCategory {
        case .control: true
        case .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private func assertHarmless(_ bytes: [UInt8], _ about: String, line: UInt = #line) {
        let text = String(decoding: bytes, as: UTF8.self)
        XCTAssertEqual(Array(text.utf8).count, bytes.count, about, line: line)
        let acting = text.unicodeScalars.filter(Self.acts)
        XCTAssertTrue(acting.isEmpty, "\(about) holds \(acting.first?.value ?? 0)", line: line)
    }

    /// Rows as RFC 4180 has them: a name that begins no formula, and two numbers.
    private func assertTable(_ bytes: [UInt8], of profile: Profile, _ about: String) {
        var rows = 0
        for row in String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n").dropFirst()
            .dropLast()
        {
            rows += 1
            let cells = Array(row.utf8).withUnsafeBytes { CSVRow.fields($0, separator: 0x2C) }
            guard cells.count == 3 else { return XCTFail("\(about): \(row)") }
            XCTAssertFalse(cells[0].first.map { "=+-@\t\r".utf8.contains($0) } ?? false, "\(about): \(row)")
            XCTAssertFalse(cells[0].contains { $0 == 0x0A || $0 == 0x0D }, "\(about): \(row)")
            for number in cells[1...] {
                XCTAssertNotNil(Double(String(decoding: number, as: UTF8.self)), row)
            }
        }
        XCTAssertEqual(rows, profile.functions().count, about)
    }

    /// Printable ASCII, braces in pairs, and no command but those that draw and those that stand for a letter.
    private func assertHarmlessTeX(_ bytes: [UInt8], _ about: String) {
        XCTAssertTrue(bytes.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) }, about)
        let ours: Set<String> = [
            "begin", "end", "filldraw", "node", "addplot", "sffamily", "tiny", "footnotesize",
            "textbackslash",
            "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar", "char", "dots",
        ]
        var depth = 0
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.first != "%" {
            var rest = Substring(line)
            while let next = rest.popFirst() {
                if next == "{" { depth += 1 }
                if next == "}" { depth -= 1 }
                XCTAssertGreaterThanOrEqual(depth, 0, "\(about): \(line)")
                XCTAssertFalse("~^$&#".contains(next), "\(about): \(line)")
                guard next == "\\" else { continue }
                let command = rest.prefix { $0.isLetter }
                if command.isEmpty {
                    XCTAssertTrue("{}$&#_%".contains(rest.removeFirst()), "\(about): \(line)")
                } else {
                    XCTAssertTrue(ours.contains(String(command)), "\(about): \(command)")
                    rest.removeFirst(command.count)
                }
            }
        }
        XCTAssertEqual(depth, 0, about)
    }

    func testNumbersThatAreNoWeightsAreRefusedOrCountRightAndAreNeverWritten() throws {
        let wrong = try NSRegularExpression(
            pattern: "(?i)(?<![a-z])(nan|inf(inity)?|-0(?![0-9.]*[1-9]))(?![a-z])")
        for carrier in NameCarrier.all {
            var taken = 0
            for weight in NameCarrier.weights {
                guard let file = carrier.file(Array("f_x".utf8), weight) else { continue }
                for partial in [false, true] {
                    let profile: Profile
                    do {
                        profile = try read(file, carrier) {
                            $0.partial = partial
                            $0.keepsSamples = true
                        }
                    } catch is ProfileError {
                        continue
                    }
                    taken += 1
                    XCTAssertTrue(profile.total.isFinite && profile.total >= 0, "\(carrier.label): \(weight)")
                    for format in ProfileFormat.allCases where format != .pprof {
                        let bytes: [UInt8]
                        do { bytes = try profile.encoded(as: format) } catch {
                            XCTAssertEqual(error.code, .tooLarge)
                            continue
                        }
                        let text = String(decoding: bytes, as: UTF8.self)
                        let range = NSRange(text.startIndex..., in: text)
                        let found = wrong.firstMatch(in: text, range: range)
                        XCTAssertNil(found, "\(format) of \(carrier.label) with \(weight): \(text)")
                    }
                }
            }
            XCTAssertGreaterThan(taken, 0, carrier.label)
        }
    }

    func testWeightsWhoseSumsOrSharesAreNoNumbersAreRefused() throws {
        let most = "1" + String(repeating: "0", count: 308)
        let least = "0." + String(repeating: "0", count: 323) + "5"
        for text in ["a \(most)\nb \(most)\n", "a \(most)\na \(most)\n", "a \(least)\n"] {
            XCTAssertThrowsError(try SampleFiles.read(Array(text.utf8))) { error in
                XCTAssertEqual((error as? ProfileError)?.code, .tooLarge, "\(error)")
            }
        }
    }
}

extension Profile {
    /// Whether a frame has this name.
    fileprivate func has(_ name: [UInt8]) -> Bool {
        frames.all.contains { frame in frames.withBytes(of: frame) { $0.elementsEqual(name) } }
    }
}
