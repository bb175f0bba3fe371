"""A headless Chromium with its driver, for tests of pages and for the pictures of them in docs."""

import base64
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

PROGRAMS = ("chromium", "chromedriver")
# As root Chromium has no sandbox; the rest keeps it from asking its maker's hosts for anything.
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)


def find_missing_programs() -> tuple[str, ...]:
    """What of Debian's chromium and chromium-driver is not installed; `tools/setup.sh browser` installs them."""
    return tuple(name for name in PROGRAMS if shutil.which(name) is None)


class Browser:
    """One browser; every page that it opens is shown anew at the size and in the colours asked for."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def show(self, url: str, *, width: int, scheme: str = "light", medium: str = "screen") -> None:
        """Opens a page, `width` CSS pixels wide, for people who prefer a light or dark `scheme`."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})
        self.driver.get(url)

    def run(self, script: str) -> Any:
        """What a script returns: of the driver, so that no policy of the page keeps it out."""
        return self.driver.execute_script(script)

    def take_log(self) -> list[Mapping[str, Any]]:
        """All that the page and the browser have said on the console since last asked."""
        return list(self.driver.get_log("browser"))  # type: ignore[no-untyped-call]

    def take_picture(self, path: Path, height: int | None = None) -> None:
        """The page as PNG, from its top, as high as it is or `height`."""
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """A browser with its profile in a new folder; gone at the end."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
