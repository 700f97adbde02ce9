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
    window: Any = None
    """What is closed with it; None where the page is in the common tab."""
    problems: list[str] = field(default_factory=list)
    listeners: dict[str, Callable[[Any], None]] = field(default_factory=dict)

    def close(self) -> None:
        """Leave nothing of it behind: no listeners, no size, no pointer over anything."""
        if self.window is not None:
            self.window.close()
            return
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)
        self.page.goto("about:blank")
        self.page.mouse.move(0, 0)
        self.page.set_viewport_size(VIEWPORT)


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
def browser_tab(chromium: Any) -> Any:
    """A tab for all pages that need no other: a new one takes longer than most pages."""
    return chromium.new_context(viewport=VIEWPORT).new_page()


@pytest.fixture
def open_page(chromium: Any, browser_tab: Any) -> Iterator[OpenPage]:
    """Open a file; console errors and requests are the test's failure at its end.

    The first page of a test is shown in the common tab, every other one in a window of its own.
    """
    opened: list[Opened] = []

    def open_file(path: Path, **context: Any) -> Opened:
        alone = bool(context or opened)
        window = chromium.new_context(**{"viewport": VIEWPORT, **context}) if alone else None
        found = Opened(window.new_page() if window else browser_tab, window)
        opened.append(found)
        address = path.resolve().as_uri()

        def asked(request: Any) -> None:
            if request.url != address and not request.url.startswith(("data:", "blob:")):
                found.problems.append(f"request: {request.url}")

        def said(message: Any) -> None:
            if message.type in ("error", "warning"):
                found.problems.append(f"console: {message.text}")

        found.listeners = {
            "request": asked,
            "console": said,
            "pageerror": lambda error: found.problems.append(f"error: {error}"),
        }
        for event, listener in found.listeners.items():
            found.page.on(event, listener)
        found.page.goto(address)
        return found

    yield open_file
    for found in opened:
        found.close()
    assert [problem for found in opened for problem in found.problems] == []
