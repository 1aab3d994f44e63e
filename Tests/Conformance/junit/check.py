"""Reads the JUnit files of the samples with the tools that others wrote, and compares what they saw.

usage: check.py FOLDER RULES      FOLDER/<sample>/junit*.xml, RULES/<dialect>.xsd
"""

import json
import pathlib
import subprocess
import sys
import warnings

import junitparser

with warnings.catch_warnings():
    # xunitparser's own source has escapes that newer Pythons warn of.
    warnings.simplefilter("ignore")
    import xunitparser

SAMPLES = {
    # sample: (failures, errors, at least so many skips)
    "pass": (0, 0, 0),
    "improvement": (0, 0, 0),
    "regression": (1, 0, 0),
    "failed-boot": (0, 1, 0),
    "no-baseline": (0, 0, 1),
    "inconclusive": (0, 0, 1),
    "invalid-environment": (0, 0, 1),
    "phases": (1, 0, 1),
    "all": (2, 1, 3),
}
DIALECTS = {"junit.xml": "rich", "junit-ant.xml": "ant", "junit-suite.xml": "suite"}

problems = []
read = 0


def expect(is_right, file, problem):
    if not is_right:
        problems.append(f"{file}: {problem}")


def run(file, *command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)
    output = (done.stdout + done.stderr).strip()
    expect(done.returncode == 0, file, f"{pathlib.Path(str(command[0])).name} says: {output[-600:]}")
    return done


def seen_by_junitparser(file):
    """The numbers of tests, failures, errors and skips, counted over the cases and not read from attributes."""
    root = junitparser.JUnitXml.fromfile(str(file))
    suites = [root] if isinstance(root, junitparser.TestSuite) else list(root)
    seen = [0, 0, 0, 0]
    for suite in suites:
        counted = [0, 0, 0, 0]
        for case in suite:
            expect(bool(case.name) and bool(case.classname), file, "a case lacks its name or class")
            counted[0] += 1
            for result in case.result:
                counted[1 + [junitparser.Failure, junitparser.Error, junitparser.Skipped].index(type(result))] += 1
                expect(bool(result.message) and bool(result.text), file, "a result lacks its message or body")
        said = [suite.tests, suite.failures, suite.errors, suite.skipped]
        expect(said == counted, file, f"the attributes say {said}, junitparser counts {counted}")
        seen = [a + b for a, b in zip(seen, counted)]
    return seen


def seen_by_xunitparser(file):
    """The same numbers; xunitparser knows one suite at the root only."""
    try:
        with open(file, encoding="utf-8") as stream:
            _, result = xunitparser.parse(stream)
    except Exception as error:
        return f"{type(error).__name__} {error}"
    return [result.testsRun, len(result.failures), len(result.errors), len(result.skipped)]


def check(file, dialect, expected, rules):
    global read
    read += 1
    tools = pathlib.Path(sys.executable).parent
    run(file, "xmllint", "--noout", "--nonet", file)
    run(file, "xmllint", "--noout", "--nonet", "--schema", rules / f"{dialect}.xsd", file)
    page = file.with_suffix(".html")
    run(file, tools / "junit2html", file, page)
    expect(page.exists() and page.stat().st_size > 1000, file, "junit2html wrote no page")
    seen = seen_by_junitparser(file)
    failures, errors, skips = expected
    expect(
        seen[1] == failures and seen[2] == errors and seen[3] >= skips,
        file,
        f"there are {seen[1]} failures, {seen[2]} errors and {seen[3]} skips",
    )
    # junitparser's verify says by its exit code whether all tests passed.
    verified = subprocess.run(
        [str(tools / "junitparser"), "verify", str(file)], capture_output=True, text=True, timeout=120
    )
    red = 1 if failures or errors else 0
    expect(verified.returncode == red, file, f"junitparser verify exits with {verified.returncode}: {verified.stderr[-600:]}")
    if dialect == "suite":
        theirs = seen_by_xunitparser(file)
        expect(theirs == seen, file, f"xunitparser sees {theirs}, not {seen}")
    text = file.read_bytes()
    expect(b"\x1b" not in text and b"\x00" not in text, file, "an escape or a NUL is left")
    expect(text.count(b"[[ATTACHMENT|/etc") == 0, file, "a guest can order an attachment")


def main():
    folder, rules = map(pathlib.Path, sys.argv[1:])
    for sample, expected in SAMPLES.items():
        for name, dialect in DIALECTS.items():
            file = folder / sample / name
            if file.exists():
                check(file, dialect, expected, rules)
            else:
                problems.append(f"{file}: was not written")
        stored = json.loads((folder / sample / "comparison.json").read_text(encoding="utf-8"))
        stored = stored if isinstance(stored, list) else [stored]
        verdicts = {comparison["verdict"] for comparison in stored}
        failures, errors, _ = expected
        agree = ("regression" in verdicts) == bool(failures) and ("failed" in verdicts) == bool(errors)
        expect(agree, sample, f"comparison.json says {sorted(verdicts)}, JUnit something else")
    # A file that breaks the rules must be told apart, or the rules prove nothing.
    for name, dialect in (("junit.xml", "ant"), ("junit-ant.xml", "suite"), ("junit-suite.xml", "rich")):
        done = subprocess.run(
            ["xmllint", "--noout", "--nonet", "--schema", str(rules / f"{dialect}.xsd"), str(folder / "pass" / name)],
            capture_output=True,
            timeout=120,
        )
        expect(done.returncode != 0, name, f"passes the rules of {dialect}, which are too weak")
    for problem in problems:
        print("PROBLEM", problem)
    print(f"JUnit: {read} files of {len(SAMPLES)} samples in {len(DIALECTS)} dialects, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
