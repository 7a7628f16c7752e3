"""What axe-core, the engine of most accessibility checkers, finds wrong on a page in a browser."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page


def violations(page: Page, but: Collection[str] = ()) -> list[str]:
    """A line for each element that breaks a rule of axe-core: the rule, its impact, the element, and what to do.

    It looks at what is on the page now: open what is to be checked before. `but` are rules, by their ids, that are not
    asked; say beside each why. axe-core comes with the package axe-playwright-python, and needs no internet; a content
    security policy of the page does not keep it out.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {'rules': {rule: {'enabled': False} for rule in but}} if but else None
    found: list[dict[str, Any]] = Axe().run(page, options=options).response['violations']
    return [
        f'{rule["id"]} ({rule["impact"]}): {" ".join(map(str, node["target"]))}: {node["failureSummary"]}'
        for rule in found
        for node in rule['nodes']
    ]
