"""Take the pictures of `quantizers explore`'s page; tests/show/test_explore_browser.py takes them anew and compares.

python docs/pictures/explore.py chromium
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from PIL import Image

from quantizers.show.explore import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).parent
SCHEMES = {'explore': 'light', 'explore_dark': 'dark'}
SHOWN = {'a': 'ap_fixed<5, 2, AP_RND, AP_WRAP>', 'b': 'ap_minifloat<2, 2, 0>', 'x': '2.3'}


def take(browser: Browser, url: str, scheme: str, shown: dict[str, str]) -> Image.Image:
    """The top of the page."""
    context = browser.new_context(viewport={'width': 1160, 'height': 1220}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f'{url}#{urlencode(shown)}')
    page.locator('.value').nth(1).wait_for()
    page.locator('#plot path.curve').first.wait_for()
    page.wait_for_load_state('networkidle')
    taken = Image.open(io.BytesIO(page.screenshot(animations='disabled', caret='hide')))
    context.close()
    return taken.convert('RGB')


def main(chromium: str) -> None:
    """Serve the page, and take the pictures with this browser."""
    from playwright.sync_api import sync_playwright

    with Server() as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = [] if os.geteuid() else ['--no-sandbox']
        browser = playwright.chromium.launch(executable_path=shutil.which(chromium), args=root)
        for name, scheme in SCHEMES.items():
            take(browser, server.url, scheme, SHOWN).save(FOLDER / f'{name}.png', optimize=True)
        browser.close()
        server.shutdown()


if __name__ == '__main__':
    main(*sys.argv[1:])
