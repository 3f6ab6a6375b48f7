"""The dashboard in a real browser, of a daemon that learns: what it shows, how it is used, and what it withstands."""

import itertools
import re
import signal

import numpy
import pytest
from selenium.webdriver.common.keys import Keys

from browser import Page, chromium
from streams import random_samples
from web import get

# The page hears of what was learned soon after.
SETTINGS = {"publish.every_seconds": 0.25, "penalty.l1": 0.02, "penalty.period": 50}
MINUS = "\u2212"


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = chromium(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def learned(start_shared):
    """A daemon that has learned a stream, rejected a message and written a checkpoint, and now pauses."""
    daemon = start_shared(SETTINGS)
    for part in parts(random_samples(3000), 250):
        step = daemon.learn(part)["step"]
        # Each part is a point of the curves, or more.
        while get(daemon, "/api/stats").json["step"] < step:
            pass
    daemon.learn("nonsense {")
    daemon.checkpoint()
    return daemon


@pytest.fixture
def page(driver, learned):
    """The dashboard of that daemon, with all of it on the screen."""
    page = Page(driver, learned).open()
    page.run("localStorage.clear()")
    page.driver.refresh()
    page.wait_for_step(3000)
    page.wait_for_curves(3000)
    return page


def opened(driver, daemon) -> Page:
    page = Page(driver, daemon).open()
    page.wait(lambda: page.text("#status") not in ("Connecting", "Disconnected"), "it does not connect")
    return page


def parts(samples: list, size: int) -> list[list]:
    return [samples[at:at + size] for at in range(0, len(samples), size)]


def number(text: str) -> float:
    return float(text.replace(MINUS, "-").replace(",", ""))


# What it shows


def assert_shows(page: Page, daemon) -> None:
    """That the page's figures are the daemon's, which pauses."""
    stats = daemon.stats()
    page.wait_for_step(stats["step"])
    page.wait_for_curves(stats["step"])
    recent = stats["validation"]["recent"]
    assert page.value("loss") == recent["loss"] == stats["loss"]["recent"]
    assert number(page.text("#loss")) == pytest.approx(recent["loss"], rel=1e-3)
    share = round(100 * (1 - recent["loss"] / recent["best_constant_loss"]), 1)
    word = "below" if share > 0 else "above"
    shown = re.match(rf"([\d.]+) % {word} the best constant", page.text("#loss-more"))
    assert float(shown[1]) == pytest.approx(abs(share), abs=0.6)
    assert page.value("active") == stats["active_set"]
    zeros = round(100 * stats["sparsity"], 1)
    shown = re.match(rf"of {stats['features']} · ([\d.]+) % at zero", page.text("#active-more"))
    assert float(shown[1]) == pytest.approx(zeros, abs=0.6)
    assert number(page.text("#step")) == stats["step"]
    coefficients = daemon.coefficients(top=50)
    expected = [pair for pair in zip(coefficients["names"], coefficients["values"], strict=True) if pair[1]]
    names = page.texts("#bars .name")
    values = page.run("return Array.from(document.querySelectorAll('#bars data'), (e) => Number(e.value))")
    assert names == [name for name, _ in expected][:16]
    assert numpy.float32(values).tolist() == numpy.float32([value for _, value in expected]).tolist()[:16]
    assert [number(text) for text in page.texts("#bars data")] == pytest.approx(values, rel=1e-2)
    last = page.module("script", """
        const {values} = module.history;
        return Object.fromEntries(Object.entries(values).map(([name, column]) => [name, column.at(-1)]))""")
    assert last["loss_overall"] == stats["loss"]["overall"] and last["loss_recent"] == stats["loss"]["recent"]
    assert last["best_constant_loss"] == recent["best_constant_loss"]
    assert (last["active_set"], last["features"], last["sparsity"]) == (
        stats["active_set"], stats["features"], stats["sparsity"])
    path = dict(page.module("script", "return Array.from(module.path.lines, ([name, line]) => [name, line.at(-1)])"))
    assert {name: numpy.float32(value) for name, value in path.items() if value} == {
        name: numpy.float32(value) for name, value in expected}


def test_figures_are_the_daemons_whenever_the_stream_pauses(driver, start):
    daemon = start(SETTINGS)
    page = opened(driver, daemon)
    samples = random_samples(2000)
    for at in range(0, 2000, 400):
        for part in parts(samples[at:at + 400], 100):
            daemon.learn(part)
        assert_shows(page, daemon)
    assert page.problems() == []


def test_what_happened_is_told(page, learned):
    stats = learned.stats()
    assert page.text("#status") in ("Learning", "Idle")
    assert page.value("checkpoint") == stats["checkpoint"]["step"] == 3000
    assert page.texts("#checkpoints td:nth-child(2)")[0] == "3,000"
    assert "message rejected" in page.texts("#events strong")
    health = dict(zip(page.texts("#health dt"), page.texts("#health dd"), strict=True))
    assert stats["rejected"] == {"broken_text": 1}
    assert health["Rejected"] == "broken_text 1" and health["Messages"] == str(stats["messages"])
    assert health["Model"] == "squared · sgd · dictionary" and health["Penalties"] == "λ₁ 0.02 · λ₂ 0.001"
    assert number(health["Intercept"].removeprefix("+")) == pytest.approx(stats["intercept"], rel=1e-3)


def test_it_is_drawn_in_both_themes_and_sizes(page, tmp_path):
    """Not blank: axes, words, and the lines' own colours."""
    for width, scheme in itertools.product((1440, 390), ("light", "dark")):
        page.size(width, 900)
        page.prefers(scheme)
        page.wait_for_frame()
        image = page.screenshot(tmp_path / f"{width}-{scheme}.png")
        assert image.width == width and image.height > 900
        colours = {colour: count for count, colour in image.getcolors(1 << 24)}
        assert len(colours) > 200
        bright = [sum(colour) > 384 for colour, count in colours.items() if count > image.width * image.height / 5]
        assert bright == [scheme == "light"] * len(bright) != []
        for line in range(1, 5):
            colour = page.run(
                "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", f".bar.colour-{line} i")
            assert colours.get(tuple(map(int, re.findall(r"\d+", colour)[:3])), 0) > 50


# How it is used


def path_point(page: Page, label: int) -> tuple[float, float]:
    """The end of the line that has the path's n-th label."""
    outline = page.run(
        "return document.querySelectorAll('#path-chart .leaders path')[arguments[0]].getAttribute('d')", label)
    x, y = re.match(r"M([\d.]+) ([\d.]+)L", outline).groups()
    return float(x) - 2, float(y)


def test_the_pointer_names_the_line_that_it_is_on(page, learned):
    values = learned.coefficients(top=50)
    coefficients = dict(zip(values["names"], values["values"], strict=True))
    labels = page.texts("#path-chart .label")
    named = [i for i, label in enumerate(labels) if label in coefficients]
    assert len(named) >= 5
    for i in named:
        page.point("#path-chart .plot", *path_point(page, i))
        name, figure = (page.text(f"#path-chart .tip p:first-child {part}") for part in ("bdi", "b"))
        # Where two lines end in one place, either will do.
        assert number(figure.removeprefix("+")) == pytest.approx(coefficients[name], rel=1e-3)
        assert coefficients[name] == pytest.approx(coefficients[labels[i]], abs=0.01)
        # What is zero has no bar.
        assert page.texts("#bars [aria-selected=true] .name") == ([name] if coefficients[name] else [])
        assert page.texts("#path-chart .label.is-selected") in ([name], [])
        assert "step 3,000" in page.text("#path-chart .tip .place")
    page.point("h1", 1, 1)
    assert page.run("return document.querySelector('#path-chart .tip').hidden")
    assert page.texts("#bars [aria-selected=true]") == []


def test_the_pointer_on_a_bar_brings_its_line_to_the_fore(page):
    page.point("#bars [role=option]:nth-child(2)", 5, 5)
    name = page.texts("#bars .name")[1]
    assert page.texts("#path-chart .label.is-selected") == [name]
    assert page.run("return document.querySelectorAll('#path-chart .line.is-selected').length") == 1


def focused(page: Page) -> dict:
    return page.run("""
        const e = document.activeElement;
        const shown = [e, e.nextElementSibling, e.closest('fieldset')].filter(Boolean).map(getComputedStyle)
            .some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
        const key = e.id || e.getAttribute('aria-label') || e.name || e.className || e.textContent;
        return {tag: e.tagName, key, shown}""")


def test_tab_reaches_everything_and_shows_where_it_is(page):
    page.run("document.activeElement.blur()")
    stops = []
    while (page.press(Keys.TAB), stop := focused(page))[1]["tag"] != "BODY":
        stops.append(stop)
        assert len(stops) < 60
    assert [stop for stop in stops if not stop["shown"]] == []
    keys = [stop["key"] for stop in stops]
    for wanted in [
        r"skip", r"axis", r"theme", r"Shrinkage path.*Arrow", r"Loss over time\. Arrow", r"Active set.*Arrow",
        r"Sparsity.*Arrow", r"Samples per second.*Arrow", r"Loss over time as a table", r"f\d+ [+\u2212]",
    ]:
        assert any(re.match(wanted, key) for key in keys), (wanted, keys)
    # What can be used can be reached, but for rows of a list and radio buttons, which the arrow keys reach.
    missed = page.run("""
        const all = document.querySelectorAll('a[href], button, input, summary, [tabindex], select, textarea');
        return Array.from(all).filter((e) => e.checkVisibility() && e.tabIndex >= 0 && e.type !== 'radio').length""")
    assert missed == len([stop for stop in stops if stop["tag"] != "INPUT"])
    assert keys.count("axis") == 1


def test_the_arrow_keys_tell_the_path(page, learned):
    values = learned.coefficients(top=50)
    page.run("document.querySelector('#theme').focus()")
    page.press(Keys.TAB)
    told = page.text("#announcer")
    name, figure, *place = told.split(" ", 2)
    assert name == values["names"][0] and "step 3,000" in told
    assert number(figure.strip("+,")) == pytest.approx(values["values"][0], rel=1e-3)
    page.press(Keys.HOME)
    assert "step 3,000" not in page.text("#announcer")
    page.press(Keys.END)
    # Down from the top, each line once.
    page.press(*[Keys.ARROW_UP] * 20)
    order = [page.text("#announcer")]
    while (page.press(Keys.ARROW_DOWN), page.text("#announcer"))[1] != order[-1]:
        order.append(page.text("#announcer"))
    figures = [number(line.split(" ")[1].strip("+,")) for line in order]
    assert figures == sorted(figures, reverse=True) and len(order) >= values["active_set"]
    page.press(Keys.ESCAPE)
    assert page.run("return document.querySelector('#path-chart .tip').hidden")


def test_the_arrow_keys_go_through_the_bars(page):
    names = page.texts("#bars .name")
    page.run("document.querySelector('#bars [tabindex=\"0\"]').focus()")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.texts("#bars [aria-selected=true] .name") == [names[2]]
    page.press(Keys.END)
    assert page.texts("#bars [aria-selected=true] .name") == [names[-1]]
    assert page.run("return document.activeElement === document.querySelector('#bars').lastElementChild")


def test_the_axis_is_of_time_or_of_samples(page):
    assert all(":" in text for text in page.texts("#loss-chart .grid .column text"))
    page.click("input[value=step]")
    page.wait_for_frame()
    assert page.texts("#loss-chart .grid .column text")[-1] in ("3k", "2.5k", "2k")


def test_every_chart_has_its_figures_in_a_table(page, learned):
    stats = learned.stats()
    for chart in ("path", "loss", "active", "sparsity", "rate"):
        page.click(f"#{chart}-chart summary")
        page.wait(lambda chart=chart: page.texts(f"#{chart}-chart td"), f"the table of {chart} is empty")
    row = page.texts("#loss-chart tr:nth-child(2) td")
    assert row[1] == "3,000" and number(row[2]) == pytest.approx(stats["loss"]["recent"], rel=1e-3)
    names = page.texts("#path-chart td:first-child")
    assert set(page.texts("#bars .name")) <= set(names)
    assert 2 <= len(page.texts("#loss-chart tr")) <= 13


def test_the_theme_is_the_systems_until_one_is_chosen_and_is_remembered(page):
    def brightness() -> int:
        colour = page.run("return getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    page.prefers("dark")
    assert brightness() < 150
    page.prefers("light")
    assert brightness() > 600
    page.click("#theme")
    page.click("#theme")
    assert brightness() < 150 and page.run("return document.getElementById('theme').ariaLabel") == "Theme: dark"
    page.driver.refresh()
    page.wait_for_step(3000)
    assert brightness() < 150
    page.click("#theme")
    assert brightness() > 600


def test_nothing_moves_for_those_who_want_it_still(page):
    moving = "return document.getAnimations().length"
    page.run("document.body.dataset.mood = 'is-well'")
    page.prefers("light", motion="reduce")
    assert page.run(moving) == 0
    page.prefers("light")
    page.run("document.body.dataset.mood = 'is-well'")
    assert page.run(moving) > 0


@pytest.mark.parametrize("width", [320, 390, 768, 1100, 1440])
def test_nothing_is_wider_than_the_window(page, width):
    page.size(width, 800)
    page.wait_for_frame()
    assert page.run("return [innerWidth, document.documentElement.scrollWidth]") == [width, width]
    beyond = page.run("""
        return Array.from(document.querySelectorAll('main *'))
            .filter((e) => e.checkVisibility() && !e.closest('svg, .scroll, .tip'))
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .map((e) => e.outerHTML.slice(0, 80))""")
    assert beyond == []


CONTRASTS = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
function channels(colour, ground) {
  canvas.globalCompositeOperation = 'copy';
  canvas.fillStyle = ground ? `rgb(${ground.join(' ')})` : 'white';
  canvas.fillRect(0, 0, 1, 1);
  canvas.globalCompositeOperation = 'source-over';
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return Array.from(canvas.getImageData(0, 0, 1, 1).data).slice(0, 3);
}
function luminance(colour) {
  const [r, g, b] = colour.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ground(element) {
  const above = [];
  for (let e = element; e; e = e.parentElement) above.unshift(getComputedStyle(e).backgroundColor);
  return above.reduce((under, colour) => channels(colour, under), [255, 255, 255]);
}
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const e = node.parentElement;
  if (!node.textContent.trim() || !e.checkVisibility({visibilityProperty: true})) continue;
  if (e.closest('noscript, .hidden, .skip')) continue;
  const style = getComputedStyle(e);
  const under = ground(e);
  const colour = channels(e.closest('svg') ? style.fill : style.color, under);
  const [a, b] = [luminance(colour), luminance(under)].sort((a, b) => b - a);
  found.push([(a + 0.05) / (b + 0.05), node.textContent.slice(0, 30), e.className.baseVal ?? e.className]);
}
return found;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(page, scheme):
    page.prefers(scheme)
    # A worry and a loss of the connection have colours of their own.
    for health in ({}, {"health": "degraded", "problem": "disk full"}):
        page.tell("stats", **health)
        found = page.run(CONTRASTS)
        assert len(found) > 80
        assert [entry for entry in found if entry[0] < 4.5] == []


def test_everything_that_can_be_used_has_a_name(page):
    nodes = page.devtools("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "radio", "link", "application", "listbox", "option", "region", "DisclosureTriangle", "group"}
    used = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
            if not node["ignored"] and (node["role"]["value"] in roles or any(
                p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", [])))]
    assert len(used) > 20 and {"button", "radio", "application", "listbox", "option"} <= {role for role, _ in used}
    # <main> takes the focus from the link that skips the header; the page as a whole has its title.
    assert [use for use in used if not use[1].strip() and use[0] not in ("main", "details", "Details", "group")] == []
    headings = page.run("return Array.from(document.querySelectorAll('h1, h2, h3'), (e) => e.tagName)")
    assert headings[0] == "H1" and headings.count("H1") == 1


# What it withstands


def test_nothing_is_asked_of_anybody_else_and_nobody_complains(driver, learned):
    page = Page(driver, learned).open()
    page.wait_for_step(3000)
    page.wait_for_curves(3000)
    asked = page.requests()
    assert {f"{page.address}/{path}" for path in ("", "style.css", "script.js", "api/live", "api/path")} <= set(asked)
    assert [address for address in asked if not address.startswith(page.address + "/")] == []
    assert page.problems() == []


def test_it_survives_a_restart_of_the_daemon(driver, start):
    daemon = start(SETTINGS)
    daemon.learn(*random_samples(500))
    page = opened(driver, daemon)
    page.wait_for_curves(500)
    page.run("window.sameAsBefore = true")
    address = daemon.endpoint("http.bind")
    daemon.stop(signal.SIGKILL)
    page.wait_for_status("Disconnected")
    assert page.text("#notice-text").startswith("The daemon does not answer. What is shown is as of ")
    assert page.value("step") == 500 and page.texts("#bars .name") != []
    again = start(SETTINGS | {"http.bind": address}, state=daemon.state)
    assert again.stats()["step"] == 500
    again.learn(*random_samples(300, seed=2))
    page.wait_for_step(800)
    page.wait_for_status("Learning", "Idle")
    assert "started again" in page.text("#notice-text")
    assert_shows(page, again)
    # Curves are the new daemon's.
    assert page.module("script", "return module.history.step[0]") >= 500
    assert page.run("return window.sameAsBefore") is True
    refused = [problem for problem in page.problems() if "ERR_" not in problem]
    assert refused == []


def test_a_model_that_begins_anew_is_noticed(driver, start):
    daemon = start(SETTINGS)
    daemon.learn(*random_samples(500))
    page = opened(driver, daemon)
    page.wait_for_curves(500)
    assert daemon.ask("reset")["ok"]
    page.wait(lambda: "began anew" in page.text("#notice-text"), "nothing is said of it")
    daemon.learn(*random_samples(100))
    page.wait_for_step(100)
    assert page.problems() == []


# Names, and how they are shown where that is not as they are.
HOSTILE = {
    "<img src=x onerror='window.harmed=1'>": None, "</script><script>window.harmed=1</script>": None,
    "a" * 1000: "a" * 200 + "…", "שלום עולם": None, "مرحبا": None, "\u202eevil\u202c": "⟨202E⟩evil⟨202C⟩",
    "😀👩‍👩‍👧": None, " ": "(a blank)", "line\nbreak\ttab": "line⟨000A⟩break⟨0009⟩tab",
    "__proto__": None, "constructor": None, "漢字の特徴量": None, "zero\u200bwidth": "zero⟨200B⟩width",
}


def test_names_are_text_whatever_they_are(driver, start):
    daemon = start(SETTINGS | {"penalty.l1": 0})
    page = opened(driver, daemon)
    before = page.run("return document.querySelectorAll('img, script, style, iframe').length")
    names = list(HOSTILE)
    random = numpy.random.default_rng(4)
    for _ in range(20):
        rows = random.normal(size=(20, len(names)))
        daemon.learn([{"y": float(row.sum()), "x": dict(zip(names, row.tolist(), strict=True))} for row in rows])
    page.wait_for_curves(400)
    shown = {HOSTILE[name] or name for name in names}
    assert set(page.texts("#bars .name")) == shown
    assert set(page.texts("#path-chart .label")) < shown
    page.click("#path-chart summary")
    page.wait(lambda: set(page.texts("#path-chart td:first-child")) == shown, "the table has other names")
    # Whoever rejects a message tells of its first bytes.
    daemon.learn("<img src=x onerror='window.harmed=1'>")
    page.wait(lambda: "message rejected" in page.texts("#events strong"), "the event does not come")
    assert page.run("return document.querySelectorAll('img, script, style, iframe').length") == before
    assert page.run("return window.harmed") is None
    assert page.problems() == []
    for width in (1440, 390):
        page.size(width, 900)
        page.wait_for_frame()
        assert page.run("return document.documentElement.scrollWidth") == width


MANY_UPDATES = """
module.live.source.close();
const stats = await (await fetch('/api/stats')).json();
const [from, to] = args;
for (let i = from; i < to; i++) {
  const step = 1e6 + i, time = module.live.now + i;
  module.live.tell('stats', {...stats, step}, time);
  const names = Array.from({length: 50}, (_, j) => `name ${(i * 7 + j * j) % 5000}`);
  const values = names.map((_, j) => (50 - j) / 50);
  module.live.tell('coefficients', {step, intercept: 0, names, values, features: 5000, active_set: 900}, time);
  const kind = i % 3 ? 'feature_entered' : 'drift_detected';
  module.live.tell('event', {event: kind, step, time, message: `event ${i}`}, time);
  module.live.tell('event', {event: 'checkpoint_written', step, time, message: 'm', file: 'f', bytes: 1}, time);
  if (i % 500 === 0) await module.drawn();
}
await module.drawn();
return {
  nodes: document.getElementsByTagName('*').length, history: module.history.length, path: module.path.length,
  columns: Object.values(module.history.values).map((column) => column.length),
  lines: Array.from(module.path.lines.values(), (line) => line.length),
  events: module.events.items.length, checkpoints: module.checkpoints.items.length};
"""


def test_memory_stays_bounded_however_long_it_is_open(page):
    early = page.module("script", MANY_UPDATES, 0, 3000)
    late = page.module("script", MANY_UPDATES, 3000, 12000)
    for sizes in (early, late):
        assert 400 < sizes["history"] <= 1000 and 200 < sizes["path"] <= 500
        assert set(sizes["columns"]) == {sizes["history"]}
        assert set(sizes["lines"]) == {sizes["path"]} and len(sizes["lines"]) == 50
        assert sizes["events"] == 200 and sizes["checkpoints"] == 100
    assert late["nodes"] < early["nodes"] * 1.1 < 3000
    first = page.module("script", "return [module.history.step.at(0), module.history.step.at(-1)]")
    # All of the past is there, only thinner.
    assert first[0] < 3001 and first[1] == 1e6 + 11999


# Odd states


def test_before_the_first_sample(driver, start):
    page = opened(driver, start(SETTINGS))
    page.wait_for_status("Waiting for samples")
    page.wait_for_frame()
    assert "whittle feed" in page.text("#path-chart .empty")
    assert (page.text("#step"), page.text("#loss"), page.text("#checkpoint")) == ("0", "–", "none yet")
    assert page.texts("#bars [role=option]") == [] and page.problems() == []


def test_one_feature(driver, start):
    daemon = start(SETTINGS | {"penalty.l1": 0})
    page = opened(driver, daemon)
    daemon.learn([{"y": i % 3, "x": {"sleep": i % 3}} for i in range(200)])
    assert_shows(page, daemon)
    assert page.texts("#path-chart .label") == ["sleep"]


def test_all_coefficients_zero(driver, start):
    daemon = start(SETTINGS | {"penalty.l1": 1000, "penalty.period": 1})
    page = opened(driver, daemon)
    daemon.learn(random_samples(200))
    assert_shows(page, daemon)
    assert page.text("#path-chart .empty") == "All coefficients are zero."
    assert page.text("#bars-more").startswith("All are zero")


def test_a_hashed_model_with_many_features(driver, start):
    daemon = start(SETTINGS | {"features.space": "hashed", "features.bits": 14, "penalty.l1": 0})
    page = opened(driver, daemon)
    for at in range(0, 10000, 500):
        daemon.learn([{"y": i % 7, "x": {f"word {i}": 1, f"pair {i // 2}": 1}} for i in range(at, at + 500)])
    page.wait_for_step(10000)
    page.wait_for_curves(10000)
    assert len(page.texts("#bars [role=option]")) == 16
    page.click("#bars-all")
    assert len(page.texts("#bars [role=option]")) == 50
    assert page.problems() == []


def test_a_model_that_diverges(driver, start):
    daemon = start({"publish.every_seconds": 0.25, "learning_rate.initial": 1000, "learning_rate.schedule": "constant"})
    page = opened(driver, daemon)
    random = numpy.random.default_rng(1)
    for _ in range(30):
        daemon.learn([{"y": float(y), "x": {"a": float(a) * 100}} for a, y in random.normal(size=(200, 2))])
    assert daemon.stats()["diverging"]
    page.wait_for_status("Diverging")
    page.wait_for_step(6000)
    page.wait_for_frame()
    assert "the steps are too large" in page.text("#notice-text")
    assert "e" in page.text("#loss") and "times the best constant" in page.text("#loss-more")
    drawn = page.run("return document.querySelector('#path-chart .line').getAttribute('d')")
    assert "NaN" not in drawn and "Infinity" not in drawn and len(drawn) > 10


def test_a_problem_of_many_words(page):
    problem = "the journal cannot be written: " + "/very/long/path" * 40
    page.size(390, 800)
    page.tell("stats", health="degraded", problem=problem)
    assert page.text("#status") == "Degraded" and page.text("#notice-text") == problem
    assert page.run("return document.querySelector('#notice').getBoundingClientRect().height") < 300
    assert page.run("return document.documentElement.scrollWidth") == 390


# How numbers are written


@pytest.mark.parametrize(
    "function, arguments, text",
    [
        ("number", [0.26126], "0.2613"), ("number", [12345], "12,345"), ("number", [0], "0"),
        ("number", [-0.5], "−0.5"), ("number", [1.25e-7], "1.25e−7"), ("number", [-3.4e30], "−3.4e30"),
        ("number", [None], "–"), ("number", [1e300], "1e300"), ("figure", [0.5, 3], "0.500"),
        ("figure", [5e-324], "4.941e−324"), ("signed", [0.1234], "+0.123"), ("signed", [0], "0"),
        ("signed", [-1e-9], "−1.00e−9"), ("count", [1234567], "1,234,567"), ("count", [1.8e19], "1.8e19"),
        ("shortCount", [4860], "4.86k"), ("shortCount", [12], "12"), ("percent", [0.65], "65 %"),
        ("percent", [0.99999], "> 99.9 %"), ("percent", [0.0001], "< 0.1 %"), ("percent", [1], "100 %"),
        ("percent", [0.034], "3.4 %"), ("bytes", [2800], "2.8 kB"), ("duration", [83], "1 min 23 s"),
        ("duration", [0.4], "0 s"), ("duration", [90000], "1 d 1 h"), ("duration", [83, 1], "1 min"),
    ],
)
def test_how_it_is_written(page, function, arguments, text):
    assert page.module("format", f"return module.{function}(...args[0])", arguments) == text
