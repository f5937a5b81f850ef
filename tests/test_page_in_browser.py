"""The HTML report in Chromium: it is used by mouse, keyboard and screen reader, on a desk and on a phone, by day and night.

Deselected unless `-m browser` asks for it; needs `chromium` and `chromedriver`.
"""

import itertools
import shutil

import pytest
import reports
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from kconvert.report.page import page

pytestmark = pytest.mark.browser
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PAGES = {
    "small": lambda: reports.report_of_sample("small_unet"),
    "nested": lambda: reports.report_of_sample("shared_towers"),
    "large": lambda: reports.report_of_many(300),
    "refused": reports.refused_report,
    "hostile": lambda: reports.hostile_report("partial"),
}
CLOSE = "\N{MULTIPLICATION SIGN}"
DESK, PHONE = (1280, 900), (390, 844)
CONTRAST = """
const luminance = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * r + .7152 * g + .0722 * b; };
const parts = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (e) => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
  if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
const low = new Set();
for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
  const style = getComputedStyle(e), svg = e.namespaceURI.endsWith("svg");
  const [a, b] = [luminance(parts(svg ? style.fill : style.color).slice(0, 3)), luminance(behind(e))];
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) low.add(`${e.tagName}.${e.getAttribute("class")}: ${ratio.toFixed(1)}`);
}
return [...low];
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, report in PAGES.items():
        (folder / f"{name}.html").write_text(page(report()), encoding="utf-8")
    return folder


@pytest.fixture
def shown(browser, files):
    """Opens a page; whatever it does, it must not complain, ask the network, or run what a model file says."""
    errors = []

    def show(name, size=DESK, scheme="light", mark=""):
        browser.get_log("browser")
        browser.get_log("performance")
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        browser.get("about:blank")
        browser.get(f"file://{files / name}.html{mark}")
        return browser

    yield show
    errors += browser.get_log("browser")
    assert errors == []
    requests = [e["message"] for e in browser.get_log("performance") if '"Network.requestWillBeSent"' in e["message"]]
    assert requests
    assert all(f"file://{files}" in r or "about:blank" in r for r in requests)
    assert browser.execute_script("return window.hacked") is None


def lines(browser):
    return [e for e in browser.find_elements(By.CSS_SELECTOR, "tr[data-row]") if e.is_displayed()]


def panel(browser):
    return browser.find_element(By.CSS_SELECTOR, "[data-panel]")


@pytest.mark.parametrize(("name", "size", "scheme"), list(itertools.product(PAGES, (DESK, PHONE), ("light", "dark"))))
def test_it_is_readable_everywhere(shown, name, size, scheme, tmp_path):
    browser = shown(name, size, scheme)
    width, visible = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= visible == size[0]
    assert browser.execute_script(CONTRAST) == []
    background = browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 200) == (scheme == "dark")
    assert browser.save_screenshot(str(tmp_path / f"{name}-{size[0]}-{scheme}.png"))


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_layer_tells_its_story(shown, size):
    browser = shown("small", size)
    assert not panel(browser).is_displayed()
    lines(browser)[2].find_element(By.TAG_NAME, "a").click()
    text = panel(browser).text
    assert text.startswith(f"{CLOSE}\naverage_pooling2d_1 changed")
    assert "AveragePooling2D → ZeroPadding2D, AveragePooling2D, ops.ones_like" in text
    assert "where the window starts elsewhere than TensorFlow's" in text
    assert "changed padding\n'same' → 'valid'" in text
    kept = panel(browser).find_element(By.TAG_NAME, "details")
    kept.find_element(By.TAG_NAME, "summary").click()
    assert "pool_size=[3, 3]" in panel(browser).text
    panel(browser).find_element(By.CSS_SELECTOR, "[data-close]").click()
    assert not panel(browser).is_displayed()


def test_the_keyboard_suffices(shown):
    browser = shown("small")
    first = browser.find_element(By.CSS_SELECTOR, "tr[data-row] a")
    browser.execute_script("arguments[0].focus()", first)
    first.send_keys(Keys.ARROW_DOWN)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert "conv2d_1/conv2d_1/kernel → kernel" in panel(browser).text
    assert "flip [0, 1]" in panel(browser).text
    assert browser.execute_script("return document.activeElement.hasAttribute('data-detail')")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not panel(browser).is_displayed()
    assert "conv2d_1" in browser.switch_to.active_element.text


def test_300_layers_are_searched_and_sifted(shown):
    browser = shown("large", PHONE)
    assert len(lines(browser)) == 300
    find = browser.find_element(By.CSS_SELECTOR, "[data-find]")
    find.send_keys("concatenate block_2")
    assert 5 < len(lines(browser)) < 30
    assert all("Concatenate" in line.text for line in lines(browser))
    assert f"{len(lines(browser))} of 300 layers" in browser.find_element(By.CSS_SELECTOR, "[data-found]").text
    find.clear()
    find.send_keys("no such layer")
    assert lines(browser) == []
    assert browser.find_element(By.CSS_SELECTOR, "[data-nothing]").is_displayed()
    find.clear()
    browser.find_element(By.XPATH, "//label[contains(., 'Changed 7')]").click()
    assert len(lines(browser)) == 7


def test_nested_models_fold(shown):
    browser = shown("nested")
    before = len(lines(browser))
    fold = browser.find_element(By.CSS_SELECTOR, "[data-fold]")
    fold.click()
    assert len(lines(browser)) == before - 4
    assert fold.get_attribute("aria-expanded") == "false"
    fold.click()
    assert len(lines(browser)) == before


def test_the_plot_names_the_layer_below_the_pointer_and_leads_to_it(shown):
    browser = shown("large")
    dots = browser.find_element(By.CSS_SELECTOR, ".dots")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", dots)
    webdriver.ActionChains(browser).move_to_element(dots).perform()
    said = browser.find_element(By.CSS_SELECTOR, "[data-readout]").text
    assert said.startswith("block_37_layer_150 (Activation): ")
    webdriver.ActionChains(browser).click(dots).perform()
    assert panel(browser).text.startswith(f"{CLOSE}\nblock_37_layer_150")
    chosen = browser.find_element(By.CSS_SELECTOR, "[aria-current]")
    assert browser.execute_script(
        "const y = arguments[0].getBoundingClientRect().y; return y > 0 && y < innerHeight", chosen
    )


def test_a_link_to_a_layer_opens_it(shown):
    browser = shown("small", mark="#layer-5")
    assert panel(browser).text.startswith(f"{CLOSE}\nconv2d_transpose_1 changed")


def test_a_screen_reader_finds_names_and_landmarks(shown):
    browser = shown("small")
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    found = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]]
    named = {
        "button",
        "link",
        "searchbox",
        "radio",
        "region",
        "figure",
        "image",
        "complementary",
        "table",
        "DisclosureTriangle",
    }
    assert not [role for role, name in found if role in named - {"table"} and not name.strip()]
    assert {"main", "banner", "contentinfo", "search", "heading"} <= {role for role, _ in found}
    assert any(role == "image" and "The largest difference is" in name for role, name in found)


def test_what_a_model_file_says_is_never_run(shown):
    browser = shown("hostile")
    for line in lines(browser):
        line.find_element(By.TAG_NAME, "a").click()
        assert "<script>window.hacked=1</script>" in panel(browser).text
    assert browser.find_elements(By.TAG_NAME, "img") == []


def test_the_policy_stops_what_would_get_in_all_the_same(shown, browser):
    shown("small")
    browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)"
    )
    assert browser.execute_script("return window.hacked") is None
    said = browser.get_log("browser")
    assert len(said) == 1
    assert "Content Security Policy" in said[0]["message"]
