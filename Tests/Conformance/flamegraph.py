"""Drives flame graphs in a headless Chromium and fails on whatever a reader would stumble over."""

import pathlib
import sys

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def expect(condition, what):
    if not condition:
        raise SystemExit(f"check-flamegraph: {what}")


def boxes(page):
    """Name, place, width and visibility of every frame."""
    return page.evaluate(
        """() => Array.from(document.querySelectorAll('.frame'), f => ({
            name: f.querySelector('title').textContent.split('\\n')[0],
            shown: f.style.display !== 'none',
            x: Number(f.querySelector('rect').getAttribute('x')),
            y: Number(f.querySelector('rect').getAttribute('y')),
            width: Number(f.querySelector('rect').getAttribute('width'))}))"""
    )


def named(page, name):
    return next(box for box in boxes(page) if box["name"] == name)


def click(page, name):
    page.evaluate(
        """name => Array.from(document.querySelectorAll('.frame'))
            .find(f => f.querySelector('title').textContent.split('\\n')[0] === name)
            .querySelector('rect').dispatchEvent(new MouseEvent('click', {bubbles: true}))""",
        name,
    )


def view(page):
    # The driver's own way knows selects of HTML documents only.
    return page.evaluate("document.querySelector('.view').value")


def select(page, value):
    page.evaluate(
        """value => { const select = document.querySelector('.view'); select.value = value;
            select.dispatchEvent(new Event('change', {bubbles: true})); }""",
        value,
    )


def check_flame(page, url):
    page.goto(url)
    whole = named(page, "main")["width"]
    before = named(page, "b")["width"]
    expect(abs(before / whole - 0.25) < 0.01, "frame b is not a quarter of main in the still picture")
    click(page, "b")
    expect(abs(named(page, "b")["width"] - whole) < 2, "clicking a frame does not zoom into it")
    expect(not named(page, "a")["shown"], "frames beside the zoomed one are still there")
    expect(named(page, "main")["shown"], "the callers of the zoomed frame are gone")
    expect("zoom=" in page.url, "the address does not say what is zoomed into")
    address = page.evaluate('location.href')
    page.goto("about:blank")
    page.goto(address)
    expect(abs(named(page, "b")["width"] - whole) < 2, "the address does not restore the zoom")
    page.keyboard.press("Escape")
    expect(abs(named(page, "b")["width"] - before) < 0.1, "Escape does not show everything again")
    page.keyboard.press("/")
    page.keyboard.type("^(a|leaf)$")
    expect(page.inner_text(".matched") == "matched 75.00 %", f"matched: {page.inner_text('.matched')}")
    page.fill(".search", "(")
    expect("not a regular expression" in page.inner_text(".matched"), "a broken expression is not named")
    page.click(".reset")
    expect(page.inner_text(".matched") == "", "reset leaves the search")
    top = named(page, "all")["y"]
    page.click(".flip")
    expect(named(page, "all")["y"] < top, "flip does not turn the picture")
    page.click(".flip")
    click(page, "all")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect("a" == page.evaluate("document.activeElement.querySelector('title').textContent[0]"), "arrow keys")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(abs(named(page, "b")["width"] - whole) < 2, "Enter does not zoom into the frame in focus")
    expect("25.00 %" in page.text_content(".details"), "the details of the frame in focus are not shown")
    expect(page.evaluate("document.activeElement.getAttribute('role')") == "button", "a reader is not told of a button")
    page.keyboard.press("Escape")
    page.fill(".search", "b")
    address = page.evaluate('location.href')
    page.goto("about:blank")
    page.goto(address)
    expect(page.inner_text(".matched") == "matched 25.00 %", f"the search of {address}: {page.inner_text('.matched')}")


def check_low_window(page, url):
    """A picture higher than the window opens at its foot, with the tools in sight."""
    page.set_viewport_size({"width": 1220, "height": 120})
    page.goto(url)
    page.wait_for_function("window.scrollY > 0")
    foot = page.evaluate("document.querySelector('.frame rect').getBoundingClientRect().bottom")
    expect(0 < foot <= 120, f"the outermost frame is at {foot} of 120")
    page.wait_for_function("document.querySelector('.search').getBoundingClientRect().bottom <= 120")
    page.click(".search")
    page.keyboard.type("leaf")
    expect(page.inner_text(".matched") != "", "the search does not work in a low window")


def check_difference(page, url):
    page.goto(url)
    expect(view(page) == "2", "the widths shown are not those of the menu")
    expect(named(page, "old")["shown"] and named(page, "fresh")["shown"], "vanished or new frames are hidden")
    select(page, "0")
    expect(not named(page, "fresh")["shown"], "a new frame has a width before")
    expect("view=before" in page.url, "the address does not say which widths are shown")
    select(page, "1")
    expect(not named(page, "old")["shown"], "a vanished frame has a width after")
    address = page.evaluate('location.href')
    page.goto("about:blank")
    page.goto(address)
    expect(view(page) == "1" and not named(page, "old")["shown"], "the address does not restore the widths")
    title = page.evaluate("document.querySelectorAll('.frame title')[1].textContent")
    expect(all(word in title for word in ["before", "after", "points of all", "samples"]), f"the tooltip is {title}")
    click(page, "slow")
    select(page, "2")
    expect(named(page, "slow")["width"] > 1000, "changing the widths loses the zoom")


def check_chart(page, url):
    """The order of time stays, and what comes again is a frame of its own."""
    page.goto(url)
    frames = sorted((box for box in boxes(page) if box["name"] in ("idle", "work", "last")), key=lambda box: box["x"])
    expect([box["name"] for box in frames] == ["idle", "work", "idle", "last"], f"not in order: {frames}")
    page.fill(".search", "idle")
    expect(page.inner_text(".matched") == "matched 50.00 %", page.inner_text(".matched"))
    click(page, "work")
    expect(named(page, "work")["width"] > 1000, "a chart does not zoom")
    expect(not named(page, "last")["shown"], "what comes later is still there")


def check_large(page, url):
    """Ten thousand frames open and zoom without a wait."""
    page.goto(url)
    opened = page.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
    print(f"opening took {opened:.0f} ms")
    count = len(boxes(page))
    expect(count > 9_000, f"only {count} frames")
    elapsed = page.evaluate(
        """() => { const start = performance.now();
            document.querySelectorAll('.frame')[1].querySelector('rect')
                .dispatchEvent(new MouseEvent('click', {bubbles: true}));
            return performance.now() - start; }"""
    )
    print(f"zooming among {count} frames took {elapsed:.0f} ms")


def check_hostile(page, url):
    page.goto(url)
    expect(page.evaluate("window.stolen === undefined"), "a frame's name ran as a script")
    page.fill(".search", "<script>")
    click(page, "<script>window.stolen = 1</script>")
    expect(page.evaluate("window.stolen === undefined"), "a frame's name ran as a script")


def check_strict(browser, path):
    """The still picture under the policy that Jenkins serves reports with."""
    page = browser.new_page()
    policy = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'"

    def serve(route):
        route.fulfill(
            body=path.read_bytes(), content_type="image/svg+xml", headers={"Content-Security-Policy": policy}
        )

    page.route("http://report.test/*", serve)
    page.goto("http://report.test/flame.svg")
    box = page.locator(".frame rect").nth(1).bounding_box()
    expect(box and box["width"] > 1000, "the still picture is not drawn under a strict policy")
    expect(page.locator(".tools").count() == 0, "a script ran under a policy that forbids it")
    return page


def main():
    folder = pathlib.Path(sys.argv[1])
    shots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    checks = {
        "chart": check_chart,
        "flame": check_flame,
        "difference": check_difference,
        "large": check_large,
        "hostile": check_hostile,
    }
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for name, check in checks.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": 1220, "height": 700}, color_scheme=scheme)
                errors = []
                page.on("pageerror", lambda error: errors.append(str(error)))
                page.on("console", lambda message: message.type == "error" and errors.append(message.text))
                url = (folder / f"{name}.svg").as_uri()
                check(page, url)
                if name == "flame":
                    check_low_window(page, url)
                expect(not errors, f"{name}: {errors}")
                if shots:
                    page.screenshot(path=str(shots / f"{name}-{scheme}.png"))
                page.close()
        still = check_strict(browser, folder / "difference.svg")
        if shots:
            still.screenshot(path=str(shots / "strict.png"))
        browser.close()
    print("check-flamegraph: passed")


main()
