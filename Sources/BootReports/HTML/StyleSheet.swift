import BootModel

/// The style sheet of `report.html`, in a file beside it: build servers serve reports under a policy that
/// forbids styles inside a page.
public struct StyleSheet: Reporter {
    /// The sheet with nothing to set.
    public init() {}

    /// `report.css`.
    public var fileName: String { "report.css" }

    /// The style sheet, the same for all comparisons.
    public func report(on comparisons: [Comparison], beside neighbours: Set<String>) -> [UInt8] {
        Array(Self.rules.utf8)
    }

    private static let rules = """
        :root { color-scheme: light dark; --ink: #1c2126; --soft: #59636e; --line: #d0d7de; --page: #fff;
          --raised: #f6f8fa; --good: #1a7f37; --bad: #c5221f; --unsure: #9a6700; --before: #57606a;
          --after: #0969da; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --soft: #9aa4ae; --line: #343b43; --page: #0f1318; --raised: #171c22;
            --good: #4ac26b; --bad: #ff7b72; --unsure: #d9a514; --before: #9aa4ae; --after: #58a6ff; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 75rem; padding: 1.5rem; color: var(--ink); background: var(--page);
          font: 0.95rem/1.5 system-ui, "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; overflow-wrap: anywhere; }
        h3 { font-size: 1.05rem; margin-top: 1.75rem; }
        .banner { border-left: 0.5rem solid var(--soft); background: var(--raised); padding: 0.75rem 1rem;
          overflow-wrap: anywhere; }
        .banner strong { font-size: 1.15rem; } .banner p { margin: 0.25rem 0 0; }
        .pass.banner, .improvement.banner { border-color: var(--good); }
        .regression.banner, .failed.banner { border-color: var(--bad); }
        .inconclusive.banner, .incomparable.banner, .invalidEnvironment.banner { border-color: var(--unsure); }
        .pass strong, .improvement strong { color: var(--good); }
        .regression strong, .failed strong { color: var(--bad); }
        .inconclusive strong, .incomparable strong, .invalidEnvironment strong { color: var(--unsure); }
        table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding-bottom: 0.25rem; }
        th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: left;
          vertical-align: top; overflow-wrap: anywhere; }
        .numbers { overflow-x: auto; } .numbers td { white-space: nowrap; overflow-wrap: normal; }
        .numbers tbody th { min-width: 11rem; }
        thead th { color: var(--soft); font-weight: 600; overflow-wrap: normal; } tbody th { font-weight: 500; }
        tr.pass td:last-child, tr.improvement td:last-child { color: var(--good); }
        tr.regression td:last-child, tr.failed td:last-child { color: var(--bad); font-weight: 600; }
        tr.inconclusive td:last-child, tr.incomparable td:last-child,
        tr.invalidEnvironment td:last-child { color: var(--unsure); }
        details { border: 1px solid var(--line); border-radius: 0.3rem; margin: 0.5rem 0; padding: 0.4rem 0.8rem; }
        summary { cursor: pointer; overflow-wrap: anywhere; }
        pre { background: var(--raised); overflow: auto; max-height: 40rem; padding: 0.75rem; }
        pre.command { white-space: pre-wrap; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.5rem 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        figure { margin: 1rem 0; } figure img { width: 100%; border: 1px solid var(--line); background: #fff; }
        svg { width: 100%; height: auto; color: var(--ink); font: 12px system-ui, "DejaVu Sans", sans-serif; }
        svg .before { fill: var(--before); } svg .after { fill: var(--after); }
        svg line { stroke: var(--line); } svg text { fill: var(--ink); }
        svg .median { stroke: var(--ink); stroke-width: 2; }
        svg .bar { stroke: var(--page); }
        footer { color: var(--soft); margin-top: 3rem; }

        """
}
