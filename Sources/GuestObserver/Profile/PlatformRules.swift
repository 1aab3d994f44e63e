/// What has to be known about a kernel to follow its call stacks: data, since kernels differ.
///
/// Names are patterns in which `*` stands for any characters. A pattern that matches no symbol does no harm,
/// so that one set of rules serves many releases.
public struct PlatformRules: Sendable, Hashable, Codable {
    /// Addresses, both ends included.
    public struct Range: Sendable, Hashable, Codable {
        /// The lowest address.
        public var first: UInt64
        /// The highest address.
        public var last: UInt64

        /// Addresses from `first` to `last`.
        public init(first: UInt64, last: UInt64) {
            self.first = first
            self.last = last
        }
    }

    /// What the rules are called.
    public var name: String
    /// The code whose calls are followed; empty for the code that the symbol files cover.
    public var followed: [Range]
    /// The size in bytes of the blocks that threads' stacks fill: they begin at its multiples. 0 where all
    /// code runs on one stack.
    public var stackSize: UInt64
    /// Where asynchronous interrupts enter: they get a root of their own, whomever they interrupt.
    public var interrupts: [String]
    /// Tables of stubs through which interrupts enter, each some bytes behind the one before.
    public var interruptTables: [String]
    /// Where exceptions enter: they belong to the code that causes them.
    public var exceptions: [String]
    /// Where system calls enter.
    public var systemCalls: [String]
    /// Functions that move their return address down the stack before they return.
    public var movingReturns: [String]
    /// Symbols inside functions, and thunks that lead to one: they begin no function.
    public var continuations: [String]

    /// Rules of one's own.
    public init(
        name: String, followed: [Range] = [], stackSize: UInt64, interrupts: [String] = [],
        interruptTables: [String] = [], exceptions: [String] = [], systemCalls: [String] = [],
        movingReturns: [String] = [], continuations: [String] = []
    ) {
        self.name = name
        self.followed = followed
        self.stackSize = stackSize
        self.interrupts = interrupts
        self.interruptTables = interruptTables
        self.exceptions = exceptions
        self.systemCalls = systemCalls
        self.movingReturns = movingReturns
        self.continuations = continuations
    }

    /// Whether code of these symbols is followed: a function of theirs, or without any the code itself.
    public func follows(_ symbols: GuestSymbols) -> Bool {
        guard symbols.symbols.isEmpty else {
            return symbols.symbols.contains { symbol in
                followed.contains { $0.first <= symbol.address && symbol.address <= $0.last }
            }
        }
        return symbols.code.contains { code in
            followed.contains { $0.first <= code.upperBound && code.lowerBound <= $0.last }
        }
    }

    /// The patterns that fit none of these symbols.
    public func idle(among symbols: GuestSymbols) -> [String] {
        patternsByKind.flatMap(\.1).filter { pattern in
            !symbols.symbols.contains { Self.matches($0.name, pattern) }
        }
    }

    /// What begins at a symbol of this name, as a letter of the plugin's symbol file.
    func kind(of name: String) -> Character {
        for (kind, patterns) in patternsByKind {
            if patterns.contains(where: { Self.matches(name, $0) }) { return kind }
        }
        return "f"
    }

    private var patternsByKind: [(Character, [String])] {
        [
            ("c", continuations), ("i", interrupts), ("t", interruptTables), ("e", exceptions),
            ("s", systemCalls), ("m", movingReturns),
        ]
    }

    /// Whether `name` fits `pattern`: the pieces between the stars come in order. Linear in both.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let name = Array(name.utf8)
        let pattern = Array(pattern.utf8)
        var at = 0
        var expected = 0
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if expected < pattern.count, pattern[expected] == UInt8(ascii: "*") {
                star = (expected, at)
                expected += 1
            } else if expected < pattern.count, pattern[expected] == name[at] {
                at += 1
                expected += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                expected = last.pattern + 1
                at = last.name + 1
            } else {
                return false
            }
        }
        return pattern[expected...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension PlatformRules {
    private static let linuxContinuations = [
        "*.cold", "*.cold.*", "__pfx_*", "__x86_indirect_*", "__x86_return_*", "__ret*", "srso_*", "its_*",
        "retbleed_*", "zen_*", "entry_untrain_ret*", "clear_bhb*", "swapgs_*", "common_interrupt_return",
        "native_irq_return_*", "native_iret", "irq_return", "restore_*", "error_return", "xen_error_entry",
        "early_idt_handler_array", "spurious_entries*", "entry_SYSCALL_*_*", "entry_SYSENTER_*_*",
        "handle_exception*", "resume_*", "ret_from_exception", "ret_from_intr", "syscall_return_*",
    ]
    private static let linuxInterrupts = [
        "asm_sysvec_*", "asm_common_interrupt", "asm_spurious_interrupt", "asm_exc_nmi", "common_spurious*",
    ]
    private static let linuxSystemCalls = [
        "entry_SYSCALL_64", "entry_SYSCALL_compat", "entry_SYSENTER_compat", "entry_SYSENTER_32",
        "entry_INT80_compat", "entry_INT80_32", "asm_int80_emulation", "asm_exc_int80*",
    ]

    /// Linux on x86-64, from 5.8 on: stacks of 16 KiB, and the kernel's text without the page that user
    /// code reaches.
    public static let linuxX86x64 = PlatformRules(
        name: "linux-x86_64",
        followed: [Range(first: 0xffff_ffff_8000_0000, last: 0xffff_ffff_feff_ffff)], stackSize: 16384,
        interrupts: linuxInterrupts, interruptTables: ["irq_entries_start"], exceptions: ["asm_exc_*"],
        systemCalls: linuxSystemCalls, movingReturns: ["error_entry", "paranoid_entry"],
        continuations: linuxContinuations)

    /// Linux on i386, from 5.8 on, with the usual split at 3 GiB: stacks of 8 KiB.
    public static let linuxI386 = PlatformRules(
        name: "linux-i386", followed: [Range(first: 0xc000_0000, last: 0xff7f_ffff)], stackSize: 8192,
        interrupts: linuxInterrupts, interruptTables: ["irq_entries_start"], exceptions: ["asm_exc_*"],
        systemCalls: linuxSystemCalls, movingReturns: ["error_entry", "paranoid_entry"],
        continuations: linuxContinuations)

    /// GNU Mach on i386: stacks of a page.
    public static let gnuMach = PlatformRules(
        name: "gnumach", followed: [Range(first: 0xc100_0000, last: 0xc1ff_ffff)], stackSize: 4096,
        interrupts: ["all_intrs"],
        exceptions: [
            "t_zero_div", "t_debug", "t_nmi", "t_int3", "t_into", "t_bounds", "t_invop", "t_nofpu",
            "t_stack_fault", "t_segnp", "t_gen_prot", "t_page_fault", "t_fpu_err", "t_trap_*",
        ],
        systemCalls: ["syscall", "syscall_entry"],
        continuations: [
            "alltraps", "trap_push_segs", "trap_set_segs", "trap_from_user", "trap_from_kernel", "_return_*",
            "return_to_iret", "_kret_*", "int_from_intstack", "ast_from_interrupt", "syscall_entry_*",
            "syscall_native", "syscall_emul", "syscall_addr", "mach_call_*", "stack_continue", "iplt_done",
            "copy*_ret", "copy*_fail", "copy*_retry",
        ])

    /// The tiny guest: one stack.
    public static let tiny = PlatformRules(
        name: "tiny", stackSize: 0, interruptTables: ["interrupt_entries"], continuations: ["halt_forever"])

    /// A kernel of which nothing is known but its symbols: stacks of a page, and no interrupts.
    public static let unknown = PlatformRules(name: "unknown", stackSize: 4096)

    /// The rules that come with Bootmark.
    public static let presets: [PlatformRules] = [.linuxX86x64, .linuxI386, .gnuMach, .tiny, .unknown]

    /// The preset for a Linux kernel for x86 (a bzImage) whose symbols are not known; nil for any other image.
    public static func forLinux(image path: String) -> PlatformRules? {
        KernelImage(path: path).isFor64Bits.map { $0 ? linuxX86x64 : linuxI386 }
    }

    /// The preset that these symbols' names and addresses suggest.
    public static func suggested(for symbols: GuestSymbols) -> PlatformRules {
        let names = Set(symbols.symbols.lazy.map(\.name))
        if names.contains("asm_exc_page_fault") {
            return symbols.symbols.contains { $0.address > 0xffff_ffff } ? linuxX86x64 : linuxI386
        }
        if names.contains("mach_msg_trap") && names.contains("Switch_context") { return gnuMach }
        if names.isSuperset(of: ["interrupt_entries", "decompress_phase", "memory_phase"]) { return tiny }
        return unknown
    }
}
