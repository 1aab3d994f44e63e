/// Names that nobody means well with: of functions, files, programs.
public enum HostileNames {
    /// By what is wrong with them.
    public static let all: [(what: String, bytes: [UInt8])] =
        texts.map { ($0.what, Array($0.text.utf8)) } + [
            ("no UTF-8", [0x61, 0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0x62]),
            ("half a letter", [0x61, 0xF0, 0x9F]),
            ("a number that is no letter", [0xEF, 0xB7, 0x90]),
            ("64 KB", [UInt8](repeating: 0x6E, count: 65_536)),
        ]

    private static let texts: [(what: String, text: String)] = [
        ("escape sequences", "\u{1B}[2J\u{1B}]0;owned\u{7}\u{1B}Pq"), ("NUL", "a\u{0}b"),
        ("newline", "a\nb 7"),
        ("carriage return", "a\rb"), ("both", "a\r\nb"), ("tab", "a\tb"),
        ("backspaces", "safe\u{8}\u{8}\u{8}evil"),
        ("other line ends", "a\u{85}b\u{2028}c\u{2029}d\u{B}e\u{C}f"),
        ("C1", "a\u{9B}31m\u{9D}0;owned\u{9C}"),
        ("delete", "a\u{7F}b"), ("script", "<script>alert(1)</script>"),
        ("end of CDATA", "]]><script>x</script>"),
        ("comment", "--><!--"), ("attribute", "\" onload=\"alert(1)"),
        ("other attribute", "' onclick='alert(1)"),
        ("entity", "&lt;&#x3c;&amp&nosuch;"), ("address", "javascript:alert(1)"), ("quotes", "\"'`"),
        ("semicolons", "a;b;c"), ("backslashes", "\\x1b\\n\\\\\\"), ("shell", "$(id) `id` %s%n"),
        ("TeX", "{}}\\input{x}%^^M~#$_&"), ("list of pgf", "a],[=b,c;"), ("Markdown", "|x|[a](http://b)*_#"),
        ("mention", "@team https://example.org www.example.org :boom:"),
        ("right to left", "\u{202E}txt.exe\u{202C}"), ("isolates", "\u{2066}a\u{2069}\u{200F}\u{61C}"),
        ("no width", "a\u{200B}b\u{200D}\u{2060}\u{FEFF}\u{AD}"), ("no letters", "\u{FFFE}\u{FFFF}\u{E000}"),
        ("combining marks", "a\u{301}\u{300}\u{302}\u{20E3}"), ("East Asian", "日本語の関数🙂"),
        ("formula", "=cmd|' /C calc'!A0"), ("sum", "+1+1"), ("difference", "-2+3"), ("reference", "@SUM(A1)"),
        ("tab and formula", "\t=1+1"), ("empty", ""), ("blank", " "), ("blanks around", "  a  "),
        ("number", "12"),
        ("two numbers", "12 34"), ("hexadecimal", "0x1f"), ("negative", "-1"), ("no number", "NaN"),
        ("reference of callgrind", "(12)"), ("name of callgrind", "(1) x"), ("key of callgrind", "fn=(1)"),
        ("arguments", "f(int, char)"), ("anonymous", "(anonymous namespace)::f"), ("arrow", "a->b"),
        ("mark", "a_[i]"), ("comment of a shell", "# austin: 3"), ("percent", "100.00"),
        ("nothing", "plain_word"),
    ]
}
