"""What all pages share: one file, no requests, data that cannot break out of it."""

from importlib.resources import files

import pytest

from convcli.display.pages.page import _embedded


@pytest.mark.parametrize("command", ["compare", "explain"])
def test_every_page_is_whole(command):
    names = {path.name for path in (files(f"convcli.commands.{command}") / "assets").iterdir()}
    assert {f"{command}.html", f"{command}.css", f"{command}.js"} <= names
    assert all(name.partition(".")[0].partition("-")[0] == command for name in names)


def test_data_stays_data():
    text = _embedded({"name": "</script><b>&'\"é"})
    assert "<" not in text
    assert ">" not in text
    assert "&" not in text
    assert text.isascii()
