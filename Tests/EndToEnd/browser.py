"""A browser as tests use it: a headless Chromium, and a page in it that is looked at, pointed at and typed to."""

import base64
import io
import json
import os
from collections.abc import Callable

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from daemon import LIMIT, Daemon

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"


def chromium(directory) -> webdriver.Chrome:
    """A browser with a profile of its own in a directory. What is installed is used; nothing is downloaded."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in [
        "headless=new", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars", "lang=en", f"user-data-dir={directory}"
    ]:
        options.add_argument(f"--{argument}")
    if os.geteuid() == 0:
        # Chromium's sandbox does not run as root.
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(LIMIT)
    return driver


class Page:
    """The dashboard of one daemon."""

    def __init__(self, driver: webdriver.Chrome, daemon: Daemon):
        self.driver = driver
        self.address = f"http://{daemon.endpoint('http.bind')}"
        # An earlier page, whose daemon is gone, complains no more.
        driver.get("about:blank")
        driver.get_log("browser")
        driver.get_log("performance")
        self.size(1440, 900)
        self.prefers("light")

    def open(self) -> "Page":
        self.driver.get(self.address)
        return self

    # Looking

    def run(self, script: str, *arguments):
        """What a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def module(self, name: str, script: str, *arguments):
        """What a function body returns that has the page's own module `name`.js as `module`."""
        return self.driver.execute_async_script(
            f"const [done, args] = [arguments[arguments.length - 1], arguments];"
            f"import('/{name}.js').then((module) => (async () => {{ {script} }})()).then(done, (e) => done(`${{e}}`));",
            *arguments)

    def tell(self, kind: str, **changes) -> None:
        """Has the page take a message, the last one of its kind with changes, and nothing from the daemon any more."""
        self.module("script", """
            module.live.source.close();
            const message = await (await fetch(`/api/${args[0]}`)).json();
            module.live.tell(args[0], {...message, ...args[1]}, module.live.now);
            await module.drawn();""", kind, changes)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def texts(self, selector: str) -> list[str]:
        return self.run("return Array.from(document.querySelectorAll(arguments[0]), (e) => e.textContent)", selector)

    def value(self, name: str) -> float | None:
        """The exact value of a figure; None where it is not known."""
        text = self.run("return document.getElementById(arguments[0]).value", name)
        return float(text) if text else None

    def wait(self, holds: Callable[[], object], what: str):
        """Waits until something holds, and returns it."""
        return WebDriverWait(self.driver, LIMIT, poll_frequency=0.05).until(lambda _: holds(), what)

    def wait_for_status(self, *words: str) -> None:
        self.wait(lambda: self.text("#status") in words, f"the status is not one of {words}")

    def wait_for_step(self, step: int) -> None:
        self.wait(lambda: self.value("step") == step, f"the page does not come to step {step}")

    def wait_for_frame(self) -> None:
        """Until all that is known is drawn."""
        self.module("script", "await module.drawn();")

    def wait_for_curves(self, step: int) -> None:
        """Until the curves are at a step, too."""
        script = "return [module.history.step.at(-1), module.path.step.at(-1)]"
        self.wait(lambda: self.module("script", script) == [step, step], f"the curves do not come to step {step}")
        self.wait_for_frame()

    def problems(self) -> list[str]:
        """What the browser complains of since this was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self) -> list[str]:
        """The addresses of all that was asked for since this was asked last."""
        entries = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [entry["params"] for entry in entries if entry["method"] == "Network.requestWillBeSent"]
        return [parameters["request"]["url"] for parameters in sent]

    def screenshot(self, path=None) -> Image.Image:
        """The whole page."""
        answer = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        image = Image.open(io.BytesIO(base64.b64decode(answer["data"]))).convert("RGB")
        if path:
            image.save(path)
        return image

    # Acting

    def devtools(self, command: str, **parameters) -> dict:
        return self.driver.execute_cdp_cmd(command, parameters)

    def size(self, width: int, height: int) -> None:
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefers(self, scheme: str, motion: str = "no-preference") -> None:
        """What the system's settings say."""
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}])

    def click(self, selector: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def point(self, selector: str, x: float, y: float) -> None:
        """Moves the pointer to a place within an element, in pixels from its top left corner."""
        box = self.run(
            "const e = document.querySelector(arguments[0]); e.scrollIntoView({block: 'center'});"
            "const b = e.getBoundingClientRect(); return [b.left, b.top]", selector)
        pointer = ActionChains(self.driver, duration=0).w3c_actions
        pointer.pointer_action.move_to_location(box[0] + x, box[1] + y)
        pointer.perform()

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()
