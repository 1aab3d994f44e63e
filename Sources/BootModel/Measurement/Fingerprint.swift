/// What ran a run: only what does not change from one minute to the next.
public struct Fingerprint: Sendable, Hashable, Codable {
    /// The kind of machine that booted the guests. Two runs compare by time only within one host class.
    public struct Host: Sendable, Hashable, Codable {
        /// The processor's model, as the kernel names it.
        public var processor: String
        /// The number of processors that are online.
        public var processors: Int
        /// The host kernel's release.
        public var kernel: String
        /// The frequency governor, or `none`.
        public var governor: String
        /// The hypervisor that the host itself runs under, or `none`.
        public var hypervisor: String

        /// A host class.
        public init(
            processor: String, processors: Int, kernel: String, governor: String, hypervisor: String
        ) {
            self.processor = processor
            self.processors = processors
            self.kernel = kernel
            self.governor = governor
            self.hypervisor = hypervisor
        }
    }

    /// The host's class.
    public var host: Host
    /// QEMU's version: `7.2.22`.
    public var qemu: String
    /// The accelerator that ran the guest: `tcg` or `kvm`.
    public var accelerator: String
    /// perf's version, or nil where perf took no part.
    public var perf: String?
    /// SHA-256 digests, in hexadecimal, of what was booted: `kernel`, `initrd`, `cdrom`, `disk`, and
    /// `command` for the QEMU command line without paths.
    public var digests: [String: String]

    /// A fingerprint.
    public init(
        host: Host, qemu: String, accelerator: String, perf: String? = nil, digests: [String: String] = [:]
    ) {
        self.host = host
        self.qemu = qemu
        self.accelerator = accelerator
        self.perf = perf
        self.digests = digests
    }
}
