/// A named stretch of a boot, from the match of its pattern to the next phase or the end.
public struct Phase: ScenarioElement {
    private let milestone: BootScript.Milestone

    /// A phase.
    /// - Parameters:
    ///   - name: letters, digits, spaces, `-`, `_`, `.` and `+`; each phase has its own.
    ///   - pattern: a regular expression (PCRE2) over what the channel carries.
    ///   - channel: where it is looked for: the serial port, or the screen where that port stays silent.
    public init(_ name: String, begins pattern: String, on channel: BootScript.Channel = .console) {
        milestone = BootScript.Milestone(name: name, pattern: pattern, channel: channel)
    }

    /// A phase that begins where a function of the guest's kernel runs, by its name or its address (`0x…`).
    ///
    /// What is counted there is exact on the guest's side. QEMU's plugin watches for it, so it takes `-accel tcg`; the
    /// names come from `Symbols`, or from the kernel itself.
    public init(_ name: String, beginsAtSymbol function: String) {
        milestone = BootScript.Milestone(name: name, pattern: function, channel: .symbol)
    }

    /// Adds this phase after those before it.
    public func declare(in draft: inout ScenarioDraft) { draft.scenario.script.phases.append(milestone) }
}

/// What ends a boot well.
public struct Booted: ScenarioElement {
    /// Ends that are no text.
    public enum Event: Sendable {
        /// The guest switches itself off.
        case poweredOff
    }

    private let end: BootScript.End

    /// Booted as soon as the pattern (PCRE2) matches on the channel.
    public init(when pattern: String, on channel: BootScript.Channel = .console) {
        end = .reached(BootScript.Milestone(name: BootScript.booted, pattern: pattern, channel: channel))
    }

    /// Booted as soon as a function of the guest's kernel runs, by its name or its address (`0x…`).
    public init(atSymbol function: String) {
        end = .reached(BootScript.Milestone(name: BootScript.booted, pattern: function, channel: .symbol))
    }

    /// Booted when this happens.
    public init(_ event: Event) {
        switch event {
        case .poweredOff: end = .poweredOff
        }
    }

    /// Makes this the end of the boot.
    public func declare(in draft: inout ScenarioDraft) {
        draft.say(ScenarioDraft.end)
        draft.scenario.script.end = end
    }
}

/// What the guest writes when it gives up, besides what Linux, MINIX, GNU Mach and BSD write.
public struct Panics: ScenarioElement {
    private let patterns: [String]
    private let besidesUsual: Bool

    /// Patterns (PCRE2), looked for on every channel that is read.
    /// - Parameter besidesUsual: whether the usual patterns stay; `Panics(besidesUsual: false)` looks for none.
    public init(_ patterns: String..., besidesUsual: Bool = true) {
        self.patterns = patterns
        self.besidesUsual = besidesUsual
    }

    /// Adds the patterns.
    public func declare(in draft: inout ScenarioDraft) {
        if !besidesUsual {
            draft.scenario.script.panics.removeAll(where: BootScript.usualPanics.contains)
        }
        draft.scenario.script.panics += patterns
    }
}
