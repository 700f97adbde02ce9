"""Names that strangers choose: nothing in them is a command to the terminal, to a page, or to a parser."""

import html
import json
import os
import pty
import re
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser import OpenPage
from tests.program import PROGRAM, Convcli, process

# Escape, C1's CSI, DEL, return, backspace, a line break, bell, writing direction, zero width, a line
# separator, and a byte that is not UTF-8; what Rich might take for markup or an emoji.
MARKS = "\x1b[31m\x9b2J\x7f\r\b\n\a\u202e\u200b\ufeff\u2028\udcff[red]:smile:"
SAID = r"\x1b[31m\x9b2J\x7f\r\x08\n\x07\u202e\u200b\ufeff\u2028\udcff[red]:smile:"

# Sequences by which Rich sets colours, as ECMA-48 (SGR) has them.
STYLE = re.compile(r"\x1b\[[\d;]*m")


def escaped(text: str, name: str = SAID) -> bool:
    """Whether `text` says the name, and holds nothing but printable characters in lines."""
    text = STYLE.sub("", text)
    unseen = [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert unseen == []
    return name in re.sub(r"\s*\n\s*", "", text)


@pytest.fixture
def named(tmp_path: Path) -> str:
    """A picture of 8 x 8 pixels."""
    name = f"a{MARKS}.png"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(tmp_path / "a.png")
    os.rename(tmp_path / "a.png", tmp_path / name)
    return name


REPORTS = {
    "show": ["show"],
    "show a map": ["show", "-k", "sobel"],
    "show a picture": ["show", "--preview"],
    "explain": ["explain", "-k", "sobel", "--at", "0,0"],
    "compare": ["compare", "-k", "box"],
    "compare with the truth": ["compare", "-k", "box", "--crop", "2"],
    "compare shifts": ["compare", "-k", "box", "--shift", "1,1"],
    "compare bias": ["compare", "-k", "box", "--bias-map", "--samples", "2"],
    "spectrum": ["spectrum", "-k", "box"],
}


@pytest.mark.parametrize("command", REPORTS.values(), ids=REPORTS)
@pytest.mark.parametrize("colour", ["", "1"])
def test_reports_escape_the_names_of_files(
    command: list[str], colour: str, convcli: Convcli, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if colour:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
    ran = convcli(*command, named)
    assert ran.status == 0, ran.err
    escaped(ran.err)
    assert escaped(ran.out.decode())
    assert bool(colour) == (b"\x1b[" in ran.out)


def test_errors_and_notes_escape_the_names_of_files(convcli: Convcli, named: str) -> None:
    Path(named).write_bytes(b"no picture")
    for command in (*REPORTS.values(), ["filter", "-k", "box"], ["pool"], ["learn", named]):
        ran = convcli(*command, named)
        assert ran.status == 1
        assert len(ran.lines) == 1
        assert escaped(ran.err)
    assert escaped(convcli("filter", named, named, "-k", "box").err)


def test_learn_says_and_writes_its_names(convcli: Convcli, named: str) -> None:
    ran = convcli("learn", named, named, "--size", "1x1", "-o", f"{named}.json", "-p", "zero")
    assert ran.status == 0, ran.err
    escaped(ran.err)
    assert r"a\x1b[31m\x9b2J" in ran.err  # as it is called
    assert r"$'a\x1b[31m\xc2\x9b2J" in ran.err  # as a shell reads it, byte by byte
    assert ran.out == os.fsencode(f"{named}.json\n")
    assert json.loads(Path(f"{named}.json").read_bytes())["kernel"]


KERNEL_FILES: dict[str, Any] = {
    "toml": lambda name: f"name = {json.dumps(name)}\nkernel = [[1, 2], [3, 4]]\n",
    "json": lambda name: json.dumps({"name": name, "source": name, "kernel": [[1, 2], [3, 4]]}),
}
# TOML has neither raw controls nor surrogates; JSON's escapes stand for the first.
WRITTEN = "\x1b[31m\x9b2J\x7f\r\b\n\u202e\u200b[red]"
WRITTEN_SAID = r"\x1b[31m\x9b2J\x7f\r\x08\n\u202e\u200b[red]"


@pytest.mark.parametrize("kind", KERNEL_FILES)
def test_names_in_kernel_files_are_escaped(kind: str, convcli: Convcli, named: str) -> None:
    Path(f"k.{kind}").write_text(KERNEL_FILES[kind](WRITTEN), encoding="utf-8")
    Path("plain.png").write_bytes(Path(named).read_bytes())
    for command in (["kernels", "show"], ["compare", "plain.png", "-k"]):
        ran = convcli(*command, f"k.{kind}")
        assert escaped(ran.out.decode(), WRITTEN_SAID), command
    assert json.loads(convcli("kernels", "show", f"k.{kind}", "--json").out)["kernel"] == WRITTEN
    for suffix in ("json", "toml"):
        assert convcli("kernels", "export", f"k.{kind}", "-o", f"again.{suffix}").status == 0
        assert json.loads(convcli("kernels", "show", f"again.{suffix}", "--json").out)["kernel"] == WRITTEN


def test_names_of_kernel_files_are_escaped(convcli: Convcli, named: str) -> None:
    kernel = f"k{MARKS}.txt"
    Path(kernel).write_text("1 2\n3 4\n")
    Path("plain.png").write_bytes(Path(named).read_bytes())
    for command in (["kernels", "show"], ["compare", "plain.png", "-k"], ["spectrum", "plain.png", "-k"]):
        assert escaped(convcli(*command, kernel).out.decode()), command
    for command in (["explain", "plain.png", "--at", "0,0", "-k"], ["show", "plain.png", "-k"]):
        assert escaped(convcli(*command, kernel).out.decode()), command
    for suffix in ("json", "toml", "npz"):
        assert convcli("kernels", "export", kernel, "-o", f"again.{suffix}").status == 0
        assert convcli("kernels", "show", f"again.{suffix}").status == 0


STACK = '[[layer]]\ntype = "conv"\nkernel = "box"\npadding = 1\nstride = 2\nname = {}\n'


def test_names_of_layers_are_escaped(convcli: Convcli, named: str) -> None:
    Path("s.toml").write_text(STACK.format(json.dumps(WRITTEN)), encoding="utf-8")
    ran = convcli("run", "s.toml", named, "--summary", "-o", "out.npy", "-v")
    assert ran.status == 0, ran.err
    assert escaped(ran.err)
    assert r"\x1b[31m\x" in ran.err
    ran = convcli("run", "s.toml", named, "--summary", "--json", "-o", "out.npy")
    assert json.loads(ran.out)["layers"][0]["name"] == WRITTEN
    ran = convcli("run", "s.toml", named, "--save-maps", "maps", "-o", "out.npy")
    assert ran.status == 0, ran.err
    for drawn in Path("maps").iterdir():
        Image.open(drawn).verify()


def test_paths_are_printed_byte_for_byte_into_pipes_and_escaped_on_terminals(
    convcli: Convcli, named: str
) -> None:
    out = f"b{MARKS}.png"
    assert convcli("filter", named, "-k", "box", "-o", out).out == os.fsencode(f"{out}\n")
    assert convcli("pool", named).out == os.fsencode(f"a{MARKS}-max.png\n")
    ours, theirs = pty.openpty()
    ran = subprocess.run([*PROGRAM, "filter", named, "-k", "box", "-o", out], stdout=theirs, timeout=60)
    assert ran.returncode == 0
    assert os.read(ours, 4096) == f"b{SAID}.png\r\n".encode()


def test_json_escapes_as_json_does(convcli: Convcli, named: str) -> None:
    for command in (["show", "--as", "json"], ["filter", "--json", "-k", "box", "-o", "out.png"]):
        out = convcli(*command, named).out.decode()
        assert out.isascii()
        assert out.rstrip("\n").isprintable()
        assert json.loads(out)["input"] == named


def test_files_of_text_and_pictures_hold_any_name(convcli: Convcli, named: str) -> None:
    assert convcli("show", named, "--as", "csv").status == 0
    for command in (["compare", "-k", "box"], ["compare", "-k", "box", "--bias-map", "--samples", "2"]):
        assert convcli(*command, named, "-o", f"drawn{MARKS}.png").status == 0
        with Image.open(f"drawn{MARKS}.png") as drawn:
            assert drawn.size > (400, 200)
    assert convcli("spectrum", named, "-k", "box", "-o", f"drawn{MARKS}.png").status == 0


def test_an_encoding_that_lacks_characters(convcli: Convcli, named: str) -> None:
    del convcli
    Path("é.png").write_bytes(Path(named).read_bytes())
    for command in (["show"], ["explain", "-k", "box", "--at", "0,0"], ["compare", "-k", "box"]):
        ran = process(*command, "é.png", env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert ran.returncode == 0, ran.stderr
        assert rb"\xe9.png" in ran.stdout


@pytest.mark.parametrize("name", ["x" * 10_000, "x " * 5_000, "\x1b" * 10_000, f"{'y' * 60}/" * 150])
def test_long_names_are_shortened_in_the_middle(name: str, convcli: Convcli, named: str) -> None:
    del named
    for command in (
        ["filter", f"{name}.png", "-k", "box"],
        ["filter", "a.png", "-k", f"{name}.toml"],
        ["filter", "a.png", "-k", name],
        ["filter", "a.png", "-k", "box", "-p", name],
        ["filter", "a.png", "-k", "box", "-s", name],
        ["run", f"{name}.toml", "a.png"],
        ["show", "a.png", f"--{name}"],
    ):
        ran = convcli(*command)
        assert ran.status in (1, 2)
        assert len(ran.lines) == 1
        assert len(ran.err) <= 501
        assert "; hint: " in ran.err
        assert "..." in ran.err


PAGES = {"compare": ["compare", "-k", "box"], "explain": ["explain", "-k", "box"]}
ATTACKS = [
    "<script>document.title='attacked'</script>",
    "<img src=x onerror=\"document.title='attacked'\">",
    "</script><script>document.title='attacked'</script>",
    "</title><svg onload=document.title='attacked'>",
    "\"' onmouseover=document.title='attacked' \u2028",
]


@pytest.mark.parametrize("command", PAGES.values(), ids=PAGES)
def test_pages_hold_any_name(command: list[str], convcli: Convcli, named: str) -> None:
    assert convcli(*command, named, "--html", "page.html").status == 0
    text = Path("page.html").read_text(encoding="utf-8")
    assert html.escape(f"a{SAID}.png") in re.search("<title>(.*)</title>", text)[1]
    assert escaped(text, html.escape(f"a{SAID}.png"))


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("command", PAGES.values(), ids=PAGES)
def test_names_in_pages_run_nothing(
    command: list[str], attack: str, convcli: Convcli, named: str, open_page: OpenPage
) -> None:
    kernel = Path(f"{attack}.json")
    kernel.parent.mkdir(parents=True, exist_ok=True)
    kernel.write_text(json.dumps({"name": attack, "kernel": [[1, 2], [3, 4]]}))
    picture = f"{attack}.png"
    os.replace(named, picture)
    assert convcli(command[0], "-k", str(kernel), picture, "--html", "page.html").status == 0
    page = open_page(Path("page.html")).page
    assert page.title() != "attacked"
    shown = page.locator("h1" if command[0] == "compare" else "#lead:not(:empty)").text_content()
    assert attack.rpartition("/")[2].replace("\u2028", r"\u2028") in shown
    assert page.locator("img, svg[onload]").count() == 0


@pytest.mark.parametrize("command", PAGES.values(), ids=PAGES)
def test_the_policy_stops_whatever_is_not_the_pages_own(
    command: list[str], convcli: Convcli, named: str, chromium: Any
) -> None:
    """Even where markup got into the page, it would neither run, nor load, nor style anything."""
    assert convcli(*command, named, "--html", "page.html").status == 0
    text = Path("page.html").read_text()
    assert "unsafe" not in text
    assert "form-action 'none'" in text
    added = (
        "<script>document.title='attacked'</script><img src=x onerror=\"document.title='attacked'\">"
        "<p id=styled style='color:red'>x</p><style>#styled{color:red}</style><base href='https://e.invalid/'>"
        "<iframe src='data:text/html,x'></iframe>"
    )
    Path("page.html").write_text(text.replace("<body>", f"<body>{added}", 1))
    page = chromium.new_context().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(Path("page.html").resolve().as_uri())
    assert page.title() != "attacked"
    assert page.locator("#styled").evaluate("each => getComputedStyle(each).color") != "rgb(255, 0, 0)"
    for directive in ("script-src", "style-src", "img-src", "base-uri", "default-src"):
        assert any(directive in line for line in said), directive
    page.context.close()
