import Foundation
import XCTest

@testable import BootProfiles

final class DemanglerTests: XCTestCase {
    private func demangled(_ name: String) -> String {
        String(decoding: Demangler.demangled(Array(name.utf8)), as: UTF8.self)
    }

    func testNamesAreDemangledAsPerfShowsThem() {
        let names = [
            ("_ZN3foo3barEi", "foo::bar"), ("main", "main"), ("_ZlsRSoi", "operator<<"),
            ("_ZN1AcvbEv", "A::operator bool"), ("_ZN1AcvmEv", "A::operator unsigned long"),
            ("_Z3maxIiET_S0_S0_", "max<int>"), ("_ZN12_GLOBAL__N_11fEv", "(anonymous namespace)::f"),
            ("_ZNK1AclEv", "A::operator()"), ("_ZN1AlsIiEERS_T_", "A::operator<< <int>"),
            ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"), ("_Zbroken", "_Zbroken"),
            ("_ZThn32_N1AD1Ev", "non-virtual thunk to A::~A"), ("_ZN3foo3barEiTm", "foo::bar"),
            // Of these the type that they return has parentheses of its own.
            ("_Z1fIiEDTcl1gfp_EET_", "f<int>"), ("_ZN1aL1fIiEEZNS_1bEiE1cT_", "a::f<int>"),
            ("_ZZN1a1bEiENKUlvE_clEv", "a::b"), ("_ZNK1A1fEv.cold", "A::f"), ("_ZZNK1A1fEvE1x", "A::f"),
            ("_ZTVSt8functionIFviEE", "vtable for std::function<void (int)>"),
            ("_ZlsIiERSoS0_T_", "operator<< <int>"),
        ]
        for (mangled, name) in names {
            XCTAssertEqual(demangled(mangled), name)
        }
    }

    func testRustsNamesOfBothSchemesLoseTheirHashesAndEscapes() {
        let names = [
            ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
            (
                "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
                "<Test + 'static as foo::Bar<Test>>::bar"
            ),
            (
                "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
                "std::rt::lang_start::{{closure}}"
            ),
            ("_RNvCs1234_7mycrate7example", "mycrate::example"),
            ("_RNCNvCsgStHSCytQ6I_7mycrate4main0B3_", "mycrate::main::{closure#0}"),
            (
                "_RNvMsr_NtCs3ssYzQotkvD_3std4pathNtB5_7PathBuf3newCs15kBYyAo9fc_7mycrate",
                "<std::path::PathBuf>::new"
            ),
            ("_RINvNtC3std3mem8align_ofjE", "std::mem::align_of::<usize>"),
            ("_RNvC6_123foo3bar", "123foo::bar"), ("_Rbroken", "_Rbroken"), ("_R", "_R"),
        ]
        for (mangled, name) in names { XCTAssertEqual(demangled(mangled), name) }
    }

    func testSwiftsNamesLoseArgumentsResultsAndPrivateMarkers() {
        let names = [
            ("$s4main3fooyyF", "main.foo"),
            ("_$s4main3fooyyF", "main.foo"),
            ("$s4main3FooV3bar1xS2i_tF", "main.Foo.bar"),
            ("$s4main3FooV5valueSivg", "main.Foo.value.getter"),
            ("$s4main3FooVyACSicfC", "main.Foo.init"),
            ("$s4main3FooVMa", "type metadata accessor for main.Foo"),
            ("$s4main3fooyyFyycfU_", "closure #1 in main.foo"),
            ("$sSa6appendyyxnF", "Swift.Array.append"),
            ("$s4main3fooyyF.resume.0", "main.foo"),
            ("$sBroken", "$sBroken"), ("$s", "$s"), ("$", "$"), ("", ""),
        ]
        for (mangled, name) in names { XCTAssertEqual(demangled(mangled), name) }
    }

    func testWhatSwiftSaysOfAFunctionIsCutWhereItsNameEnds() {
        let names = [
            "closure #1 (Swift.UInt8) -> Swift.Bool in static FlameGraphs.Label.clean(Swift.UnsafeRawBufferPointer) -> Swift.String":
                "closure #1 in static FlameGraphs.Label.clean",
            "implicit closure #3 () -> Swift.Int in BootRunner.TraceCount.(count in _2C1A)(Swift.Array<Swift.UInt8>) -> ()":
                "implicit closure #3 in BootRunner.TraceCount.count",
            "implicit closure #1 @Sendable (A.B) -> (Swift.UInt64) -> Swift.Optional<Swift.String> in A.C.collect() -> A.D":
                "implicit closure #1 in A.C.collect",
            "protocol witness for A.B.init(argument: Swift.String) -> Swift.Optional<A> in conformance Swift.Bool : A.B in A":
                "protocol witness for A.B.init in conformance Swift.Bool in A",
            "(extension in main):Swift.Array.total() async throws -> Swift.Int":
                "(extension in main):Swift.Array.total",
            "static Swift.Int.== infix(Swift.Int, Swift.Int) -> Swift.Bool": "static Swift.Int.== infix",
            "generic specialization <Swift.Int> of Swift.Array.append(__owned A) -> ()":
                "generic specialization <Swift.Int> of Swift.Array.append",
            "type metadata for A.(Move in _5B3B)": "type metadata for A.Move",
            "dispatch thunk of (A, B)": "dispatch thunk of",
            "(1) suspend resume partial function for A.f() -> ()":
                "suspend resume partial function for A.f",
            "static Swift.Comparable.< infix(A, A) -> Swift.Bool": "static Swift.Comparable.< infix",
            "static A.(lastLine in _9E81)(Swift.String) -> Swift.String": "static A.lastLine",
            "A.(used in _A750).setter : Swift.Int": "A.used.setter",
            "one-time initialization function for most": "one-time initialization function for most",
        ]
        for (full, name) in names {
            XCTAssertEqual(String(decoding: SwiftNames.shortened(Array(full.utf8)), as: UTF8.self), name)
        }
    }

    func testTheFunctionsOfThisProgramHaveNamesThatCanStandInAStack() throws {
        let file = try XCTUnwrap(RandomAccess(path: "/proc/self/exe"))
        let table = try XCTUnwrap(ElfFile(file)?.symbols())
        var names = 0
        for place in stride(from: 0, to: table.symbols.count, by: 41) {
            let raw = table.rawName(of: table.symbols[place])
            let name = table.name(of: table.symbols[place])
            names += 1
            // What a macro made has a mangled name within its own; a name without a bound stays as it is.
            let isBounded = raw.count <= SwiftNames.longest && SwiftNames.mostBytes(raw) <= SwiftNames.limit
            XCTAssertFalse(
                SwiftNames.areMangled(raw) && isBounded && name == raw, String(decoding: name, as: UTF8.self))
            XCTAssertFalse(name.isEmpty)
        }
        XCTAssertGreaterThan(names, 1_000)
    }

    func testNamesThatUnfoldWithoutEndStayAsTheyAre() {
        // Every level is a pair of the one before it, by a reference back.
        var name = "_RINvC1a1b"
        var places = [10]
        name += "j"
        for _ in 0..<60 {
            let last = places[places.count - 1] - 2
            let back = "B" + Self.base62(last) + "_"
            places.append(name.utf8.count)
            name += "T\(back)\(back)E"
        }
        name += "E"
        let result = demangled(name)
        XCTAssertLessThanOrEqual(result.utf8.count, 1 << 16)
        let cxx = "_Z1fI" + String(repeating: "S_", count: 1_000) + "E"
        XCTAssertLessThanOrEqual(demangled(cxx).utf8.count, 1 << 16)
    }

    func testStubsAreCalledAsWhatTheyCall() {
        XCTAssertEqual(demangled("_ZN3foo3barEi@plt"), "foo::bar@plt")
        XCTAssertEqual(demangled("memcpy@plt"), "memcpy@plt")
    }

    /// Each type holds the one before it twice: a short name that unfolds to more than any memory.
    func testTypesThatHoldTheOneBeforeTwiceStayMangled() {
        func digits(_ value: Int, _ alphabet: String) -> String {
            if value == 0 { return "" }
            var rest = value - 1
            var text = ""
            repeat {
                text = String(Array(alphabet)[rest % alphabet.count]) + text
                rest /= alphabet.count
            } while rest > 0
            return text
        }
        var cxx = "_Z1f1AIiiE"
        for level in 1...200 {
            let last = "S" + digits(level, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") + "_"
            cxx += "S_I\(last)\(last)E"
        }
        let letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        var rust = "_RINvC1a1f"
        var last: Int?
        for _ in 0..<200 {
            let place = rust.utf8.count - 2
            rust += last.map { "TB\(digits($0, letters))_B\(digits($0, letters))_E" } ?? "TiiE"
            last = place
        }
        rust += "E"
        // As swiftc mangles f(_: A<A<…>, A<…>>).
        var swift = "$s1u1fyyAA1AVy" + String(repeating: "ADy", count: 21) + "S2iG"
        for level in 0..<21 { swift += "A\(UnicodeScalar(UInt8(0x45 + level)))G" }
        swift += "F"
        for name in [cxx, rust, swift] { XCTAssertEqual(demangled(name), name) }
        XCTAssertGreaterThan(SwiftNames.mostBytes(Array(swift.utf8)), 1 << 26)
        // Of a few levels it is still told, and less than what is foreseen.
        let shallow = "$s1u2f6yyAA1AVyADyADyADyADyADyS2iGAEGAFGAGGAHGAIGF"
        XCTAssertEqual(demangled(shallow), "u.f6")
        XCTAssertGreaterThan(SwiftNames.mostBytes(Array(shallow.utf8)), 1_029)
    }

    func testBothRoutesAndOtherReadersShowTheNamesUnlessRawOnesAreAskedFor() throws {
        let text = """
            tool 7 1.000000: 1 cycles:
            \t55 $s4main3FooV3bar1xySi_tFZ+0x5 (/bin/tool)
            \t56 _RNvCs6GmmlP4bgsG_1r4main+0x6 (/bin/tool)
            \t57 _ZN3foo3barEi+0x7 (/bin/tool)

            """
        let folded = "tool;_ZN3foo3barEi;_RNvCs6GmmlP4bgsG_1r4main;$s4main3FooV3bar1xySi_tFZ_[i] 1\n"
        func read(_ text: String, raw: Bool) throws -> String {
            var options = FoldingOptions()
            options.showsRawNames = raw
            let source = ProfileSource.bytes(Array(text.utf8), name: "test")
            let profile = try ProfileInput.open(source, options: options).read()
            return String(decoding: FoldedWriter().bytes(profile), as: UTF8.self)
        }
        XCTAssertEqual(try read(text + "\n", raw: false), "tool;foo::bar;r::main;static main.Foo.bar 1\n")
        XCTAssertEqual(try read(text + "\n", raw: true), folded.replacingOccurrences(of: "_[i]", with: ""))
        XCTAssertEqual(try read(folded, raw: false), "tool;foo::bar;r::main;static main.Foo.bar_[i] 1\n")
        XCTAssertEqual(try read(folded, raw: true), folded)
    }

    func testMethodsOfExtensionsAndSpecializationsKeepTheirNamesInAStack() throws {
        let names = [
            "$sSDsSeRzSeR_rlE4fromSDyxq_Gs7Decoder_p_tKcfC":
                "(extension in Swift):Swift.Dictionary< where A: Swift.Decodable, B: Swift.Decodable>.init",
            "$sSS23_fromLargeUTF8Repairing21uninitializedCapacity16initializingWithSSSi_SiSrys5UInt8VGKXEtKFZ051$ss7"
                + "UnicodeO6ScalarV10PropertiesV4nameSSSgvgSiSrys5I7VGXEfU_s0K0O0M0V0O0VTf1ncn_nTf4ndn_n":
                "function signature specialization <Arg[1] = Dead> of function signature specialization <Arg[1] = "
                + "[Closure Propagated : $ss7UnicodeO6ScalarV10PropertiesV4nameSSSgvgSiSrys5UInt8VGXEfU_, Argument "
                + "Types : [Swift.Unicode.Scalar.Properties]> of static Swift.String._fromLargeUTF8Repairing",
        ]
        for (mangled, name) in names {
            for text in ["tool;\(mangled) 1\n", "tool 7 1.0: 1 cycles:\n\t55 \(mangled)+0x5 (/bin/tool)\n\n"]
            {
                let profile = try ProfileInput.open(.bytes(Array(text.utf8), name: "test")).read()
                XCTAssertEqual(
                    String(decoding: FoldedWriter().bytes(profile), as: UTF8.self), "tool;\(name) 1\n")
            }
        }
    }

    func testArrowsOfTypesAndOperatorsPartNoFunctions() throws {
        let names = ["a<fn(u64) -> u64>::call", "A::operator->", "x->y", "operator<;z->w"]
        let text = names.map { "tool 7 1.000000: 1 cycles:\n\t55 \($0)+0x5 (/bin/tool)\n\n" }.joined()
        let profile = try ProfileInput.open(.bytes(Array(text.utf8), name: "test")).read()
        XCTAssertEqual(
            String(decoding: FoldedWriter().bytes(profile), as: UTF8.self),
            "tool;A::operator-> 1\ntool;a<fn(u64) -> u64>::call 1\ntool;operator<:z;w_[i] 1\ntool;x;y_[i] 1\n"
        )
    }

    func testChangedNamesNeverEndTheProgram() {
        let seeds = [
            "_ZN4core3fmt5write17h0123456789abcdefE", "_RNCNvCsgStHSCytQ6I_7mycrate4main0B3_",
            "_Z3maxIiET_S0_S0_", "$s1u2f6yyAA1AVyADyADyADyADyADyS2iGAEGAFGAGGAHGAIGF",
            "$s4main3fooyyFyycfU_", "_RINvNtC3std3mem8align_ofjE",
        ].map { Array($0.utf8) }
        var seed: UInt64 = 42
        func next(_ limit: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % limit
        }
        for turn in 0..<8_000 {
            var name = seeds[turn % seeds.count]
            for _ in 0...next(4) {
                switch next(3) {
                case 0: name[next(name.count)] = UInt8(next(256))
                case 1: name.insert(name[next(name.count)], at: next(name.count))
                default: if name.count > 3 { name.remove(at: next(name.count)) }
                }
            }
            XCTAssertLessThanOrEqual(Demangler.demangled(name).count, 1 << 16)
        }
    }

    /// A number as Rust's references back are written.
    private static func base62(_ number: Int) -> String {
        guard number > 0 else { return "" }
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        var rest = number - 1
        var text = ""
        repeat {
            text = String(digits[rest % 62]) + text
            rest /= 62
        } while rest > 0
        return text
    }
}
