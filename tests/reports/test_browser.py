"""The page in a real browser: desktop and phone, day and night, printed, and without scripts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from lutgen.cli import main
from tests.reports.pages import REQUESTS, page_of
from tests.tools import require_browser, require_module

SCREENS = {"desktop": (1280, 900), "phone": (375, 812)}
# A table with every code in view, one of 65,536 codes beside another, and one that fails.
SHOWN = ("table", "wide", "broken")

OVERFLOWING = """
const wide = document.documentElement.clientWidth;
return [...document.querySelectorAll("body *")].filter((e) => {
  const box = e.getBoundingClientRect();
  const scrolls = e.closest(".scroll");
  return box.width > 0 && !scrolls && !e.closest(".unseen") && !e.matches(".unseen") &&
    (box.right > wide + 1 || box.left < -1);
}).map((e) => e.tagName + "." + e.getAttribute("class") + ": " + e.textContent.slice(0, 40));
"""

# WCAG's contrast of a text with what is behind it.
CONTRASTS = """
const parts = (c) => c.match(/[\\d.]+/g).map(Number);
const light = (c) => parts(c).slice(0, 3).map((v) => v / 255)
  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if ((parts(c)[3] ?? 1) > 0) return c;
  }
  return "rgb(255, 255, 255)";
};
return [...document.querySelectorAll("h1, h2, h2 strong, h3, p, dt, dd, th, td, li, a, text")]
  .filter((e) => e.getClientRects().length)
  .map((e) => {
    const style = getComputedStyle(e);
    const a = light(e.tagName === "text" ? style.fill : style.color), b = light(behind(e));
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 80)];
  })
  .filter(([ratio]) => ratio < 4.5);
"""


class Shown(NamedTuple):
    """A page and what the JSON says of the same request."""

    url: str
    document: dict[str, object]
    codes: list[int]


@pytest.fixture(scope="module")
def driver() -> Iterator[object]:
    require_module("selenium")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser, chromedriver = require_browser()
    options = webdriver.ChromeOptions()
    options.binary_location = browser.command[0]
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    started = webdriver.Chrome(options=options, service=Service(chromedriver.command[0]))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Shown]:
    folder = tmp_path_factory.mktemp("pages")
    return {name: _shown(name, folder) for name in SHOWN}


def _shown(name: str, folder: Path) -> Shown:
    page, out = folder / f"{name}.html", StringIO()
    page.write_text(page_of(name), encoding="ascii")
    with redirect_stdout(out):
        main(["report", *REQUESTS[name], "--json"])
    codes = []
    if name == "table":
        main(["build", *REQUESTS[name], "--target", "json", "-o", str(folder), "-q"])
        codes = json.loads((folder / "gelu_s8.json").read_text())["codes"]
    return Shown(page.as_uri(), json.loads(out.getvalue()), codes)


def opened(driver, page: Shown, screen: str, scheme: str = "light", media: str = "") -> None:
    """Open a page on a screen, and see to it that the console stays empty."""
    width, height = SCREENS[screen]
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": screen == "phone",
    })
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}],
    })
    driver.get(page.url)
    assert driver.get_log("browser") == []


def texts(driver, selector: str) -> list[str]:
    """Return the texts of the elements that are shown, with plain minus signs."""
    from selenium.webdriver.common.by import By

    found = driver.find_elements(By.CSS_SELECTOR, selector)
    return [e.text.replace("\N{MINUS SIGN}", "-") for e in found if e.is_displayed()]


def number(text: str) -> float:
    return float(text.replace(",", "").split()[0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [*SCREENS])
@pytest.mark.parametrize("name", SHOWN)
def test_a_page_fits_the_screen_and_can_be_read(driver, pages, name, screen, scheme) -> None:
    opened(driver, pages[name], screen, scheme)

    assert driver.execute_script(OVERFLOWING) == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= (
        SCREENS[screen][0])
    assert driver.execute_script(CONTRASTS) == []


def test_night_is_darker_than_day(driver, pages) -> None:
    colours = []
    for scheme in ("light", "dark"):
        opened(driver, pages["table"], "desktop", scheme)
        colours.append(driver.execute_script(
            "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        ))

    assert min(colours[0]) > 200 and max(colours[1]) < 60


@pytest.mark.parametrize("name", SHOWN)
def test_the_figures_are_those_of_the_json(driver, pages, name) -> None:
    opened(driver, pages[name], "desktop")
    (table,), (review,) = pages[name].document["tables"], pages[name].document["reviews"]
    error = table["error"]
    figures = texts(driver, ".figures dd")
    split = [row.split() for row in texts(driver, "#split tbody tr")]

    assert texts(driver, "h1") == [table["name"]]
    assert texts(driver, "#verdict h2")[0].endswith(review["verdict"]["text"].split(": ", 1)[1])
    assert texts(driver, ".worst")[0] == review["verdict"]["worst"]
    assert [number(text) for text in figures] == pytest.approx([
        error["max_lsb"], error["rms_lsb"], error["bias_lsb"], error["misrounded"],
        table["storage_bytes"],
    ], abs=5e-5)
    for row, part in zip(split, ("approximation", "rounding", "arithmetic"), strict=False):
        expected = review["split"][part]
        assert [number(text) for text in row[-4:]] == pytest.approx([
            expected["max_lsb"], expected["rms_lsb"], expected["bias_lsb"], expected["codes"],
        ], abs=5e-5)
    rows = [row.split() for row in texts(driver, "#worst-codes tbody tr")]
    assert [int(row[0]) for row in rows] == [worst["code"] for worst in error["worst"]]
    assert [float(row[2]) for row in rows] == pytest.approx(
        [worst["error_lsb"] for worst in error["worst"]], abs=5e-6)


def test_a_page_leads_with_its_verdict(driver, pages) -> None:
    for name, verdict in (("table", "Good enough"), ("broken", "Not good enough")):
        opened(driver, pages[name], "phone")
        top = driver.execute_script(
            "return document.querySelector('#verdict h2').getBoundingClientRect().bottom")

        assert verdict in texts(driver, "#verdict h2")[0]
        assert top < SCREENS["phone"][1], "seen without scrolling"


def test_the_codes_are_stepped_through_by_keys_buttons_and_pointer(driver, pages) -> None:
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.common.by import By

    page = pages["table"]
    opened(driver, page, "desktop")
    worst = page.document["tables"][0]["error"]["worst"]
    slider = driver.find_element(By.ID, "step")

    def readout() -> tuple[int, int]:
        code, output = texts(driver, "#at-code") + texts(driver, "#at-output")
        return int(code), int(output.split()[0])

    assert readout() == (worst[0]["code"], worst[0]["got"])
    slider.send_keys(Keys.HOME)
    assert readout() == (-128, page.codes[0])
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert readout() == (-125, page.codes[3])
    assert "code -125" in slider.get_attribute("aria-valuetext").replace("\N{MINUS SIGN}", "-")
    driver.find_elements(By.CSS_SELECTOR, "#worst-codes button")[3].click()
    assert readout() == (worst[3]["code"], worst[3]["got"])
    plot = driver.find_element(By.CSS_SELECTOR, "#error .plot")
    for offset, low, high in ((-0.45, -128, -100), (0.45, 99, 127)):
        width = plot.size["width"]
        ActionChains(driver).move_to_element_with_offset(plot, int(offset * width), 0).perform()
        code, output = readout()
        assert low <= code <= high
        assert output == page.codes[code + 128]
    assert driver.get_log("browser") == []


def test_on_paper_there_is_nothing_to_press(driver, pages) -> None:
    opened(driver, pages["wide"], "desktop", "dark", media="print")

    assert texts(driver, ".explorer") == []
    assert driver.execute_script(
        "return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert driver.execute_script(OVERFLOWING) == []


def test_without_scripts_the_page_is_whole(driver, pages) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened(driver, pages["table"], "desktop")
        assert texts(driver, ".explorer") == []
        assert len(texts(driver, "#worst-codes tbody tr")) == 10
        assert len(texts(driver, "svg[role=img]")) >= 4
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
