"""Defaults of the environment: CONVCLI_PAD and the like stand for what the command line leaves out."""

import json
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest

from convcli.cli.lookup import ABOUT
from tests.paths import SAMPLES
from tests.program import COMMANDS, PROGRAM, Convcli, Ran, pixels

NAMES = ("camera.png", "coffee.png", "cat-alpha.png", "notes-3x3.csv")
CAMERA, COFFEE, CAT, NOTES = (SAMPLES / name for name in NAMES)
FILTER = ("filter", CAMERA, "-k", "sobel-x")


def variables(command: str) -> dict[str, str]:
    """The options of a command that have a variable."""
    return {one.opts[-1]: one.envvar for one in COMMANDS.commands[command].params if one.envvar}


def report(ran: Ran) -> dict[str, object]:
    assert ran.status == 0, ran.err
    return {key: value for key, value in json.loads(ran.out).items() if key != "seconds"}


def test_which_options_have_one():
    options = (
        "pad gray linear alpha range depth compress layout max-pixels method jobs quiet verbose no-color"
    )
    names = {f"--{name}": f"CONVCLI_{name.upper().replace('-', '_')}" for name in options.split()}
    found = {name: variables(name) for name in ABOUT if name != "help"}
    assert found["filter"] == names
    # pool has no method, and pads by none of the modes unless it is told to
    assert found["pool"] == {key: names[key] for key in names if key not in ("--pad", "--method")}
    assert "--method" not in found["learn"]
    # those that say sentences of their own have a language
    language = {"--lang": "CONVCLI_LANG"}
    for name, of_command in found.items():
        spoken = language if name in ("compare", "explain", "learn") else {}
        assert spoken.items() <= of_command.items() <= {**names, **spoken}.items()
    for name in (
        "--kernel",
        "--output",
        "--force",
        "--json",
        "--stride",
        "--padding",
        "--bias",
        "--recursive",
    ):
        assert all(name not in of_command for of_command in found.values())


# A value of each variable, the command that shows it, and the same by its option.
SAME = {
    "CONVCLI_PAD": ("wrap", (*FILTER, "-o", "o.png"), ("--pad", "wrap")),
    "CONVCLI_GRAY": ("1", ("filter", COFFEE, "-k", "box", "-o", "o.png"), ("--gray",)),
    "CONVCLI_LINEAR": ("yes", ("filter", COFFEE, "-k", "box", "-o", "o.png"), ("--linear",)),
    "CONVCLI_ALPHA": ("drop", ("filter", CAT, "-k", "box", "-o", "o.png"), ("--alpha", "drop")),
    "CONVCLI_RANGE": ("scale", (*FILTER, "-o", "o.png"), ("--range", "scale")),
    "CONVCLI_DEPTH": ("16", (*FILTER, "-o", "o.png"), ("--depth", "16")),
    "CONVCLI_COMPRESS": ("small", (*FILTER, "-o", "o.png"), ("--compress", "small")),
    "CONVCLI_LAYOUT": ("chw", ("filter", COFFEE, "-k", "box", "-o", "o.npy"), ("--layout", "chw")),
    "CONVCLI_METHOD": ("fft", (*FILTER, "-o", "o.png"), ("--method", "fft")),
}  # fmt: skip


@pytest.mark.parametrize(("variable", "row"), SAME.items(), ids=SAME)
def test_it_is_what_the_option_is(convcli: Convcli, tmp_path, monkeypatch, variable, row):
    value, command, option = row
    output = tmp_path / command[-1]
    plain = report(convcli(*command, "--json")), output.read_bytes()
    asked = report(convcli(*command, "--json", *option)), output.read_bytes()
    monkeypatch.setenv(variable, value)
    assert (report(convcli(*command, "--json")), output.read_bytes()) == asked != plain
    monkeypatch.setenv(variable, "")  # as if it were not set
    assert (report(convcli(*command, "--json")), output.read_bytes()) == plain


def test_the_command_line_is_stronger(convcli: Convcli, monkeypatch):
    monkeypatch.setenv("CONVCLI_PAD", "wrap")
    assert report(convcli(*FILTER, "-p", "zero", "-o", "o.png", "--json"))["pad"] == "zero"


BAD = {
    "CONVCLI_PAD": ("reflct", "CONVCLI_PAD: padding mode 'reflct' is not known", "did you mean 'reflect'?"),
    "CONVCLI_JOBS": ("many", "CONVCLI_JOBS: 'many' is not a whole number", "write digits"),
    "CONVCLI_GRAY": ("perhaps", "CONVCLI_GRAY: 'perhaps' is neither yes nor no", "write 1 or 0"),
    "CONVCLI_DEPTH": ("9", "CONVCLI_DEPTH: depth '9' is not known", "choose from: auto, 8, 16, float"),
    "CONVCLI_QUIET": ("2", "CONVCLI_QUIET: '2' is neither yes nor no", "write 1 or 0"),
    "CONVCLI_MAX_PIXELS": ("lots", "CONVCLI_MAX_PIXELS: 'lots' is not a number of pixels", "64M"),
}


@pytest.mark.parametrize(("variable", "row"), BAD.items(), ids=BAD)
def test_a_bad_value_names_the_variable(convcli: Convcli, monkeypatch, variable, row):
    value, says, hint = row
    monkeypatch.setenv(variable, value)
    convcli(*FILTER).check_refusal(2, says, hint)


@pytest.mark.parametrize(("variable", "value"), [("CONVCLI_JOBS", "0"), ("CONVCLI_MAX_PIXELS", "0")])
def test_one_that_is_too_small_too(convcli: Convcli, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    convcli(*FILTER).check_refusal(2, f"{variable} 0 is too small", "use 1 or more")


def test_flags_are_read_as_people_write_them(convcli: Convcli, monkeypatch):
    for value, channels in {
        "1": 1,
        "TRUE": 1,
        "yes": 1,
        "on": 1,
        "0": 3,
        "false": 3,
        "No": 3,
        "off": 3,
    }.items():
        monkeypatch.setenv("CONVCLI_GRAY", value)
        made = report(convcli("filter", COFFEE, "-k", "box", "-o", "o.png", "--json"))
        assert made["channels"] == channels, value


def test_it_contradicts_others_as_the_option_does(convcli: Convcli, monkeypatch):
    monkeypatch.setenv("CONVCLI_PAD", "valid")  # pads nothing
    advice = "choose another --pad (CONVCLI_PAD is set)"
    convcli(*FILTER, "--padding", "2").check_refusal(2, "--pad valid pads nothing", advice)
    typed = convcli(*FILTER, "--padding", "2", "-p", "valid")
    typed.check_refusal(2, "--pad valid pads nothing", "choose another --pad")
    assert "CONVCLI_PAD" not in typed.err
    monkeypatch.setenv("CONVCLI_DEPTH", "16")
    ran = convcli(*FILTER, "-o", "o.jpg")
    ran.check_refusal(1, ".jpg cannot hold 16-bit samples", "another --depth")
    assert ran.err.endswith(" (CONVCLI_DEPTH is set)\n")
    assert convcli(*FILTER, "-o", "o.jpg", "--depth", "auto", "-q").status == 0


def test_padding_by_default_needs_no_kernel(convcli: Convcli, monkeypatch):
    convcli("show", NOTES, "--pad", "wrap").check_refusal(2, "--pad has no effect without a kernel")
    monkeypatch.setenv("CONVCLI_PAD", "wrap")
    assert convcli("show", NOTES).out == convcli("show", NOTES, "--pad", "reflect").out != b""
    assert convcli("pool", CAMERA, "-o", "o.png").status == 0


def test_quiet_and_verbose(convcli: Convcli, monkeypatch):
    assert "were cut" in convcli(*FILTER, "-o", "o.png").err
    monkeypatch.setenv("CONVCLI_QUIET", "1")
    assert convcli(*FILTER, "-o", "o.png").err == ""
    assert "separable" in convcli(*FILTER, "-o", "o.png", "-v").err
    monkeypatch.delenv("CONVCLI_QUIET")
    monkeypatch.setenv("CONVCLI_VERBOSE", "1")
    assert "separable" in convcli(*FILTER, "-o", "o.png").err
    assert convcli(*FILTER, "-o", "o.png", "-q").err == ""


def test_limits_and_threads(convcli: Convcli, monkeypatch):
    monkeypatch.setenv("CONVCLI_MAX_PIXELS", "1k")
    convcli(*FILTER).check_refusal(1, "more than the limit of 1024")
    monkeypatch.setenv("CONVCLI_MAX_PIXELS", "1M")
    monkeypatch.setenv("CONVCLI_JOBS", "1")
    assert convcli(*FILTER, "-o", "o.png", "-q").status == 0


def test_colours(convcli: Convcli, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")  # as in other tests: Rich keeps what it has made of a style
    coloured = "\x1b[38;"
    for settings, options, expected in (
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, (), True),
        ({"FORCE_COLOR": "1", "CONVCLI_NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": ""}, (), False),
        ({"TTY_COMPATIBLE": "1"}, (), True),
    ):
        with monkeypatch.context() as changed:
            for name, value in settings.items():
                changed.setenv(name, value)
            drawn = convcli("kernels", "show", "sobel", *options).out.decode()
            assert (coloured in drawn) is expected, settings
            plain = convcli("kernels", "show", "sobel", "--no-color").out.decode()
            assert "\x1b" not in plain, settings


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_columns(convcli: Convcli, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    np.save("wide.npy", np.arange(4000.0).reshape(20, 200))
    for command in (("show", "wide.npy"), ("formats",), ("kernels", "show", "gaussian:sigma=9")):
        longest = max(map(len, convcli(*command).out.decode().splitlines()))
        assert columns - 30 < longest <= columns or command != ("show", "wide.npy")
        assert longest <= columns


def test_a_process_reads_them_too(tmp_path):
    PIL.Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(tmp_path / "in.png")
    command = [*PROGRAM, "filter", "in.png", "-k", "0 1 0", "-o"]
    environment = {"CONVCLI_PAD": "valid", "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([*command, "small.png"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    subprocess.run([*command, "same.png"], cwd=tmp_path, env={"PYTHONPATH": ":".join(sys.path)}, check=True,
                   capture_output=True)  # fmt: skip
    assert pixels(tmp_path / "small.png").shape == (8, 6)
    assert pixels(tmp_path / "same.png").shape == (8, 8)
