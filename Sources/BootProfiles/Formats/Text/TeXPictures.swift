/// Pictures for papers: the whole of a document's `tikzpicture`, to be taken in by `\input`.
enum TeXPictures {
    /// How wide a flame graph is, in centimetres.
    private static let width = 14.0
    private static let rowHeight = 0.42
    /// Frames under this part of the width are left out: they would be thinner than their lines.
    private static let narrowest = 0.002
    private static let mostRows = 60
    private static let mostBars = 20

    /// A flame graph: a rectangle for each frame, named where the name fits.
    static func flameGraph(_ profile: Profile) -> [UInt8] {
        var tex = TeXText()
        let totals = profile.tree.totals()
        tex.comment("A flame graph of \(profile.unit), by bootmark. Needs \\usepackage{tikz}.")
        tex.raw("\\begin{tikzpicture}[x=1cm,y=1cm,font=\\sffamily\\tiny]\n")
        var left = 0
        if profile.total > 0 {
            let children = profile.tree.children()
            var pending: [(node: Int32, depth: Int, start: Double)] = [(CallTree.root, 0, 0)]
            while let (node, depth, start) = pending.popLast() {
                if node != CallTree.root {
                    let share = totals[Int(node)] / profile.total
                    tex.box(
                        start * width, Double(depth - 1) * rowHeight, share * width, rowHeight,
                        profile.frames.name(of: profile.tree.frames[Int(node)]))
                }
                var next = start
                // By name, so that equal profiles give equal pictures.
                let below = children[node].sorted {
                    profile.frames.precedes(profile.tree.frames[Int($0)], profile.tree.frames[Int($1)])
                }
                for child in below {
                    let share = totals[Int(child)] / profile.total
                    if share >= narrowest, depth < mostRows {
                        pending.append((child, depth + 1, next))
                    } else if totals[Int(child)] > 0 {
                        left += 1
                    }
                    next += share
                }
            }
        }
        tex.raw("\\end{tikzpicture}\n")
        if left > 0 { tex.comment("\(left) frames (with all above them) are too narrow to be drawn.") }
        return tex.bytes
    }

    /// The functions with the largest own weights, in percent of all.
    static func hotspots(_ profile: Profile) -> [UInt8] {
        var tex = TeXText()
        let functions = profile.hotspots(mostBars).filter { $0.own > 0 }
        tex.comment("Where \(profile.unit) go, by bootmark. Needs \\usepackage{pgfplots}.")
        tex.raw(
            """
            \\begin{tikzpicture}
            \\begin{axis}[xbar,xmin=0,bar width=6pt,y=11pt,enlarge y limits={abs=8pt},xlabel={own share (\\%)},
              font=\\sffamily\\footnotesize,y dir=reverse,ytick={0,...,\(max(0, functions.count - 1))},yticklabels={
            """)
        for function in functions {
            tex.raw("\n  {")
            tex.text(function.name, limit: 60)
            tex.raw("},")
        }
        tex.raw("\n}]\n\\addplot[fill=orange!70,draw=orange!50!black] coordinates {")
        for (index, function) in functions.enumerated() {
            tex.raw("\n  (")
            tex.number((function.own / profile.total * 1e4).rounded() / 100)
            tex.raw(",\(index))")
        }
        tex.raw("\n};\n\\end{axis}\n\\end{tikzpicture}\n")
        return tex.bytes
    }
}

/// Writes TeX that shows what others wrote, and does nothing of what it says.
private struct TeXText {
    private(set) var bytes: [UInt8] = []

    /// Writes TeX of our own, as it is.
    mutating func raw(_ tex: String) { bytes.append(contentsOf: tex.utf8) }

    mutating func comment(_ text: String) { raw("% " + Printable.line(text) + "\n") }

    mutating func number(_ value: Double) { DecimalNumber.append(value, to: &bytes) }

    /// Writes `text` so that it is shown as it is, `limit` characters at most.
    ///
    /// Characters outside ASCII, which not every font of TeX has, become a question mark.
    mutating func text(_ text: String, limit: Int) {
        let scalars = text.unicodeScalars
        for scalar in scalars.prefix(limit) {
            switch scalar {
            case "\\": raw("\\textbackslash{}")
            case "~": raw("\\textasciitilde{}")
            case "^": raw("\\textasciicircum{}")
            case "{", "}", "$", "&", "#", "_", "%": raw("\\\(scalar)")
            case "<": raw("\\textless{}")
            case ">": raw("\\textgreater{}")
            case "|": raw("\\textbar{}")
            // Any encoding of fonts has this one; \textquotedbl takes T1.
            case "\"": raw("{\\char34}")
            // Brackets and commas mean something to pgf's lists.
            case "[", "]", ",", ";", "=": raw("{\(scalar)}")
            case " "..."}": raw(String(scalar))
            default: raw("?")
            }
        }
        if scalars.count > limit { raw("\\dots{}") }
    }

    /// Writes a rectangle of centimetres with `name` in it.
    mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ name: String) {
        // The same name has the same colour in every picture.
        let hue = name.utf8.reduce(5381 as UInt32) { $0 &* 33 &+ UInt32($1) }
        raw(
            "\\filldraw[draw=white,line width=0.2pt,fill=red!\(40 + hue % 40)!yellow!\(60 + hue / 64 % 30)] ("
        )
        for (index, value) in [x, y, x + width, y + height].enumerated() {
            if index > 0 { raw(index == 2 ? ") rectangle (" : ",") }
            number((value * 1e4).rounded() / 1e4)
        }
        raw(");\n")
        // A letter of this size is about 0.1 cm wide.
        let letters = Int((width - 0.1) / 0.1)
        guard letters >= 3 else { return }
        raw("\\node[anchor=west,inner sep=1pt] at (")
        number((x * 1e4).rounded() / 1e4)
        raw(",")
        number(((y + height / 2) * 1e4).rounded() / 1e4)
        raw(") {")
        text(name, limit: letters)
        raw("};\n")
    }
}
