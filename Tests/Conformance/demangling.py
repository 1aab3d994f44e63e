"""Whole binaries' names of C++, Rust and Swift: shown as c++filt and `swift demangle` show them, less what is documented.

Usage: demangling.py BOOTMARK LANGUAGE=FILE...
"""

import pathlib
import re
import subprocess
import sys

# Names of each file, taken evenly from all that it has.
MOST = 5_000
# What Documentation/Profiles.md says: longer names stay mangled.
LONGEST = {"c++": 4_096, "rust": 4_096, "swift": 2_048}
MANGLED = {"c++": "_Z", "rust": ("_Z", "_R"), "swift": "$s"}
# These are of types and have no arguments to lose.
WHOLE = ("type metadata", "witness table", "metadata for", "outlined ", "descriptor", "reabstraction")


def expect(condition, what):
    if not condition:
        raise SystemExit(f"check-demangling: {what}")


def output(command, text=""):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def names(path, language):
    """Mangled names of all symbols of a file, or of those for the dynamic linker where it has no others."""
    for options in ([], ["-D"]):
        words = (line.split()[-1] for line in output(["nm", *options, path]).splitlines() if line.split())
        found = sorted({word.split("@")[0] for word in words if word.startswith(MANGLED[language])})
        if found:
            return found[:: max(1, len(found) // MOST)]
    return []


def ours(bootmark, mangled):
    """The names as folding shows them; each stands under its number, for folding sorts."""
    lines = output([bootmark, "fold", "-"], "".join(f"{number};{name} 1\n" for number, name in enumerate(mangled)))
    shown = dict(line.rsplit(" ", 1)[0].split(";", 1) for line in lines.splitlines())
    expect(len(shown) == len(mangled), "names were lost")
    return [shown[str(number)] for number in range(len(mangled))]


def folded(name):
    """`name` as stackcollapse-perf.pl tidies it, with parentheses in angle brackets kept."""
    name = re.sub("[\"']", "", name.replace(";", ":"))
    depth = place = 0
    while place < len(name):
        if word := re.match(r"operator(->\*?|<<=|>>=|<=>|<<|>>|<=|>=|<|>)?|->|\(anonymous namespace\)", name[place:]):
            place += word.end()
            continue
        depth += (name[place] == "<") - (name[place] == ">")
        if name[place] == "(" and depth == 0:
            return name[:place]
        place += 1
    return name


def check_cxx(mangled, shown):
    # -p and -i: without arguments, results, and what only the compiler needs, as perf asks the same library.
    peer = output(["c++filt", "-p", "-i"], "\n".join(mangled) + "\n").splitlines()
    for name, own, other in zip(mangled, shown, peer, strict=True):
        # Which crate of one name a name of Rust means.
        other = re.sub(r"\[[0-9a-f]{8,16}\]", "", other) if name.startswith("_R") else other
        expect(own == folded(other), f"{name} is {own}, not {folded(other)}")
    return peer


def is_part(part, whole):
    """Whether `part` is `whole` with letters left out."""
    rest = iter(whole)
    return all(letter in rest for letter in part)


def outside(name):
    """What of a name of Swift stands outside of angle brackets; all of an operator's."""
    if re.search(r" (in|post|pre)fix", name):
        return ""
    depth, kept = 0, ""
    for piece in re.split(r"(->|[<>])", name):
        depth -= piece == ">"
        kept += piece if depth == 0 and piece != ">" else ""
        depth += piece == "<"
    return kept


def check_swift(mangled, shown):
    peer = output(["swift", "demangle", "--compact", "--no-sugar"], "\n".join(mangled) + "\n").splitlines()
    for name, own, other in zip(mangled, shown, peer, strict=True):
        other = re.sub("[\"']", "", other.replace(";", ":"))
        expect(own and is_part(own, other), f"{name} is {own}, which is no part of {other}")
        if not any(word in other for word in WHOLE):
            rest = outside(re.sub(r"\(extension in \w+\)", "", own))
            expect(" -> " not in rest and "(" not in rest, f"{name} is {own}, with arguments or a result")
    return peer


def main():
    bootmark = sys.argv[1]
    for argument in sys.argv[2:]:
        language, path = argument.split("=", 1)
        mangled = names(path, language)
        expect(len(mangled) > 200, f"{path} has {len(mangled)} names of {language}")
        shown = ours(bootmark, mangled)
        peer = (check_swift if language == "swift" else check_cxx)(mangled, shown)
        left = 0
        for name, own, other in zip(mangled, shown, peer, strict=True):
            # What the peer does not know, as requirements of C++20 in older binutils, nobody can show.
            expect(own != name or other == name or len(name) > LONGEST[language], f"{name} stays mangled")
            left += own == name
        expect(left < len(mangled) / 20, f"{left} names of {path} stay mangled")
        print(f"{len(mangled):,} names of {language} in {pathlib.Path(path).name}, {left} of them stay mangled")
    print("check-demangling: passed")


main()
