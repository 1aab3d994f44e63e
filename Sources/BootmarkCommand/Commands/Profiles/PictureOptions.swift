import ArgumentParser
import FlameGraphs

/// How a picture is drawn, and where it goes.
struct PictureOptions: ParsableArguments {
    @Option(name: .customShort("o"), help: ArgumentHelp("The picture to write.", valueName: "OUT.svg"))
    var output: String?

    @Flag(help: "Walk it in this terminal: zoom, search, tables; ? shows the keys.")
    var view = false

    @Option(help: "Its title.")
    var title: String?

    @Flag(help: "Let stacks hang from the top (an icicle graph).")
    var icicle = false

    @Option(help: ArgumentHelp("Its width in pixels, 400 to 10000.", valueName: "PIXELS"))
    var width = 1200

    func validate() throws {
        guard (400...10_000).contains(width) else {
            throw ValidationError("--width takes 400 to 10000 pixels.")
        }
    }

    var options: FlameGraphOptions {
        var options = FlameGraphOptions()
        options.title = title
        options.isIcicle = icicle
        options.width = width
        return options
    }
}
