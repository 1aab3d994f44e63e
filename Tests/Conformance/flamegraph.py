"""Drives flame graphs in a headless Chromium and fails on whatever a reader would stumble over."""

import pathlib
import re
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


def fill(page, name):
    """The colour that the frame `name` has in the file."""
    return page.evaluate(
        """name => Array.from(document.querySelectorAll('.frame'))
            .find(f => f.querySelector('title').textContent.split('\\n')[0] === name)
            .querySelector('rect').getAttribute('fill')""",
        name,
    )


def legend(page):
    """The colours of the legend, by their meaning."""
    return page.evaluate(
        """() => Object.fromEntries(Array.from(document.querySelectorAll('.legend text'), t =>
            [t.textContent, t.previousElementSibling.getAttribute('fill')]))"""
    )


def texts(page):
    return "\n".join(page.locator("svg text, svg title, svg desc").all_text_contents())


def again(page):
    """Opens the address that the page shows now, as somebody does who was sent it."""
    address = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(address)


def luminance(colour):
    """By WCAG 2.1, of rgb(…) with 0 to 255."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def check_scheme(page, scheme):
    """The page is as dark as the reader wants it, and all text stands out from what is behind it (WCAG 2.1, AA)."""
    style = """([element, property]) => getComputedStyle(document.querySelector(element))[property]"""
    ground = page.evaluate(style, [".page", "fill"])
    expect((luminance(ground) < 0.1) == (scheme == "dark"), f"the page is {ground} in {scheme}")
    for element, property, behind in [
        (".ink", "fill", ground), (".faint", "fill", ground),
        (".tools .reset", "color", page.evaluate(style, [".tools .reset", "backgroundColor"])),
        (".tools", "color", ground),
    ]:
        lights = sorted([luminance(page.evaluate(style, [element, property])), luminance(behind)])
        ratio = (lights[1] + 0.05) / (lights[0] + 0.05)
        expect(ratio >= 4.5, f"{element} has a contrast of {ratio:.1f} in {scheme}")
    pairs = page.evaluate(
        """() => Array.from(document.querySelectorAll('.frame')).filter(f => f.querySelector('text')).slice(0, 500)
            .map(f => [getComputedStyle(f.querySelector('rect')).fill, getComputedStyle(f.querySelector('text')).fill])"""
    )
    expect(pairs, "no frame has a label")
    for pair in pairs:
        lights = sorted(luminance(colour) for colour in pair)
        expect((lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5, f"a label {pair[1]} on a frame {pair[0]}")


def check_readers(page):
    """What a screen reader is told: the picture's title, each frame with its facts, and what each tool does."""
    session = page.context.new_cdp_session(page)
    nodes = [node for node in session.send("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]
    told = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes}
    title = page.evaluate("document.querySelector('title').textContent")
    expect(("RootWebArea", title) in told and title, "a reader is not told the title")
    for tool in [("searchbox", "Search for frames by a regular expression"), ("button", "Flip"), ("button", "Reset")]:
        expect(tool in told, f"a reader is not told of {tool}")
    groups = {name for role, name in told if role in ("group", "button")}
    for facts in page.locator(".frame title").all_text_contents()[:500]:
        expect(" ".join(facts.split()) in {" ".join(name.split()) for name in groups}, f"a reader is not told {facts}")


def check_words(page):
    words = texts(page)
    expect(not re.search(r"NaN|Infinity|undefined|-0(?![.0-9]*[1-9])", words), f"no number: {words[:2000]}")


def check_flame(page, url):
    page.goto(url)
    check_readers(page)
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
    again(page)
    expect(page.inner_text(".matched") == "matched 25.00 %", f"the search of {page.url}: {page.inner_text('.matched')}")
    click(page, "leaf")
    page.click(".flip")
    shown = boxes(page)
    expect(all(part in page.url for part in ("zoom=", "search=b", "flip=1")), f"the address is {page.url}")
    again(page)
    expect(boxes(page) == shown, "the address does not restore zoom, search and turn together")
    page.evaluate("location.hash = ''")
    page.wait_for_function("document.querySelector('.matched').textContent === ''")
    expect(abs(named(page, "b")["width"] - before) < 0.1, "an address changed by hand is not followed")
    click(page, "b")
    page.fill(".search", "main")
    page.click(".reset")
    expect(abs(named(page, "b")["width"] - before) < 0.1, "reset leaves the zoom")
    expect("#" not in page.url, f"reset leaves the address {page.url}")
    click(page, "all")
    for key, name in [("ArrowUp", "main"), ("ArrowUp", "a"), ("ArrowUp", "leaf"), ("ArrowDown", "a"),
                      ("ArrowRight", "b"), ("ArrowLeft", "a")]:
        page.keyboard.press(key)
        focus = page.evaluate("document.activeElement.querySelector('title').textContent.split('\\n')[0]")
        expect(focus == name, f"{key} leads to {focus}, not {name}")


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
    page.keyboard.press("Escape")
    check_readers(page)
    meanings = legend(page)
    expect(len(set(meanings.values())) == 5, f"the legend is {meanings}")
    # slow did not change itself: what it calls did.
    for name, meaning in [("old", "vanished"), ("fresh", "new"), ("noisy", "not significant"), ("main", "not significant"),
                          ("slow", "larger share after"), ("deep", "larger share after"), ("rest", "smaller share after")]:
        colour = fill(page, name)
        nearest = min(meanings, key=lambda other: sum(
            abs(int(colour[place : place + 2], 16) - int(meanings[other][place : place + 2], 16)) for place in (1, 3, 5)))
        expect(nearest == meaning, f"{name} is drawn as {nearest}, not {meaning}")
    words = texts(page)
    for part in ["before: 2,880 samples in 6 profiles", "after: 2,880 samples in 6 profiles", "scaled to its own total",
                 "rank test over 6 boots before, 6 boots after", "+8.33 points of all, +80.0 % of itself",
                 "-6.25 points of all, vanished", "+6.25 points of all, new", "significant: false discovery rate"]:
        expect(part in words, f"nothing says: {part}")
    for widths, (old, fresh) in {"0": (True, False), "1": (False, True), "2": (True, True)}.items():
        select(page, widths)
        expect((named(page, "old")["shown"], named(page, "fresh")["shown"]) == (old, fresh), f"widths of view {widths}")
        for name, share in {"slow": (0.1042, 0.1875, 0.1875), "rest": (0.6198, 0.5365, 0.6198)}.items():
            width = named(page, name)["width"] / named(page, "main")["width"]
            whole = 1 if widths != "2" else sum((0.0625, 0.2135, 0.0625, 0.6198, 0.1875))
            expect(abs(width - share[int(widths)] / whole) < 0.005, f"{name} is {width:.4f} of main in view {widths}")


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


POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'"


def check_still(page, path, name, share):
    """The picture without a script: frames as wide as their share, names, tooltips, legend and notes, and no tools."""
    page.goto(path)
    frames = page.locator(".frame")
    widths = {}
    for place in range(min(frames.count(), 12)):
        frame = frames.nth(place)
        title = frame.locator("title").text_content()
        box = frame.locator("rect").bounding_box()
        expect(len(title.split("\n")) > 1 and "%" in title, f"{path}: the tooltip {title}")
        expect(box and box["width"] > 0, f"{path}: {title} is not drawn")
        widths.setdefault(title.split("\n")[0], box["width"])
        label = frame.locator("text")
        if label.count():
            inside = label.bounding_box()
            expect(inside["width"] > 5 and inside["x"] + inside["width"] <= box["x"] + box["width"] + 1,
                   f"{path}: the label of {title} does not fit into it")
    expect(abs(widths[name] / widths["all"] - share) < 0.01, f"{path}: {name} is {widths[name] / widths['all']:.3f}")
    expect(page.locator(".tools").count() == 0, f"{path}: a script ran where none may")
    expect(page.locator("svg > text").first.bounding_box()["width"] > 50, f"{path}: no heading")
    check_words(page)


def check_without_script(browser, folder, shots):
    """Every picture where scripts are switched off, and under the policy that Jenkins serves reports with."""
    for strict in (False, True):
        context = browser.new_context(viewport={"width": 1220, "height": 700}, java_script_enabled=strict)
        page = context.new_page()

        def serve(route):
            body = (folder / route.request.url.rsplit("/", 1)[1]).read_bytes()
            headers = {"Content-Security-Policy": POLICY} if strict else {}
            route.fulfill(body=body, content_type="image/svg+xml", headers=headers)

        page.route("http://report.test/*", serve)
        for picture, name, share in [("flame", "b", 0.25), ("chart", "work", 0.25), ("difference", "noisy", 0.19),
                                     ("large", "main", 1), ("hostile", "a\ufffd[2J", 1 / 3)]:
            check_still(page, f"http://report.test/{picture}.svg", name, share)
            if shots and strict:
                page.screenshot(path=str(shots / f"{picture}-strict.png"))
        context.close()


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
                check_words(page)
                check_scheme(page, scheme)
                if name == "flame":
                    check_low_window(page, url)
                expect(not errors, f"{name}: {errors}")
                if shots:
                    page.screenshot(path=str(shots / f"{name}-{scheme}.png"))
                page.close()
        check_without_script(browser, folder, shots)
        browser.close()
    print("check-flamegraph: passed")


main()
