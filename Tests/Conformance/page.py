"""Opens every report.html below a folder in Chromium, under Jenkins' default policy for what it serves.

usage: page.py FOLDER [SHOTS]
"""

import functools
import http.server
import pathlib
import sys
import threading

from playwright.sync_api import sync_playwright

POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'"


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_GET(self):
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *arguments):
        pass


def check(page, address, name, problems):
    said = []
    listeners = [
        ("console", lambda message: said.append(message.text)),
        ("pageerror", lambda error: said.append(str(error))),
        ("requestfailed", lambda request: said.append(f"{request.url} failed")),
    ]
    for event, listener in listeners:
        page.on(event, listener)
    page.goto(f"{address}/{name}/report.html")
    # Evaluating needs no script of the page's own, so the policy does not forbid it.
    styled = page.evaluate("getComputedStyle(document.querySelector('th, h1')).fontFamily")
    if "system-ui" not in styled:
        problems.append(f"{name}: the style sheet was not used")
    for width in (1200, 400):
        page.set_viewport_size({"width": width, "height": 900})
        excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if excess > 0:
            problems.append(f"{name}: the page is {excess} pixels wider than a window of {width}")
    page.set_viewport_size({"width": 1200, "height": 900})
    for image in page.query_selector_all("img"):
        if not image.evaluate("image => image.complete && image.naturalWidth > 0"):
            problems.append(f"{name}: {image.get_attribute('src')} does not show")
    for fold in page.query_selector_all("summary"):
        before = fold.evaluate("fold => fold.parentElement.open")
        fold.click()
        if fold.evaluate("fold => fold.parentElement.open") == before:
            problems.append(f"{name}: a fold does not move")
            break
    if page.query_selector("script, style, object, iframe, [style], [onclick], [onload]"):
        problems.append(f"{name}: the page holds what the policy forbids")
    # The sandbox holds off playwright's own probes too, and says so with each of them.
    problems += [f"{name}: the browser says: {text[:300]}" for text in said if "Blocked script execution" not in text]
    for event, listener in listeners:
        page.remove_listener(event, listener)


def main():
    folder = pathlib.Path(sys.argv[1])
    shots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    names = sorted(path.parent.name for path in folder.glob("*/report.html"))
    problems = [] if names else [f"{folder}: there are no pages"]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        page = browser.new_page()
        for name in names:
            check(page, f"http://127.0.0.1:{server.server_port}", name, problems)
            if shots:
                shots.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=str(shots / f"{name}.png"), full_page=True)
        if "regression" in names:
            page.goto(f"http://127.0.0.1:{server.server_port}/regression/report.html")
            if page.query_selector("img") is None:
                problems.append("regression: the page shows no picture")
        browser.close()
    server.shutdown()
    for problem in problems:
        print("PROBLEM", problem)
    print(f"Pages: {len(names)} opened under a strict policy, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
