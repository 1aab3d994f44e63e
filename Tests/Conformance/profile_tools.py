"""Records small programs with others' profilers and compares what Bootmark reads with what they print of it."""

import json
import os
import pathlib
import pstats
import re
import subprocess
import sys
import tempfile

BOOTMARK = pathlib.Path(sys.argv[1]).resolve()
SCRIPTS = pathlib.Path(sys.executable).parent

C_PROGRAM = r"""
#include <stdlib.h>
#include <string.h>
volatile long sum;
__attribute__((noinline)) void leaf(long n) { for (long i = 0; i < n; i++) sum += i; }
__attribute__((noinline)) void inner(long n) { leaf(n); leaf(n / 2); sum++; }
__attribute__((noinline)) void recurse(int n) { if (n) recurse(n - 1); else leaf(50000); sum++; }
__attribute__((noinline)) char *allocate(long n) { char *p = malloc(n); memset(p, 1, n); sum++; return p; }
int main(int count, char **arguments) {
    long rounds = count > 1 ? atol(arguments[1]) : 10;
    for (long i = 0; i < rounds; i++) inner(100000);
    for (int i = 0; i < 5; i++) recurse(3);
    char *first = allocate(20000), *second = allocate(3000);
    return first[0] - second[0];
}
"""

PYTHON_PROGRAM = """
import time

def leaf(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def inner(n):
    return leaf(n) + leaf(n // 2)

def outer():
    end = time.time() + 0.5
    while time.time() < end:
        inner(20000)

def recurse(n):
    return recurse(n - 1) if n else leaf(30000)

outer()
for _ in range(10):
    recurse(5)
"""


def expect(condition, what):
    if not condition:
        raise SystemExit(f"check-profile-tools: {what}")


def run(*command, **options):
    """What a command writes to standard output; its failure is ours."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    expect(done.returncode == 0, f"{command[0]} failed ({done.returncode}): {done.stderr.strip()[-400:]}")
    return done.stdout


def fold(path, *options):
    """The stacks that Bootmark reads from a file, with their weights."""
    stacks = {}
    for line in run(BOOTMARK, "fold", path, *options).splitlines():
        stack, weight = line.rsplit(" ", 1)
        stacks[stack] = float(weight)
    return stacks


def own(stacks):
    """The weight of each function that a stack ends in."""
    weights = {}
    for stack, weight in stacks.items():
        leaf = stack.split(";")[-1]
        weights[leaf] = weights.get(leaf, 0) + weight
    return weights


def same(what, ours, theirs, share=1e-6, slack=0.0):
    expect(abs(ours - theirs) <= max(share * abs(theirs), slack), f"{what}: {ours}, but the tool says {theirs}")


def callgrind(folder):
    path = folder / "callgrind.out"
    run("valgrind", "--tool=callgrind", f"--callgrind-out-file={path}", folder / "program")
    listed = run("callgrind_annotate", "--threshold=100", path)
    total = re.search(r"^([\d,]+).*PROGRAM TOTALS", listed, re.M)
    stacks = fold(path)
    same("callgrind's total", sum(stacks.values()), int(total[1].replace(",", "")))
    leaf = re.search(r"^\s*([\d,]+) .*:leaf ", listed, re.M)
    same("callgrind's leaf", own(stacks)["leaf"], int(leaf[1].replace(",", "")), share=1e-3)
    inner = sum(weight for stack, weight in stacks.items() if ";main;inner;leaf" in stack)
    expect(inner > 0, "callgrind: no leaf below inner below main")


def massif(folder):
    path = folder / "massif.out"
    run("valgrind", "--tool=massif", "--detailed-freq=1", "--peak-inaccuracy=0.0", f"--massif-out-file={path}",
        folder / "program")
    peak = max(int(number) for number in re.findall(r"mem_heap_B=(\d+)", path.read_text()))
    stacks = fold(path)
    same("massif's peak", sum(stacks.values()), peak)
    expect(all(";allocate (" in stack for stack in stacks if "program.c" in stack), "massif: no allocate")
    printed = run("ms_print", path)
    expect(f"({peak:,}B) (heap allocation functions)" in printed, "massif: ms_print names another peak")


def gprof(folder):
    run(folder / "program-pg", 4000, cwd=folder)
    printed = run("gprof", "-b", folder / "program-pg", folder / "gmon.out")
    (folder / "gprof.txt").write_text(printed)
    rows = re.findall(r"^\s*[\d.]+\s+([\d.]+)\s+([\d.]+) .*?(\S+)$", printed.split("Call graph")[0], re.M)
    weights = own(fold(folder / "gprof.txt"))
    same("gprof's total", sum(weights.values()), 1e9 * float(rows[-1][0]), slack=2e7)
    for _, seconds, name in rows:
        same(f"gprof's {name}", weights.get(name, 0), 1e9 * float(seconds))


def gperftools(folder):
    path = folder / "cpu.prof"
    library = next(pathlib.Path("/usr/lib").glob("*/libprofiler.so.0"), None)
    expect(library, "libprofiler.so.0 is missing: apt-get install google-perftools")
    run(folder / "program", 6000, env={**os.environ, "CPUPROFILE": str(path), "LD_PRELOAD": str(library)})
    listed = run("google-pprof", "--text", folder / "program", path)
    samples = int(re.search(r"Total: (\d+) samples", listed)[1])
    stacks = fold(path)
    # The period is 10 ms.
    same("gperftools' total", sum(stacks.values()), samples * 10_000_000)
    leaf = re.search(r"^\s*(\d+).*% leaf$", listed, re.M)
    same("gperftools' leaf", own(stacks).get("leaf", 0), int(leaf[1]) * 10_000_000)
    expect(any(";main;inner;leaf" in f";{stack}" for stack in stacks), "gperftools: no stack down to leaf")


def strace(folder):
    command = ("sh", "-c", "ls /usr >/dev/null; cat /dev/null; ls /usr | cat >/dev/null")
    run("strace", "-f", "-c", "-o", folder / "strace.table", *command)
    table = (folder / "strace.table").read_text()
    total = re.search(r"^\s*100.00\s+([\d.]+)\s+\d*\s+(\d+)\s+\d*\s*total$", table, re.M)
    calls = fold(folder / "strace.table", "--event", "calls")
    same("strace -c's calls", sum(calls.values()), int(total[2]))
    if float(total[1]) > 0:
        same("strace -c's time", sum(fold(folder / "strace.table").values()), 1e9 * float(total[1]), slack=3e3)
    run("strace", "-f", "-T", "-o", folder / "strace.text", *command)
    text = (folder / "strace.text").read_text()
    times = [float(seconds) for seconds in re.findall(r"<(\d+\.\d+)>$", text, re.M)]
    stacks = fold(folder / "strace.text")
    same("strace -T's time", sum(stacks.values()), 1e9 * sum(times))
    expect({stack.split(";")[0] for stack in stacks} == {"sh", "ls", "cat"}, "strace: not the three programs")
    calls = fold(folder / "strace.text", "--event", "calls")
    ended = re.findall(r"^\d+ +(?:\w+\(.*|<\.\.\. .*resumed>.*) = ", text, re.M)
    same("strace's calls", sum(calls.values()), len(ended))


def qemu(folder):
    path = folder / "trace.log"
    process = subprocess.Popen(
        ["qemu-system-x86_64", "-display", "none", "-nodefaults", "-msg", "timestamp=on", "-trace", "apic_*",
         "-D", str(path), "-monitor", "stdio"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        # The firmware comes to its end of the road within the time that the monitor takes to answer this often.
        process.communicate(b"info registers\n" * 200 + b"quit\n", timeout=120)
    finally:
        process.kill()
    lines = re.findall(r"^\d+@[\d.]+:(\w+)", path.read_text(), re.M)
    stacks = fold(path)
    expect(lines, "QEMU traced nothing")
    same("QEMU's events", sum(stacks.values()), len(lines))
    for name in set(lines):
        same(f"QEMU's {name}", stacks[name], lines.count(name))


def cprofile(folder):
    path = folder / "program.pstats"
    run(sys.executable, "-m", "cProfile", "-o", path, folder / "program.py")
    stats = pstats.Stats(str(path)).stats
    weights = own(fold(path))
    same("cProfile's total", sum(weights.values()), 1e9 * sum(values[2] for values in stats.values()))
    for (file, line, name), values in stats.items():
        if name in ("leaf", "inner", "outer", "recurse"):
            same(f"cProfile's {name}", weights[f"{name} ({file}:{line})"], 1e9 * values[2], share=1e-3, slack=1e5)


def pyinstrument(folder):
    path = folder / "pyinstrument.json"
    run(SCRIPTS / "pyinstrument", "-r", "json", "-o", path, folder / "program.py")
    whole = json.loads(path.read_text())["root_frame"]["time"]
    stacks = fold(path)
    same("pyinstrument's total", sum(stacks.values()), 1e9 * whole, share=1e-4)
    expect(any("outer (" in stack and ";leaf (" in stack for stack in stacks), "pyinstrument: no leaf below outer")


def py_spy(folder):
    path = folder / "py-spy.raw"
    done = subprocess.run(
        [SCRIPTS / "py-spy", "record", "-f", "raw", "-o", path, "--", sys.executable, folder / "program.py"],
        capture_output=True, text=True)
    expect(path.exists(), f"py-spy failed: {done.stderr.strip()[-400:]}")
    samples = int(re.search(r"Samples: (\d+)", done.stderr + done.stdout)[1])
    stacks = fold(path)
    same("py-spy's samples", sum(stacks.values()), samples)
    expect(any("outer (" in stack and ";leaf (" in stack for stack in stacks), "py-spy: no leaf below outer")


def austin(folder):
    # In turn as text and as MOJO: what it samples differs, what it says of each file does not.
    for name, options in (("austin.txt", []), ("austin.mojo", ["-b"])):
        path = folder / name
        # Austin may look at Python before it is one, and gives up: that says nothing of what we read.
        command = [SCRIPTS / "austin", "-i", "2ms", *options, "-o", path, sys.executable, folder / "program.py"]
        for _ in range(20):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
            if done.returncode == 0:
                break
        expect(done.returncode == 0, f"austin failed twenty times: {done.stderr.strip()[-400:]}")
        stacks = fold(path)
        expect(any("outer (" in stack and ";leaf (" in stack for stack in stacks), f"{name}: no leaf below outer")
        content = path.read_bytes()
        duration = int(re.search(rb"duration(?:: |\0)(\d+)", content)[1])
        # The first samples and the last are not whole intervals.
        same(f"{name}'s time", sum(stacks.values()), 1000 * duration, share=0.2)
        if not options:
            microseconds = [int(line.rsplit(b" ", 1)[1]) for line in content.splitlines() if line[:1] == b"P"]
            same("Austin's samples", sum(stacks.values()), 1000 * sum(microseconds))


def main():
    checks = [callgrind, massif, gprof, gperftools, strace, qemu, cprofile, pyinstrument, py_spy, austin]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "program.c").write_text(C_PROGRAM)
        (folder / "program.py").write_text(PYTHON_PROGRAM)
        build = ["gcc", "-g", "-O1", "-fno-omit-frame-pointer", folder / "program.c"]
        run(*build, "-o", folder / "program")
        run(*build, "-pg", "-o", folder / "program-pg")
        for check in checks:
            check(folder)
    print(f"check-profile-tools: passed ({', '.join(check.__name__ for check in checks)})")


main()
