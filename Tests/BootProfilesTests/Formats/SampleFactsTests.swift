import XCTest

@testable import BootProfiles

/// What kinds know of their samples beside the stacks: order, modules, circumstances.
final class SampleFactsTests: XCTestCase {
    /// The stacks in the order of time, those that follow one another joined.
    private func order(_ name: String) throws -> [String] {
        let profile = try SampleFiles.sample(name).read {
            $0.keepsSamples = true
            $0.needsOrder = true
        }
        return try order(of: profile, weightsIn: nil)
    }

    /// The same of a profile, with weights in seconds unless that is nil.
    private func order(of profile: Profile, weightsIn unit: Double? = 1e9) throws -> [String] {
        let timeline = try Timeline(profile)
        XCTAssertEqual(timeline.profile.total, profile.total, accuracy: 1e-6 * profile.total)
        return timeline.profile.tree.weights.indices.dropFirst().compactMap { node in
            guard timeline.profile.tree.weights[node] > 0 else { return nil }
            var names: [String] = []
            var place = node
            while place > 0 {
                names.append(timeline.profile.frames.name(of: timeline.profile.tree.frames[place]))
                place = Int(timeline.profile.tree.parents[place])
            }
            let stack = names.reversed().joined(separator: ";")
            return unit.map { "\(stack) \(Int(timeline.profile.tree.weights[node] / $0))" } ?? stack
        }
    }

    private func modules(_ name: String) throws -> String {
        let profile = try SampleFiles.sample(name).read { $0.namesModules = true }
        return SampleFiles.folded(try profile.joiningNeighbours(withoutFirst: false))
    }

    func testWhatHasAnOrderKeepsIt() throws {
        XCTAssertEqual(
            try order("gecko-profile-json/two-threads.json"),
            [
                "child/2;idle", "main/1;main (in app);work (in app)",
                "main/1;main (in app);work (in app);leaf (in app)",
            ])
        XCTAssertEqual(
            try order("firefox-profiler-json/version-48.json"),
            ["GeckoMain/1;main;work", "GeckoMain/1;main;work;leaf", "Renderer/2;draw"])
        XCTAssertTrue(try order("austin/wall.txt").allSatisfy { $0.hasPrefix("P") })
        XCTAssertTrue(try order("austin-mojo/wall.mojo").allSatisfy { $0.hasPrefix("P") })
    }

    func testSpeedscopesProfilesStandBesideOneAnotherInTheirOrder() throws {
        let text = """
            {"$schema":"https://www.speedscope.app/file-format-schema.json",
            "shared":{"frames":[{"name":"main"},{"name":"idle"},{"name":"work"}]},"profiles":[
            {"type":"sampled","name":"one","unit":"seconds","startValue":0,"endValue":4,
            "samples":[[0,1],[0,2],[0,1]],"weights":[1,2,1]},
            {"type":"evented","name":"two","unit":"seconds","startValue":5,"endValue":9,"events":[
            {"type":"O","frame":0,"at":5},{"type":"O","frame":2,"at":6},{"type":"C","frame":2,"at":8},
            {"type":"C","frame":0,"at":9}]}]}
            """
        let profile = try SampleFiles.read(Array(text.utf8)) { $0.keepsSamples = true }
        XCTAssertEqual(
            try order(of: profile),
            ["one;main;idle 1", "one;main;work 2", "one;main;idle 1", "two;main 2", "two;main;work 2"])
        // What is selected by time is selected in each.
        let part = try profile.selecting(0..<2_000_000_000)
        XCTAssertEqual(
            SampleFiles.folded(part), "main 1000000000\nmain;idle 1000000000\nmain;work 4000000000\n")
    }

    func testWhatKnowsModulesNamesThem() throws {
        XCTAssertTrue(
            try modules("callgrind/spin.out").contains("ld-linux-x86-64.so.2;spin;libc.so.6;spin 10500463\n"))
        XCTAssertEqual(try modules("gecko-profile-json/two-threads.json"), "[unknown] 1\napp 3\n")
        XCTAssertTrue(try modules("vtune-csv/top-down.csv").contains("[unknown];app 1620000000\n"))
        XCTAssertTrue(try modules("strace-text/stacks.txt").contains("ld-linux-x86-64.so.2;[kernel] 2\n"))
        XCTAssertTrue(
            try modules("gperftools-cpu-profile/spin.prof").contains("spin2;libc.so.6;spin2 150000000\n"))
        // pprof: sample_type {1, 2}; mapping 1 of file 3; location 1 in it, of function 1; a sample of it.
        let bytes: [UInt8] =
            [0x0A, 4, 8, 1, 16, 2, 0x12, 4, 8, 1, 16, 7, 0x1A, 4, 8, 1, 40, 3]
            + [0x22, 8, 8, 1, 16, 1, 0x22, 2, 8, 1, 0x2A, 4, 8, 1, 16, 4, 0x32, 0]
            + [0x32, 1, 0x73, 0x32, 1, 0x63, 0x32, 6] + Array("/b/app".utf8) + [0x32, 1, 0x66]
        XCTAssertEqual(SampleFiles.folded(try SampleFiles.read(bytes)), "f 7\n")
        XCTAssertEqual(SampleFiles.folded(try SampleFiles.read(bytes) { $0.namesModules = true }), "app 7\n")
    }

    func testCallgrindsFunctionsOfOneNameAreToldApartByTheirObjects() throws {
        let text = """
            events: Ir
            ob=(1) /bin/app
            fn=(1) main
            1 10
            cob=(2) /lib/libone.so
            cfn=(2) work
            calls=1 1
            1 30
            cfn=(2)
            calls=1 1
            1 5

            ob=(2)
            fn=(2)
            1 30

            ob=(1)
            fn=(2)
            1 5

            """
        let profile = try SampleFiles.read(Array(text.utf8)) { $0.namesModules = true }
        XCTAssertEqual(
            SampleFiles.folded(try profile.joiningNeighbours(withoutFirst: false)),
            "app 15\napp;libone.so 30\n")
    }

    func testNewerVersionsOfFirefoxsFormatAreRead() throws {
        // Version 66 counts callers backwards, version 70 names libraries by frame.
        let text = """
            {"meta":{"preprocessedProfileVersion":70,"product":"x"},"libs":[{"name":"libone.so"}],
            "shared":{"stringArray":["main","leaf"],
            "stackTable":{"length":2,"frame":[0,1],"prefixOffset":[0,1]},
            "frameTable":{"length":2,"func":[0,1],"lib":[-1,0]},
            "funcTable":{"length":2,"name":[0,1],"resource":[-1,-1]}},
            "threads":[{"name":"t","samples":{"length":2,"stack":[1,0],"timeDeltas":[5,1],"weight":null}}]}
            """
        XCTAssertEqual(SampleFiles.folded(try SampleFiles.read(Array(text.utf8))), "main 1\nmain;leaf 1\n")
        let modules = try SampleFiles.read(Array(text.utf8)) { $0.namesModules = true }
        XCTAssertEqual(SampleFiles.folded(modules), "[unknown] 1\n[unknown];libone.so 1\n")
        let samples = try SampleFiles.read(Array(text.utf8)) { $0.keepsSamples = true }.samples
        XCTAssertEqual(samples.map(\.facts.time), [5_000_001, 6_000_001])
    }

    func testAKindIsRefusedWhatItDoesNotKnow() throws {
        for sample in try SampleFiles.all() {
            let facts = try XCTUnwrap(ProfileInput.kinds.first { $0.label == sample.label }).facts
            let asked: [(ProfileInput.Kind.Facts, (inout FoldingOptions) -> Void)] = [
                (.circumstances, { $0.selection.processors = [0] }),
                (.order, { $0.needsOrder = true }),
                (.modules, { $0.namesModules = true }),
            ]
            for (fact, ask) in asked where !facts.contains(fact) {
                XCTAssertThrowsError(try sample.read(ask), sample.name) { error in
                    XCTAssertEqual((error as? ProfileError)?.code, .unsupported)
                    XCTAssertTrue("\(error)".contains("perf.data"), "\(error)")
                }
            }
        }
    }
}
