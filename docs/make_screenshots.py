"""Makes the pictures of the web page: run it while `forumlens run` shows the bundled sample.

python docs/make_screenshots.py http://127.0.0.1:8050 docs/images
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 780}
PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "overview": ("/", {"viewport": DESK}),
    "family-dark": ("/families/bert", {"viewport": DESK, "color_scheme": "dark"}),
    "triage": ("/triage", {"viewport": DESK}),
    "map": ("/topics/map", {"viewport": DESK}),
    "phone": ("/", {"viewport": PHONE}),
}


def take(site: str, folder: Path) -> None:
    """Save a picture of each page as PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), chromium_sandbox=False)
        for name, (path, settings) in PICTURES.items():
            page = browser.new_context(base_url=site, **settings).new_page()
            page.goto(path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"page-{name}.png")
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1], Path(sys.argv[2]))
