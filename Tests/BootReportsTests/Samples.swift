import BootModel

/// Comparisons of every kind, with what a hostile guest and a hostile symbol table put into them.
enum Samples {
    /// What a guest can write to its console: escape codes, NULs, markup, orders to build servers.
    static let hostileConsole =
        "Booting\u{1B}[31m red \u{1B}]0;title\u{7}\u{0}\u{0}\u{8}]]> <script>alert(1)</script> & \"'\r\n"
        + "| a `code` @everyone https://example.org/ \u{202E}desrever\u{2028}\u{FFFE}\u{FEFF}\r\n"
        + "[[ATTACHMENT|/etc/passwd]]\n##vso[task.setvariable variable=a]b\n::error::no\n</testcase>\n"
        + "##teamcity[testFailed name='a']\n```\n~~~\n10%\r20%\r100%\n\u{9B}2Jend \u{1B}Pdcs"
    static let hostileName =
        "std::map<int, char*>::operator[]|`x`@team\u{1B}[2J\u{0}</a>&\n\"onload='x'[[ATTACHMENT|x]]"

    static let fingerprint = Fingerprint(
        host: .init(
            processor: "Example CPU @ 2.00GHz", processors: 2, kernel: "6.1.0-1-amd64", governor: "none",
            hypervisor: "kvm"),
        qemu: "7.2.22", accelerator: "tcg", perf: "6.1.0",
        digests: ["kernel": "00ff", "command": "aa11"])

    static func side(_ location: String, boots: Int = 5) -> Comparison.Side {
        Comparison.Side(
            location: location, fingerprint: fingerprint, startedAt: 1_772_348_709.25, boots: boots,
            duration: .seconds(12.3456))
    }

    static func result(
        _ metric: Metric = .bootTime, role: MetricComparison.Role = .gates, _ verdict: Verdict = .pass,
        after factor: Double = 1
    ) -> MetricComparison {
        let before = [1.20e9, 1.25e9, 1.22e9, 1.24e9, 1.23e9]
        return MetricComparison(
            metric: metric, role: role, tolerance: 0.03, verdict: verdict,
            reason: "\(metric.id) is what it is.", before: before, after: before.map { $0 * factor },
            change: .init(estimate: factor - 1, low: factor - 1.02, high: factor - 0.98, confidence: 0.98),
            pWorse: 0.0039, pBetter: 0.99, detectable: 0.04)
    }

    static let command = [
        "bootmark", "ab", "-o", "it's here", "--before", "qemu-system-i386 -append 'a b'", "--after", "x",
    ]

    static let pass = Comparison(
        scenario: "tiny", machine: "i386 pc, 1 CPU, 32 MiB", verdict: .pass,
        reason: "No metric got worse by more than allowed.", before: side("Baselines/tiny"),
        after: side("Runs/tiny"),
        results: [
            result(), result(Metric.bootTime.of(phase: "kernel")),
            result(Metric.guestInstructions.exactly, role: .informs),
            result(.peakMemory, role: .informs, .inconclusive),
        ], reproduction: command)

    static let regression: Comparison = {
        var comparison = pass
        comparison.verdict = .regression
        comparison.reason = "boot-time got worse by +12.0 %; +3.0 % is allowed."
        comparison.results[0] = result(.bootTime, .regression, after: 1.12)
        comparison.results[3] = result(.peakMemory, role: .informs, .regression, after: 2)
        comparison.functions = [
            FunctionChange(
                name: hostileName, origin: .guest, selfBefore: 0.04, selfAfter: 0.19, totalBefore: 0.05,
                totalAfter: 0.2)
        ]
        comparison.notes = ["perf counted software events only."]
        return comparison
    }()

    static let failedBoot: Comparison = {
        var comparison = pass
        comparison.scenario = "linux 6.1 " + hostileName
        comparison.machine = "x86_64 pc <1> CPU"
        comparison.verdict = .failed
        comparison.reason = "1 of 5 boots failed: \u{1B}[31m]]>"
        comparison.failures = [
            BootFailure(
                side: .after, boot: 3,
                outcome: BootOutcome(.panicked, detail: "Kernel panic\u{0} <\u{1B}[1m>"),
                consoleTail: hostileConsole, console: "Runs/tiny/boots/003/console.log"),
            BootFailure(
                side: .after, boot: 4, outcome: BootOutcome(.hung), consoleTail: "",
                console: "Runs/]]\n[[ATTACHMENT|/etc/shadow"),
        ]
        return comparison
    }()

    static let noBaseline = Comparison(
        scenario: "linux-cloud", machine: "x86_64 pc, 1 CPU, 256 MiB", verdict: .incomparable,
        reason: "There is no baseline. Make one with: bootmark accept Runs/linux-cloud", before: nil,
        after: side("Runs/linux-cloud"),
        results: [
            MetricComparison(
                metric: .bootTime, role: .gates, tolerance: 0.03, verdict: .incomparable,
                reason: "There is no baseline.", before: [], after: [1e9, 1.1e9])
        ])

    static let inconclusive: Comparison = {
        var comparison = pass
        comparison.verdict = .inconclusive
        comparison.reason = "boot-time is too noisy."
        comparison.results[0] = result(.bootTime, .inconclusive, after: 1.02)
        return comparison
    }()

    static let invalidEnvironment: Comparison = {
        var comparison = pass
        comparison.verdict = .invalidEnvironment
        comparison.reason = "The machine was throttled."
        comparison.results[0] = result(.bootTime, .regression, after: 1.5)
        comparison.before?.fingerprint.qemu = "8.0.0"
        comparison.before?.fingerprint.digests["disk"] = "bb"
        return comparison
    }()

    static let improvement: Comparison = {
        var comparison = pass
        comparison.verdict = .improvement
        comparison.results[0] = result(.bootTime, .improvement, after: 0.8)
        return comparison
    }()

    static let phases: Comparison = {
        var comparison = regression
        comparison.scenario = "linux-cloud"
        comparison.machine = "x86_64 pc, 1 CPU, 256 MiB"
        comparison.results = [
            result(.bootTime, .regression, after: 1.12),
            result(Metric.bootTime.of(phase: "power-on"), role: .informs),
            result(Metric.bootTime.of(phase: "kernel"), role: .informs, .regression, after: 1.35),
            result(Metric.bootTime.of(phase: "init"), role: .informs, .inconclusive, after: 1.02),
        ]
        return comparison
    }()

    /// One of each, with the name under which conformance checks find its reports.
    static let all: KeyValuePairs<String, Comparison> = [
        "pass": pass, "regression": regression, "failed-boot": failedBoot, "no-baseline": noBaseline,
        "inconclusive": inconclusive, "invalid-environment": invalidEnvironment, "improvement": improvement,
        "phases": phases,
    ]
}

/// Random numbers that repeat (SplitMix64), so that a failing property can be found again.
struct RepeatableRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Bytes with more than their share of what consoles stumble over.
    mutating func consoleBytes(_ count: Int) -> [UInt8] {
        let awkward: [UInt8] = [
            0x1B, 0x5B, 0x5D, 0x9B, 0x9D, 0x90, 0x0D, 0x0A, 0x00, 0x07, 0x3C, 0x26, 0x7C, 0x60, 0xEF, 0xBF,
            0xBE,
            0xE2, 0x80, 0xAE, 0xF0, 0x9F, 0x98, 0x80, 0xC2, 0x85,
        ]
        return (0..<count).map { _ in
            Bool.random(using: &self)
                ? awkward.randomElement(using: &self) ?? 0 : UInt8.random(in: 0...255, using: &self)
        }
    }
}
