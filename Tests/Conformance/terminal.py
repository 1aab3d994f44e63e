"""Drives `bootmark flamegraph --view` and `diff --view` in tmux and reads the screen back."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

BOOTMARK = pathlib.Path(sys.argv[1]).resolve()
PROFILE = """main;a;leaf 20
main;a 10
main;b;日本語の関数;deep 15
main;b;<script>alert(1)</script> 5
main;c;\x1b[2Jevil\x07 10
"""
HOSTILE = "main;\x1b]2;owned\x07\x1b[2J\x1b[1;1Hevil 10\nmain;a\x9b31m\u202eb 5\n"
CHANGED = PROFILE.replace("leaf 20", "leaf 40").replace(";deep 15", ";fresh 12")
SECONDS = 60


class Terminal:
    """A shell in a tmux of its own."""

    def __init__(self, folder, **environment):
        self.socket = f"bootmark-check-{os.getpid()}"
        self.folder = folder
        settings = dict(LANG="C.UTF-8", LC_ALL="", PS1="ready$ ", NO_COLOR="", **environment)
        words = " ".join(f"{key}='{value}'" for key, value in settings.items() if value or key != "LC_ALL")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "90", "-y", "24", f"env -u LC_ALL {words} bash --norc")
        self.wait("the shell", lambda text: "ready$" in text)

    def tmux(self, *arguments):
        return subprocess.run(
            ["tmux", "-L", self.socket, *arguments], check=True, capture_output=True, text=True, cwd=self.folder
        ).stdout

    def text(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def wait(self, what, holds, *options):
        """Waits until the screen is as it should be; what it shows is in the complaint."""
        deadline = time.monotonic() + SECONDS
        while not holds(text := self.text(*options)):
            if time.monotonic() > deadline:
                raise SystemExit(f"check-terminal: {what} did not show:\n{text}")
            time.sleep(0.05)
        return text

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def shows(self, what, *words):
        return self.wait(what, lambda text: all(word in text for word in words))

    def run(self, command):
        """Types a command once the shell has the terminal, and again where keys were lost while it took it."""
        deadline = time.monotonic() + SECONDS
        while self.tmux("display-message", "-p", "#{pane_current_command}").strip() != "bash":
            expect(time.monotonic() < deadline, f"the shell did not come back before {command}")
            time.sleep(0.05)
        for _ in range(20):
            self.type("C-u")
            self.type("-l", "clear; " + command)
            for _ in range(40):
                if self.text("-J").rstrip().endswith("clear; " + command):
                    return self.type("Enter")
                time.sleep(0.05)
        raise SystemExit(f"check-terminal: the shell does not take {command}")

    def settings(self):
        """What the shell's terminal is set to, the cursor and which screen is shown."""
        tty = self.tmux("display-message", "-p", "#{pane_tty}").strip()
        stty = subprocess.run(["stty", "-a", "-F", tty], check=True, capture_output=True, text=True).stdout
        # The window's size is not the program's to restore, and follows a change of it in its own time.
        stty = re.sub(r"rows \d+; columns \d+; ", "", stty)
        modes = self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{wrap_flag}")
        return stty, modes

    def process(self):
        """The process of bootmark in the pane."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        child = subprocess.run(["pgrep", "-P", shell, "-x", "bootmark"], capture_output=True, text=True).stdout.split()
        return int(child[0])

    def close(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], check=False)


def expect(condition, what):
    if not condition:
        raise SystemExit(f"check-terminal: {what}")


def check_walk(terminal):
    terminal.run(f"{BOOTMARK} flamegraph profile --view")
    text = terminal.shows("the profile", "q quits", "100.00 % of all (60 samples)")
    expect("日本語の関数" in text and "<scri.." in text, f"names are missing:\n{text}")
    expect("\x1b" not in text and "evil" in text, "a name's escape sequence reached the terminal")
    terminal.type("Down", "Down")
    terminal.shows("walking", "50.00 % of all (30 samples)")
    terminal.type("Right", "Enter")
    text = terminal.shows("zooming", "zoomed into b (33.33 %)")
    expect("leaf" not in text, "frames beside the zoomed one are still there")
    terminal.type("Escape")
    terminal.wait("zooming out", lambda text: "zoomed" not in text and "leaf" in text)
    terminal.type("-l", "/^(leaf|deep)$")
    terminal.shows("the prompt", "/^(leaf|deep)$")
    terminal.type("Enter")
    terminal.shows("the share that matches", "matched 58.33 % in 2 places")
    terminal.type("n")
    terminal.shows("the next match", "25.00 % of all (15 samples)")
    terminal.tmux("resize-window", "-x", "50", "-y", "12")
    terminal.wait("the smaller screen", lambda text: len(text.splitlines()) <= 12 and "25.00 %" in text)
    terminal.tmux("resize-window", "-x", "120", "-y", "30")
    terminal.shows("the larger screen", "Tab table", "25.00 %")
    terminal.type("Tab")
    terminal.shows("the table", "with callees", "33.33 %       33.33 %  leaf")
    terminal.type("?")
    terminal.shows("the keys", "search by a regular expression")
    terminal.type("q")


def check_difference(terminal):
    terminal.run(f"{BOOTMARK} diff profile changed --view")
    terminal.shows("the difference", "widths: larger", "fresh", "deep")
    terminal.type("w")
    terminal.wait("widths before", lambda text: "widths: before" in text and "fresh" not in text)
    terminal.type("w")
    terminal.wait("widths after", lambda text: "widths: after" in text and "deep" not in text)
    terminal.type("Tab")
    terminal.shows("the movers", "points", "fresh", "-25.00")
    terminal.type("q")


def check_ends(terminal, before):
    """The terminal is as it was, however the walk ends."""

    def is_back(how):
        terminal.wait(f"the shell after {how}", lambda text: "ready$" in text and "q quits" not in text)
        deadline = time.monotonic() + SECONDS
        while (now := terminal.settings()) != before:
            expect(time.monotonic() < deadline, f"after {how} the terminal is {now}, and was {before}")
            time.sleep(0.05)

    for how in ["q", "C-c", "INT", "TERM", "HUP", "QUIT", "ABRT", "SEGV", "TRAP"]:
        terminal.run(f"{BOOTMARK} flamegraph profile --view")
        terminal.shows("the profile", "q quits", "leaf")
        expect(terminal.settings() != before, "the walk does not take the terminal")
        if how in ("q", "C-c"):
            terminal.type(how)
        else:
            os.kill(terminal.process(), getattr(__import__("signal"), f"SIG{how}"))
        is_back(how)
    terminal.run(f"{BOOTMARK} flamegraph profile --view")
    terminal.shows("the profile", "q quits", "leaf")
    terminal.type("C-z")
    is_back("Control-Z")
    terminal.type("-l", "fg")
    terminal.type("Enter")
    terminal.shows("the profile again", "q quits", "leaf")
    terminal.type("q")
    is_back("fg and q")


def check_looks(terminal):
    terminal.run(f"{BOOTMARK} diff profile changed --view")
    text = terminal.wait("colours", lambda text: "q quits" in text and "fresh" in text, "-e")
    expect("48;5;" in text or "48;2;" in text, f"no colours:\n{text!r}")
    terminal.type("q")
    terminal.run(f"NO_COLOR=1 {BOOTMARK} diff profile changed --view")
    text = terminal.wait("marks in place of colours", lambda text: "new fresh" in text and "gone deep" in text, "-e")
    expect("48;" not in text and "38;" not in text, f"colours in spite of NO_COLOR:\n{text!r}")
    terminal.type("q")
    terminal.run(f"LC_ALL=C {BOOTMARK} flamegraph profile --view")
    text = terminal.shows("ASCII", "|main", "q quits")
    expect(text.isascii(), f"more than ASCII in the locale C:\n{text}")
    terminal.type("q")


def check_results(terminal):
    """What commands print into a terminal moves nothing on it, whatever names hold."""
    title = lambda: terminal.tmux("display-message", "-p", "#{pane_title}").strip()
    commands = [f"{BOOTMARK} {command}" for command in [
        "fold hostile", "convert hostile --to csv", "convert hostile --to callgrind", "convert hostile --to speedscope",
        "convert hostile --to pgfplots", "hotspots hostile", "hotspots hostile --format markdown", "diff hostile hostile",
        "diff hostile profile", "hotspots profile --callers $'\\e]2;owned\\a'", "fold $'\\e]2;owned\\a'",
    ]]
    # The first shows that the name would.
    for number, command in enumerate(["cat hostile", *commands]):
        terminal.tmux("select-pane", "-T", "mine")
        terminal.run(f"{command}; echo end-$(({number}+100))")
        text = terminal.shows(command, f"end-{number + 100}")
        if number > 0:
            expect(title() == "mine", f"{command} gave the terminal another title: {title()}")
            expect("\x1b" not in text, f"{command} wrote an escape:\n{text}")
        else:
            expect(title() == "owned", f"cat leaves the title {title()}")
    terminal.run(f"{BOOTMARK} convert hostile --to pprof")
    terminal.shows("that pprof is no text", "no text for a terminal")


def check_without_terminal(folder):
    answer = subprocess.run(
        [BOOTMARK, "flamegraph", "profile", "--view"], cwd=folder, capture_output=True, text=True, start_new_session=True
    )
    expect(answer.returncode == 4 and "needs a terminal" in answer.stderr, f"no terminal: {answer}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "profile").write_text(PROFILE)
        (pathlib.Path(folder) / "changed").write_text(CHANGED)
        (pathlib.Path(folder) / "hostile").write_text(HOSTILE)
        check_without_terminal(folder)
        terminal = Terminal(folder)
        try:
            check_walk(terminal)
            terminal.wait("the shell", lambda text: "ready$" in text)
            terminal.tmux("resize-window", "-x", "90", "-y", "24")
            time.sleep(0.2)
            before = terminal.settings()
            check_difference(terminal)
            check_ends(terminal, before)
            check_looks(terminal)
            terminal.wait("the shell", lambda text: "ready$" in text)
            check_results(terminal)
        finally:
            terminal.close()
    print("check-terminal: passed")


main()
