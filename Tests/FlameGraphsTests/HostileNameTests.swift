import BootModel
import BootTestSupport
import Foundation
import FoundationXML
import XCTest

@testable import BootProfiles
@testable import FlameGraphs

/// Names that nobody means well with, in every picture, table and screen.
final class HostileNameTests: PictureCase {
    /// What else of a profile others may have written.
    private let words = "\u{1B}[2J<script>x</script>\"' onload='x\n\u{202E}|`x`"

    /// Each name under main, with samples in the order of time; a hundred times as much of every `heavy`th.
    private func profile(_ heavy: Int) throws -> Profile {
        var profile = Profile(unit: words)
        profile.notes = [words]
        profile.threadNames = [1: words]
        for (index, name) in HostileNames.all.enumerated() {
            let frames = [profile.intern("main"), name.bytes.withUnsafeBytes { profile.frames.intern($0) }]
            let weight = index % heavy == 0 ? 100.0 : 1
            let node = profile.node(of: frames)
            try profile.add(weight, to: node)
            profile.samples.append(
                ProfileSample(
                    facts: SampleFacts(thread: 1, time: UInt64(index + 1)), node: node, weight: weight))
        }
        return profile
    }

    private var options: FlameGraphOptions {
        var options = FlameGraphOptions()
        options.title = words
        return options
    }

    private func difference(_ before: Profile, _ after: Profile) -> DifferentialFlameGraph {
        var difference = DifferentialFlameGraph(before: [before], after: [after], options: options)
        difference.beforeLabel = words
        difference.afterLabel = words
        return difference
    }

    private func pictures(_ profile: Profile, _ other: Profile) throws -> [(String, [UInt8])] {
        var icicle = options
        icicle.isIcicle = true
        let pairs = (0..<8).map { _ in ProfilePair(before: profile, after: other) }
        return [
            ("flame", FlameGraph(profile, options: options).svg()),
            ("icicle", FlameGraph(profile, options: icicle).svg()),
            ("chart", FlameGraph(try Timeline(profile), options: options).svg()),
            ("difference", try difference(profile, other).svg()),
            ("pairs", try DifferentialFlameGraph(pairs: pairs, options: options).svg()),
        ]
    }

    /// The names of the elements and attributes, `rect` and `rect/@x`.
    private func kinds(_ document: XMLDocument) throws -> Set<String> {
        Set(
            try document.nodes(forXPath: "//*").compactMap { $0 as? XMLElement }.flatMap { element in
                let name = element.name ?? ""
                return [name] + (element.attributes ?? []).map { "\(name)/@\($0.name ?? "")" }
            })
    }

    private func assertHarmless(_ text: String, _ about: String, line: UInt = #line) {
        let acting = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar != "\n" && scalar != "\r"
            case .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        XCTAssertTrue(acting.isEmpty, "\(about) holds \(acting.first?.value ?? 0)", line: line)
    }

    func testEveryPictureShowsThemAndHasNothingThatAHarmlessPictureLacks() throws {
        let plain = try profile(of: ["main", "f"], ["main", "g"])
        let harmless = Dictionary(
            uniqueKeysWithValues: try pictures(plain, profile(of: ["main", "h"])).map {
                ($0, try kinds(document($1)))
            })
        for (kind, svg) in try pictures(profile(2), profile(3)) {
            let document = try document(svg)
            XCTAssertTrue(try kinds(document).isSubset(of: harmless[kind] ?? []), kind)
            XCTAssertEqual(try document.nodes(forXPath: "//*[local-name()='script']").count, 1, kind)
            let text = String(decoding: svg, as: UTF8.self)
            XCTAssertEqual(Array(text.utf8), svg, kind)
            assertHarmless(text, kind)
            let shown = Set(try boxes(svg).map(\.name))
            for (what, bytes) in HostileNames.all {
                let name = bytes.withUnsafeBytes { Label.clean($0) }
                XCTAssertTrue(shown.contains(name), "\(kind) lacks the name with \(what)")
            }
            let long = String(repeating: "n", count: Label.limit) + "\u{2026}"
            XCTAssertTrue(shown.isSuperset(of: ["<script>alert(1)</script>", "(no name)", long]), kind)
        }
    }

    private func profile(of stacks: [String]...) throws -> Profile {
        var profile = Profile(unit: words)
        profile.notes = ["a note"]
        for (index, stack) in stacks.enumerated() {
            let node = profile.node(of: stack.map { profile.intern($0) })
            try profile.add(1, to: node)
            profile.samples.append(
                ProfileSample(facts: SampleFacts(thread: 1, time: UInt64(index + 1)), node: node, weight: 1))
        }
        return profile
    }

    /// Names as JSON holds them.
    private var texts: Set<String> { Set(HostileNames.all.map { String(decoding: $0.bytes, as: UTF8.self) }) }

    private func names(_ json: [UInt8], _ list: String) throws -> Set<String> {
        assertHarmless(String(decoding: json, as: UTF8.self), list)
        let object = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        let lines = try XCTUnwrap(object[list] as? [[String: Any]])
        return Set(lines.compactMap { $0["name"] as? String })
    }

    /// A row for each name, each with the same cells, and no markup.
    private func assertRows(_ markdown: String, cells: Int, _ about: String) {
        assertHarmless(markdown, about)
        let rows = markdown.split(separator: "\n").filter { $0.hasPrefix("| ") }
        XCTAssertGreaterThanOrEqual(rows.count, HostileNames.all.count, about)
        for row in rows {
            for link in ["@t", "://", "www.", ":boom:"] {
                XCTAssertFalse(row.contains(link), "\(about): \(row)")
            }
            var isEscaped = false
            var bars = 0
            for character in row {
                XCTAssertFalse(character == "<" || !isEscaped && character == "`", "\(about): \(row)")
                if character == "|", !isEscaped { bars += 1 }
                isEscaped = character == "\\" && !isEscaped
            }
            XCTAssertEqual(bars, cells + 1, "\(about): \(row)")
        }
    }

    func testTheMoversTableHoldsThemInEveryFormat() throws {
        let table = MoverTable(of: difference(try profile(2), try profile(3)))
        let text = table.text(count: .max)
        assertHarmless(text, "text")
        XCTAssertEqual(
            text.split(separator: "\n").count,
            table.movers.count + 3 + table.explanation.split(separator: "\n").count)
        assertRows(table.markdown(count: .max), cells: 7, "Markdown")
        XCTAssertTrue(try names(table.json(), "functions").isSuperset(of: texts.subtracting([""])))
    }

    func testTheTableOfFunctionsHoldsThemInEveryFormat() throws {
        let profile = try profile(2)
        var tables = [("functions", HotspotTable(profile), 5)]
        for name in HostileNames.all.compactMap({ String(validating: $0.bytes, as: UTF8.self) }) {
            tables.append(("callers", HotspotTable(try profile.callers(of: name), neighboursOf: name), 3))
            tables[tables.count - 1].1.isOfCallers = true
        }
        tables.append(("callees", HotspotTable(try profile.callees(of: "main"), neighboursOf: "main"), 3))
        for (kind, var table, cells) in tables {
            table.limit = .max
            assertHarmless(String(decoding: table.bytes(.text), as: UTF8.self), kind)
            assertHarmless(String(decoding: table.bytes(.csv), as: UTF8.self), kind)
            guard kind != "callers" else { continue }
            assertRows(String(decoding: table.bytes(.markdown), as: UTF8.self), cells: cells, kind)
            XCTAssertTrue(try names(table.bytes(.json), "lines").isSuperset(of: texts), kind)
        }
    }

    func testTheLargestAndTheSmallestWeightsGiveNumbersEverywhere() throws {
        func profile(_ weights: Double...) throws -> Profile {
            // Guests' profiles are measured by the total before.
            var profile = Profile(origin: .guest, unit: "units")
            for (index, weight) in weights.enumerated() {
                try profile.add(names: ["main", "f\(index)"], weight: weight)
                try profile.add(names: ["main", "f\(index)", "f\(index)"], weight: weight)
            }
            return profile
        }
        let wrong = try NSRegularExpression(
            pattern: "(?i)(?<![a-z])(nan|inf(inity)?|-0(?![0-9.]*[1-9]))(?![a-z])")
        let sides = [
            try profile(0x1p399, 0x1p-400, 0x1p63, 0), try profile(0x1p-400, 0x1p399, 1, 0x1p-399),
            try profile(0x1p-400),
            try profile(0x1p399), try profile(0),
        ]
        for before in sides {
            for after in sides {
                let difference = DifferentialFlameGraph(before: [before, after], after: [after, after])
                let table = MoverTable(of: difference)
                let screen = try Explorer(difference, size: Explorer.Size(rows: 20, columns: 100)).screen()
                let shown = [
                    String(decoding: try difference.svg(), as: UTF8.self), table.text(), table.markdown(),
                    String(decoding: FlameGraph(before).svg(), as: UTF8.self),
                    String(decoding: table.json(), as: UTF8.self), screen.text.joined(separator: "\n"),
                    String(decoding: HotspotTable(before).bytes(.text), as: UTF8.self),
                ]
                for text in shown {
                    let text = text.components(separatedBy: "<script>")[0]
                    let found = wrong.firstMatch(in: text, range: NSRange(text.startIndex..., in: text))
                    XCTAssertNil(found, text)
                }
                XCTAssertNoThrow(try JSONSerialization.jsonObject(with: Data(table.json())))
            }
        }
    }

    func testTheTerminalShowsThemAndGetsNoSequenceOfTheirs() throws {
        let size = Explorer.Size(rows: 30, columns: 200)
        // Where each row begins, and looks: what the screen itself writes.
        let ours = try NSRegularExpression(pattern: "\u{1B}\\[[0-9;]*[HKm]")
        for isUnicode in [true, false] {
            for var explorer in [
                Explorer(try profile(2), title: words, size: size),
                try Explorer(difference(profile(2), profile(3)), size: size),
            ] {
                explorer.isUnicode = isUnicode
                let walk: [Key] =
                    [.down, .down] + (0..<70).map { _ in Key.right } + [
                        .enter, .escape, .tab, .pageDown, .down,
                    ]
                    + [.character("/"), .character("<"), .enter, .enter, .tab]
                for key in walk {
                    _ = explorer.take(key)
                    let screen = explorer.screen()
                    for row in screen.rows.indices {
                        let line = screen.bytes(ofRow: row, colours: .all)
                        let rest = ours.stringByReplacingMatches(
                            in: line, range: NSRange(line.startIndex..., in: line), withTemplate: "")
                        assertHarmless(rest, "row \(row) after \(key)")
                        XCTAssertFalse(rest.contains("\n") || rest.contains("\r"))
                        if !isUnicode { XCTAssertTrue(rest.utf8.allSatisfy { $0 < 0x80 }) }
                    }
                }
            }
        }
    }
}
