"""What all pages share: one file, no requests, data that cannot break out of it."""

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from convcli.choices import Language
from convcli.display.pages.page import _embedded, page


@pytest.mark.parametrize(("command", "pages"), [("compare", {"compare"}), ("explain", {"explain", "stack"})])
def test_every_page_is_whole(command, pages):
    names = {path.name for path in (files(f"convcli.commands.{command}") / "assets").iterdir()}
    assert {f"{page}.{kind}" for page in pages for kind in ("html", "css", "js")} <= names
    assert {name.partition(".")[0].partition("-")[0] for name in names} == pages


def test_data_stays_data():
    text = _embedded({"name": "</script><b>&'\"é\u2028\udcff"})
    assert "<" not in text
    assert ">" not in text
    assert "&" not in text
    assert text.isascii()


TITLES = {
    "compare": ("{title}: paddings compared", ": paddings compared", "：填充方式比较"),
    "explain": ("{name}: a convolution, pixel by pixel", ": a convolution, pixel by pixel", "：逐像素看卷积"),
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("command", ["compare", "explain"])
def test_the_policy_names_the_pages_own_parts(command, language):
    title, english, chinese = TITLES[command]
    fields = dict.fromkeys(("title", "name"), "<b>\x1b\udcff")
    text = page(
        f"convcli.commands.{command}", command, lambda say: say(title, **fields), fields, language=language
    )
    assert f'<html lang="{"zh-Hans" if language is Language.ZH else "en"}">' in text
    said = chinese if language is Language.ZH else english
    assert f"<title>&lt;b&gt;\\x1b\\udcff{said}</title>" in text
    (policy,) = re.findall('<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    hashes = {
        tag: f"'sha256-{base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()}'"
        for tag, inner in re.findall(r"<(script|style)>(.*?)</\1>", text, re.DOTALL)
    }
    assert directives == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "img-src": "data:",
        "style-src": hashes["style"],
        "script-src": hashes["script"],
    }
