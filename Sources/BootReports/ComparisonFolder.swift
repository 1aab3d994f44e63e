import BootModel
import BootProfiles
import BootStore
import FlameGraphs
import Foundation

/// The profiles of one side of a comparison: one for each boot that was recorded, or one for all of them.
public struct ProfiledSide: Sendable {
    /// Host profiles; empty where none was recorded.
    public var host: [Profile]
    /// Guest profiles; empty where none was taken.
    public var guest: [Profile]
    /// What samplers saw of the guest; empty where none looked.
    public var guestSamples: [Profile]
    /// The boots that the host profiles are of, in their order; empty where a profile is of several.
    public var hostBoots: [Boot] = []
    /// The boots that the guest profiles are of, in their order; empty where a profile is of several.
    public var guestBoots: [Boot] = []
    /// The boots that the samplers' profiles are of, in their order; empty where a profile is of several.
    public var guestSampleBoots: [Boot] = []
    /// What the guest's functions executed in exact boots, and how far controls move them; nil for none.
    public var functions: GuestCallGraph?

    /// A side with the profiles given.
    public init(
        host: [Profile] = [], guest: [Profile] = [], guestSamples: [Profile] = [],
        functions: GuestCallGraph? = nil
    ) {
        self.host = host
        self.guest = guest
        self.guestSamples = guestSamples
        self.functions = functions
    }

    /// The profiles of one origin.
    subscript(origin: FunctionChange.Origin) -> [Profile] {
        switch origin {
        case .host: host
        case .guest: guest
        case .guestSamples: guestSamples
        }
    }

    /// The profiles of a stored run: boot by boot where their stacks are there, so that differences can be
    /// tested, else what was merged over them.
    /// - Parameter phase: The phase whose stacks are taken; nil for the whole boots'.
    /// - Throws: `ProfileError` or `StoreError` where stacks cannot be read.
    public init(_ folder: RunFolder, phase: String? = nil) throws {
        // A control has other stacks by design.
        let boots = try folder.load().boots.filter { $0.outcome.isBooted && $0.purpose != .control }
        let host = try Self.profiles(of: .host, phase, in: folder, boots: boots)
        let guest = try Self.profiles(of: .guest, phase, in: folder, boots: boots)
        let guestSamples = try Self.profiles(of: .guestSamples, phase, in: folder, boots: boots)
        self.init(
            host: host.profiles, guest: guest.profiles,
            guestSamples: guestSamples.profiles,
            functions: phase == nil ? try GuestFunctionsFile.read(folder.guestFunctions) : nil)
        hostBoots = host.boots
        guestBoots = guest.boots
        guestSampleBoots = guestSamples.boots
    }

    /// The profiles of the boots that both sides have, matched by the boots' numbers: those of pairs.
    public static func pairs(
        _ origin: FunctionChange.Origin, before: ProfiledSide, after: ProfiledSide
    ) -> [ProfilePair] {
        let old = Dictionary(
            zip(before.boots(origin).map(\.index), before[origin]), uniquingKeysWith: { first, _ in first })
        return zip(after.boots(origin), after[origin]).compactMap { boot, profile in
            old[boot.index].map { ProfilePair(before: $0, after: profile) }
        }
    }

    private func boots(_ origin: FunctionChange.Origin) -> [Boot] {
        switch origin {
        case .host: hostBoots
        case .guest: guestBoots
        case .guestSamples: guestSampleBoots
        }
    }

    /// The profiles of a baseline, which keeps them merged.
    /// - Throws: `ProfileError` or `StoreError` where stacks cannot be read.
    public init(_ baseline: Baseline, phase: String? = nil) throws {
        self.init(
            host: try Self.profile(of: .host, phase, in: baseline),
            guest: try Self.profile(of: .guest, phase, in: baseline),
            guestSamples: try Self.profile(of: .guestSamples, phase, in: baseline),
            functions: phase != nil
                ? nil : try GuestFunctionsFile.read("\(baseline.path)/\(GuestFunctionsFile.name)"))
    }

    private static func profiles(
        of origin: FunctionChange.Origin, _ phase: String?, in folder: RunFolder, boots: [Boot]
    ) throws -> (profiles: [Profile], boots: [Boot]) {
        let files = FileManager.default
        let each = boots.map { ($0, folder.folded(origin, phase: phase, ofBoot: $0.index)) }
            .filter { files.fileExists(atPath: $0.1) }
        let merged = folder.folded(origin, phase: phase)
        if each.count < 2, files.fileExists(atPath: merged) {
            return ([try reader(origin).read(.file(merged))], [])
        }
        return (try each.map { try reader(origin).read(.file($0.1)) }, each.map(\.0))
    }

    private static func profile(
        of origin: FunctionChange.Origin, _ phase: String?, in baseline: Baseline
    ) throws -> [Profile] {
        guard let bytes = try baseline.folded(origin, phase: phase) else { return [] }
        let name = "\(baseline.path)/\(RunFolder.foldedName(origin, phase: phase)).gz"
        return [try reader(origin).read(.bytes(bytes, name: name))]
    }

    private static func reader(_ origin: FunctionChange.Origin) -> FoldedReader {
        FoldedReader(origin: origin, unit: origin == .guest ? "instructions" : "samples")
    }
}

/// A comparison on disk: `comparison.json`, the reports, the differential flame graphs, both sides' stacks.
public struct ComparisonFolder: Sendable {
    /// The folder, made where it is missing.
    public var path: String

    /// Whether both sides' boots were taken in pairs, so that those of a number belong together.
    public var isPaired: Bool

    /// A comparison's folder at `path`.
    public init(path: String, isPaired: Bool = false) {
        self.path = path
        self.isPaired = isPaired
    }

    /// Writes the folder, pictures first, so that no report points to one that is not there.
    /// - Returns: the comparison with the functions that changed most.
    /// - Throws: `StoreError`, `ProfileError`, or what a reporter throws.
    @discardableResult
    public func write(
        _ comparison: Comparison, before: ProfiledSide?, after: ProfiledSide, reports: ReportSet = .standard
    ) throws -> Comparison {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StoreError(
                .notWritable, path: path, reason: "cannot be made a folder",
                nextStep: "Name a folder that you may write to.")
        }
        for origin in [FunctionChange.Origin.guest, .guestSamples, .host] {
            let compares = origin != .guest || !comparison.cannotCompareGuests
            try draw(
                origin, before: compares ? before : nil, after: after,
                isExact: origin == .guest && comparison.isExact)
        }
        var comparison = comparison.naming(before: before, after: after)
        comparison.notes += try drawModes(of: comparison, before: before, after: after)
        try reports.write(comparison, into: path)
        return comparison
    }

    /// Draws one origin's difference, where both sides have profiles.
    private func draw(
        _ origin: FunctionChange.Origin, before: ProfiledSide?, after: ProfiledSide, isExact: Bool
    ) throws {
        let old = before?[origin] ?? []
        let new = after[origin]
        let picture = "\(path)/diff-\(origin.rawValue).svg"
        guard !old.isEmpty, !new.isEmpty else {
            // A picture of the last comparison would be taken for one of this.
            try? FileManager.default.removeItem(atPath: picture)
            return
        }
        let merged = (try Profile.merged(old), try Profile.merged(new))
        try write(merged.0, as: "\(origin.rawValue)-before.folded")
        try write(merged.1, as: "\(origin.rawValue)-after.folded")
        var graph = DifferentialFlameGraph(before: old, after: new)
        if isPaired, let before {
            let pairs = ProfiledSide.pairs(origin, before: before, after: after)
            if pairs.count >= ProfilePair.enough { graph = DifferentialFlameGraph(pairs: pairs) }
        }
        graph.isExact = isExact
        try AtomicFile.write(try graph.svg(), to: picture)
    }
}

extension ComparisonFolder {
    /// The largest file of stacks that is kept as plain text, in bytes. A Linux guest's has 200 MB.
    private static let largestPlain = 4 << 20

    /// Writes a side's stacks beside the picture, compressed where they are many.
    private func write(_ profile: Profile, as name: String) throws {
        let bytes = FoldedWriter().bytes(profile)
        let isPlain = bytes.count <= Self.largestPlain
        let file = "\(path)/\(name)"
        try? FileManager.default.removeItem(atPath: isPlain ? file + ".gz" : file)
        try AtomicFile.write(
            isPlain ? bytes : Gzip.compress(bytes, path: file), to: isPlain ? file : file + ".gz")
    }
}

extension Profile {
    /// All of them in one, each with its own weight.
    /// - Throws: `ProfileError` where they are together larger than a profile may be.
    static func merged(_ profiles: [Profile]) throws(ProfileError) -> Profile {
        guard var merged = profiles.first else { return Profile() }
        for profile in profiles.dropFirst() { try merged.merge(profile) }
        return merged
    }
}
