import Foundation

@testable import BootProfiles

/// A file of one of the kinds that are read, in which a name and a weight can stand that no tool should have written.
struct NameCarrier: Sendable {
    /// The kind's label.
    let label: String
    /// Whether a file holds text, in which what is no UTF-8 becomes U+FFFD.
    var holdsText = false
    /// What stands around the name in its frame.
    var around = ("", "")
    /// Whether the kind has a place for a name like this one, in which it stands as it is.
    var holds: @Sendable (_ name: [UInt8]) -> Bool = { _ in true }
    /// The file of a function called so that weighs this much; nil where no such file can be made.
    let file: @Sendable (_ name: [UInt8], _ weight: String) -> [UInt8]?

    /// The frame that the function has to become.
    func frame(_ name: [UInt8]) -> [UInt8] {
        let name = holdsText ? Array(String(decoding: name, as: UTF8.self).utf8) : name
        return Array(around.0.utf8) + name + Array(around.1.utf8)
    }

    /// What a tool might write for a weight that is none, or more than sums can hold.
    static let weights = [
        "0", "-0", "-1", "NaN", "nan", "inf", "Infinity", "-Infinity", "1e999", "0x10", "", "1.5", ".", "1.",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "1e308", "-1e308", "1e-320", "1" + String(repeating: "0", count: 308),
        "0." + String(repeating: "0", count: 30) + "1",
    ]

    /// At least one for each kind.
    static let all = documents + binaries + texts + recordings

    // MARK: JSON

    /// `name` as a string of JSON.
    private static func quoted(_ name: [UInt8]) -> String {
        var text = "\""
        for scalar in String(decoding: name, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\0"..<" ":
                text += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func document(
        _ label: String, _ text: @escaping @Sendable (_ name: String, _ weight: String) -> String?
    ) -> NameCarrier {
        NameCarrier(label: label, holdsText: true) { name, weight in
            text(quoted(name), weight).map { Array($0.utf8) }
        }
    }

    private static let documents = [
        document("speedscope-json") { name, weight in
            """
            {"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":[{"name":\(name)},
            {"name":"other"}]},"profiles":[{"type":"sampled","name":"x","unit":"none","startValue":0,"endValue":1,
            "samples":[[0],[1]],"weights":[\(weight),\(weight)]}]}
            """
        },
        document("firefox-profiler-json") { name, weight in
            """
            {"meta":{"preprocessedProfileVersion":57},"shared":{"stringArray":[\(name),"other"]},"threads":[{"name":
            "t","samples":{"stack":[0,1],"weight":[\(weight),\(weight)],"weightType":"samples","time":[0,\(weight)]},
            "stackTable":{"frame":[0,1],"prefix":[null,null]},"frameTable":{"func":[0,1]},"funcTable":{"name":[0,1]}}]}
            """
        },
        document("gecko-profile-json") { name, weight in
            """
            {"meta":{"version":24,"processType":0,"stackwalk":1},"libs":[],"threads":[{"name":"t","tid":\(weight),
            "stringTable":[\(name),"other"],"frameTable":{"schema":{"location":0},"data":[[0],[1]]},
            "stackTable":{"schema":{"prefix":0,"frame":1},"data":[[null,0],[null,1]]},
            "samples":{"schema":{"stack":0,"time":1},"data":[[0,\(weight)],[1,\(weight)]]}}]}
            """
        },
        document("pyinstrument-json") { name, weight in
            """
            {"sample_count":2,"root_frame":{"function":"root","time":\(weight),"children":[
            {"function":\(name),"time":\(weight),"children":[]}]}}
            """
        },
        document("bootmark-json") { name, weight in
            """
            {"schema": 1, "origin": "guest", "unit": "samples", "total": \(weight), "notes": [], "frames":
            [\(name), "other"], "samples": [{"weight": \(weight), "stack": [0]}, {"weight": \(weight), "stack": [1]}]}
            """
        },
    ]

    // MARK: Bytes

    private static func words(_ words: [UInt64]) -> [UInt8] {
        words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    /// A number of MOJO: six bits and a sign, then seven bits a byte.
    private static func mojo(_ number: Int) -> [UInt8] {
        var rest = number.magnitude
        var bytes = [UInt8(rest & 0x3F) | (number < 0 ? 0x40 : 0)]
        rest >>= 6
        while rest > 0 {
            bytes[bytes.count - 1] |= 0x80
            bytes.append(UInt8(rest & 0x7F))
            rest >>= 7
        }
        return bytes
    }

    /// Text as Python marshals it.
    private static func marshalled(_ text: [UInt8]) -> [UInt8] {
        [0x75] + words([UInt64(text.count)]).prefix(4) + text
    }

    private static let binaries = [
        NameCarrier(label: "pprof") { name, weight in
            guard let weight = UInt64(weight) else { return nil }
            var whole = WireWriter()
            var type = WireWriter()
            type.number(1, 1)
            type.number(2, 2)
            whole.message(1, type)
            for location: UInt64 in [1, 2] {
                var sample = WireWriter()
                sample.packed(1, [location])
                sample.packed(2, [weight])
                whole.message(2, sample)
                var function = WireWriter()
                function.number(1, location)
                function.number(2, location + 2)
                var line = WireWriter()
                line.number(1, location)
                var place = WireWriter()
                place.number(1, location)
                place.message(4, line)
                whole.message(4, place)
                whole.message(5, function)
            }
            for string in ["", "samples", "count"].map({ Array($0.utf8) }) + [name, Array("other".utf8)] {
                whole.message(6, WireWriter(bytes: string))
            }
            return whole.bytes
        },
        NameCarrier(
            label: "gperftools-cpu-profile", around: ("[", "]"),
            holds: { !$0.isEmpty && !$0.contains(0x0A) && !$0.contains(0x2F) }
        ) { name, weight in
            guard let weight = UInt64(weight) else { return nil }
            let records = words([0, 3, 0, 10_000, 0, weight, 1, 0x40_0010, weight, 1, 0x99_0000, 0, 1, 0])
            return records + Array("00400000-00500000 r-xp 00000000 08:01 1 /x/".utf8) + name + [0x0A]
        },
        NameCarrier(label: "austin-mojo", around: ("", " (f.py:1)"), holds: { !$0.contains(0) }) {
            name, weight in
            guard let weight = Int(weight), weight < 1 << 61 else { return nil }
            var bytes = Array("MOJ\u{3}".utf8)
            for (key, text) in [(1, Array("f.py".utf8)), (2, name), (3, Array("other".utf8))] {
                bytes += [11] + mojo(key) + text + [0]
            }
            for (frame, scope) in [(1, 2), (2, 3)] {
                bytes += [3] + [frame, 1, scope, 1, 1, 0, 0].flatMap(mojo)
                bytes += [2] + mojo(7) + mojo(0) + [0x37, 0]
                bytes += [5] + mojo(frame) + [9] + mojo(weight)
            }
            return bytes
        },
        NameCarrier(label: "cprofile-pstats") { name, weight in
            guard let weight = Double(weight) else { return nil }
            let time = [0x67] + words([weight.bitPattern])
            let calls: [UInt8] = [0x69, 1, 0, 0, 0]
            let statistics = [0x29, 5] + calls + calls + time + time + [0x7B, 0x30]
            let functions = [name, Array("other".utf8)].map { name in
                [0x29, 3] + marshalled([0x7E]) + calls + marshalled(name) + statistics
            }
            return [0x7B] + functions.joined() + [0x30]
        },
    ]

    // MARK: Lines of text

    private static func text(
        _ label: String, around: (String, String) = ("", ""), without bytes: String = "",
        orEmpty: Bool = false,
        holds: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }, before: String, behind: String
    ) -> NameCarrier {
        let unfit = Set(bytes.utf8 + [0x0A])
        return NameCarrier(
            label: label, around: around,
            holds: { name in
                (orEmpty || !name.isEmpty) && !name.contains(where: unfit.contains) && holds(name)
            }
        ) { name, weight in
            let before = before.replacingOccurrences(of: "WEIGHT", with: weight)
            return Array(before.utf8) + name
                + Array(behind.replacingOccurrences(of: "WEIGHT", with: weight).utf8)
        }
    }

    private static let beginsWithoutBlank: @Sendable ([UInt8]) -> Bool = { name in
        name.first.map { $0 != 0x20 && $0 != 0x09 } ?? false
    }
    private static let flat = [
        "Flat profile:", "", "Each sample counts as 0.01 seconds.",
        "  %   cumulative   self              self     total",
        " time   seconds   seconds    calls  Ts/call  Ts/call  name",
        " 50.00  WEIGHT  WEIGHT                             other",
        " 50.00  WEIGHT  WEIGHT                             ",
    ].joined(separator: "\n")
    private static let summary = [
        "% time     seconds  usecs/call     calls    errors syscall",
        "------ ----------- ----------- --------- --------- ----------------",
        " 50.00    WEIGHT           1         1           other",
        " 50.00    WEIGHT           1         1           ",
    ].joined(separator: "\n")
    private static let heap = [
        "desc: x", "cmd: x", "time_unit: i", "#-----------", "snapshot=0", "#-----------", "time=0",
        "mem_heap_B=WEIGHT", "mem_heap_extra_B=0", "mem_stacks_B=0", "heap_tree=peak",
        "n1: WEIGHT (heap allocation functions) malloc/new/new[], --alloc-fns, etc.", " n0: WEIGHT 0x1169: ",
    ].joined(separator: "\n")

    private static let texts = [
        text(
            "folded-stacks", without: ";", orEmpty: true, before: "main;other WEIGHT\nmain;",
            behind: ";leaf WEIGHT\n"),
        text(
            "differential-folded-stacks", without: ";", orEmpty: true,
            before: "main;other WEIGHT WEIGHT\nmain;",
            behind: ";leaf WEIGHT WEIGHT\n"),
        text(
            "callgrind", holds: beginsWithoutBlank,
            before: "# callgrind format\nevents: Ir\nfn=(1) other\n0 WEIGHT\nfn=(2) ", behind: "\n0 WEIGHT\n"),
        text(
            "gprof-flat-profile", holds: beginsWithoutBlank,
            before: flat, behind: "\n\n"),
        text("strace-c", without: " \t", before: summary, behind: "\n100.00    1.0   1   2   total\n"),
        text(
            "strace-text", without: "()+", before: "read(3, \"\", 1) = 0 <WEIGHT>\n > /lib/x.so(",
            behind: "+0x1) [0x1]\n"),
        text(
            "strace-text", without: "\"/", before: "execve(\"/bin/", behind: "\", [\"x\"]) = 0 <WEIGHT>\n"),
        text(
            "valgrind-massif", around: ("", " (x.c:1)"),
            holds: beginsWithoutBlank, before: heap,
            behind: " (x.c:1)\n"),
        text(
            "austin", around: ("", " (f.py:1)"), without: ";:", orEmpty: true,
            before: "P1;T1;f.py:other:1 WEIGHT\nP1;T1;f.py:", behind: ":1 WEIGHT\n"),
        text(
            "qemu-trace-log", holds: { $0.elementsEqual("plain_word".utf8) },
            before: "1@1795499828.546932:apic_x y\n1@WEIGHT.5:", behind: " y\n"),
        text(
            "perf-script-text", without: " \t;\"'()",
            holds: { !String(decoding: $0, as: UTF8.self).contains("->") },
            before:
                "w 7/7 [000] 1.000000: WEIGHT cycles: \n\t40 other (/bin/w)\n\nw 7/7 [000] 1.5: WEIGHT cycles: \n\t40 ",
            behind: " (/bin/w)\n\n"),
        NameCarrier(
            label: "vtune-csv", holds: { !$0.isEmpty && $0.first != 0x20 && !$0.contains(0x0A) }
        ) { name, weight in
            let cell = name.flatMap { $0 == 0x22 ? [$0, $0] : [$0] }
            return Array("Function,CPU Time,Module\nother,\(weight),app\n\"".utf8) + cell
                + Array("\",\(weight),app\n".utf8)
        },
    ]

    // MARK: Recordings of perf

    /// The symbols of a just-in-time compiler lie in this folder, made where they are needed.
    static let folder = NSTemporaryDirectory() + "hostile-names-\(ProcessInfo.processInfo.processIdentifier)"

    private static let recordings = [
        NameCarrier(
            label: "perf-data",
            holds: { name in
                !name.isEmpty && name.count < 60_000 && !name.contains { [0, 0x20, 0x3B].contains($0) }
            }
        ) { name, weight in
            guard let weight = UInt64(weight), name.count < 60_000 else { return nil }
            var recording = Recording(isBig: false)
            let padding = [UInt8](repeating: 0, count: 8 - name.count % 8)
            let command = recording.u32(7) + recording.u32(7) + name + padding + recording.trailer(7, 1)
            recording.records = [
                recording.record(3, command), recording.sample(7, [0x1010], time: 3, period: weight),
                recording.sample(8, [0x1010], time: 4, period: weight),
            ]
            return recording.file
        },
        NameCarrier(
            label: "perf-data",
            holds: { name in
                !name.isEmpty && !name.contains { [0, 0x3B, 0x22, 0x27, 0x28].contains($0) }
                    && !String(decoding: name, as: UTF8.self).contains("->")
            }
        ) { name, weight in
            guard let weight = UInt64(weight) else { return nil }
            var recording = Recording(isBig: false)
            var dump = recording.u32(0x4A69_5444) + recording.u32(1) + recording.u32(40) + recording.u32(62)
            dump += recording.u32(0) + recording.u32(7) + recording.u64(1) + recording.u64(0)
            let place = [0x10000, 0x10000, 0x100, 0].flatMap { recording.u64($0) }
            let body = recording.u32(7) + recording.u32(7) + place + name + [0, 0xC3, 0xC3]
            dump += recording.u32(0) + recording.u32(UInt32(16 + body.count)) + recording.u64(10) + body
            let path = "\(folder)/jit-7.dump"
            guard FileManager.default.createFile(atPath: path, contents: Data(dump)) else { return nil }
            recording.records = [
                recording.comm(7, "js", time: 1),
                recording.map(7, start: 0x9000, size: 0x1000, path: path, time: 2),
                recording.map(7, start: 0x10000, size: 0x1000, path: "//anon", time: 3),
                recording.sample(7, [0x10010], time: 12, period: weight),
                recording.sample(7, [0x99_0010], time: 12, period: weight),
            ]
            return recording.file
        },
    ]
}
