"""Pages in a real Chromium: what they show, and that they ask nothing of a network.

Playwright drives the Chromium of the system; where there is none, tests of pages are skipped, and say so.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VIEWPORT = {"width": 1280, "height": 900}


@dataclass
class Opened:
    """A page, and what went wrong while it was looked at."""

    page: Any
    problems: list[str] = field(default_factory=list)


OpenPage = Callable[..., Opened]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests of a process."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: pages are not tested (Debian: apt install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser_window(chromium: Any) -> Any:
    """A window for all pages that need no other: a new one takes longer than most pages."""
    return chromium.new_context(viewport=VIEWPORT)


@pytest.fixture
def open_page(chromium: Any, browser_window: Any) -> Iterator[OpenPage]:
    """Open a file in a tab of its own; console errors and requests are the test's failure at its end."""
    opened: list[tuple[Any, Opened]] = []

    def open_file(path: Path, **context: Any) -> Opened:
        place = chromium.new_context(**{"viewport": VIEWPORT, **context}) if context else browser_window
        found = Opened(place.new_page())
        address = path.resolve().as_uri()

        def asked(request: Any) -> None:
            if request.url != address and not request.url.startswith(("data:", "blob:")):
                found.problems.append(f"request: {request.url}")

        def said(message: Any) -> None:
            if message.type in ("error", "warning"):
                found.problems.append(f"console: {message.text}")

        found.page.on("request", asked)
        found.page.on("console", said)
        found.page.on("pageerror", lambda error: found.problems.append(f"error: {error}"))
        found.page.goto(address)
        opened.append((place if context else found.page, found))
        return found

    yield open_file
    for place, _ in opened:
        place.close()
    assert [problem for _, found in opened for problem in found.problems] == []
