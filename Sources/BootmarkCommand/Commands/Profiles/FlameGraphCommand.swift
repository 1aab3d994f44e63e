import ArgumentParser
import BootProfiles
import BootStore
import FlameGraphs

/// `bootmark flamegraph`: a picture of where the time goes.
struct Graph: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flamegraph",
        abstract: "Draw a flame graph of one profile, or of many merged.",
        discussion: """
            An input is a file of stacks, or a run folder. The picture is one SVG file; opened in a browser it \
            zooms, searches and keeps what is shown in its address.

              bootmark flamegraph run -o boot.svg
              bootmark flamegraph run --phase kernel --icicle -o kernel.svg
              bootmark flamegraph perf.data --chart -o chart.svg
              bootmark flamegraph perf.data --view
            """)

    @OptionGroup var inputs: ProfileInputs
    @OptionGroup(title: "Drawing") var picture: PictureOptions

    @Flag(help: "Keep the order of time: a chart of every thread, in place of merged stacks.")
    var chart = false

    func validate() throws {
        guard picture.output != nil || picture.view else {
            throw ValidationError(
                "Where to? Name the picture with -o OUT.svg, or walk the profile with --view.")
        }
        guard !(picture.view && chart) else {
            throw ValidationError("--chart draws a picture; --view walks merged stacks.")
        }
        let selection = inputs.selection
        if chart, selection.reverse || selection.callees != nil || selection.callers != nil {
            throw ValidationError(
                "--chart shows stacks as they were: without --reverse, --callees and --callers.")
        }
    }

    func run() async throws {
        try await Failures.reported {
            if chart, let output = picture.output {
                let graph = FlameGraph(try inputs.timeline(), options: picture.options)
                return try AtomicFile.write(graph.svg(), to: output)
            }
            let profile = try inputs.merged()
            if let output = picture.output {
                try AtomicFile.write(FlameGraph(profile, options: picture.options).svg(), to: output)
            }
            if picture.view {
                let title = picture.title ?? inputs.title
                try TerminalWalk.run { Explorer(profile, title: title, size: $0) }
            }
        }
    }
}
