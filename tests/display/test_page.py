"""What all pages share: one file, no requests, data that cannot break out of it."""

from pathlib import Path

from convcli.display.pages import data_uri
from convcli.display.pages import page as pages
from convcli.display.pages.page import _embedded

FOLDER = Path(pages.__code__.co_filename).parent


def test_every_page_is_whole():
    names = {path.stem for path in FOLDER.glob("*.html")} - {"base"}
    assert {path.stem.partition("-")[0] for path in FOLDER.glob("*.js")} == names | {"base"}
    assert names <= {path.stem for path in FOLDER.glob("*.js")}
    assert {path.stem for path in FOLDER.glob("*.css")} == names | {"base"}


def test_data_stays_data():
    text = _embedded({"name": "</script><b>&'\"é"})
    assert "<" not in text
    assert ">" not in text
    assert "&" not in text
    assert text.isascii()


def test_addresses_of_bytes():
    assert data_uri(b"abc") == "data:image/png;base64,YWJj"
