import ArgumentParser
import BootProfiles
import BootStore
import FlameGraphs

/// `bootmark convert`: a profile in another tool's format.
struct Convert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write profiles in another tool's format.",
        discussion: """
            Several inputs are merged. What they are is seen by their content: \
            \(ProfileInput.kinds.map(\.name).joined(separator: ", ")); any of them compressed by gzip.

              bootmark convert perf.data --to speedscope -o boot.speedscope.json
            """)

    @OptionGroup var inputs: ProfileInputs

    @Option(
        help: ArgumentHelp("The format: \(OutputFormat.names.joined(separator: ", ")).", valueName: "FORMAT"))
    var to: OutputFormat

    @Option(
        name: .customShort("o"),
        help: ArgumentHelp("The file to write; standard output without it.", valueName: "OUT"))
    var output: String?

    func validate() throws {
        if to == .profile(.pprof), output == nil, Standard.outputIsTerminal {
            throw ValidationError("pprof's format is no text for a terminal; name a file: -o profile.pb.gz.")
        }
    }

    func run() async throws {
        try await Failures.reported {
            let profile = try inputs.merged(keepingSamples: to.showsTimes)
            Standard.notes(of: profile)
            let bytes = try to.bytes(profile)
            if let output { try AtomicFile.write(bytes, to: output) } else { Standard.output(bytes: bytes) }
        }
    }
}

/// What `convert` writes: a format of profiles, or a picture.
enum OutputFormat: ExpressibleByArgument, Equatable {
    case profile(ProfileFormat)
    case svg

    static var names: [String] { ProfileFormat.allCases.map(\.rawValue) + ["svg"] }

    init?(argument: String) {
        if argument == "svg" {
            self = .svg
        } else if let format = ProfileFormat(rawValue: argument) {
            self = .profile(format)
        } else {
            return nil
        }
    }

    static var allValueStrings: [String] { names }

    var showsTimes: Bool {
        if case .profile(let format) = self { return format.showsTimes }
        return false
    }

    func bytes(_ profile: Profile) throws -> [UInt8] {
        switch self {
        case .profile(let format): try profile.encoded(as: format)
        case .svg: FlameGraph(profile, options: FlameGraphOptions()).svg()
        }
    }
}
