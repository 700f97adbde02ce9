"""Unknown options and commands, missing values, and the words that people know from other tools."""

import json

import pytest

from convcli.cli.lookup import ABOUT
from tests.paths import SAMPLES
from tests.program import COMMANDS, Convcli

CAMERA = str(SAMPLES / "camera.png")
FILTER = ["filter", CAMERA, "-k", "box"]


def test_a_missing_value_points_to_the_commands_help(convcli: Convcli):
    for words, command, option in (
        (["filter", CAMERA, "-k"], "filter", "-k"),
        ([*FILTER, "--pad"], "filter", "--pad"),
        (["filter", CAMERA, "-k", "-o", "x.png"], "filter", "-o is an option"),
        ([*FILTER, "--out-dir", "--force"], "filter", "--force is an option"),
        (["pool", CAMERA, "--size"], "pool", "--size"),
        (["show", CAMERA, "--region"], "show", "--region"),
        (["kernels", "export", "box", "-o"], "kernels export", "-o"),
        (["learn", CAMERA, CAMERA, "--steps"], "learn", "--steps"),
    ):
        ran = convcli(*words)
        ran.check_refusal(2, option, f"see convcli {command} --help")
        assert "needs a value" in ran.err
    convcli(*FILTER, "--gray=1").check_refusal(2, "option --gray takes no value", "see convcli filter --help")


def test_a_value_may_begin_with_a_dash(convcli: Convcli, tmp_path):
    ran = convcli(
        *FILTER, "--bias", "-3", "--pad-value", "-1.5", "-p", "constant", "-o", "-", "--format", "pgm"
    )
    assert (ran.status, ran.out[:2]) == (0, b"P5")
    assert convcli("filter", CAMERA, "-k", "-1 0 1; -2 0 2; -1 0 1", "-o", "e.png", "-q").status == 0
    assert (tmp_path / "e.png").exists()


def test_a_value_may_follow_an_equals_sign(convcli: Convcli):
    notes = SAMPLES / "notes-3x3.csv"
    typed = convcli("filter", notes, "-k", "-1,0,1", "-o", "-")
    with_sign = convcli("filter", notes, "-k=-1,0,1", "-o=-")
    assert (with_sign.status, with_sign.out) == (0, typed.out)
    assert typed.out.startswith(b"0,2,0")


@pytest.mark.parametrize("command", [name for name in ABOUT if name != "help"])
def test_an_unknown_option_points_to_the_commands_help(convcli: Convcli, command):
    convcli(command, "--qqqq").check_refusal(2, "no such option: --qqqq", f"see convcli {command} --help")
    convcli(command, "-Q").check_refusal(2, "no such option: -Q", f"see convcli {command} --help")


def test_a_missing_argument_points_to_the_commands_help(convcli: Convcli):
    for command in ("filter", "pool", "run", "show", "explain", "spectrum", "compare", "kernels export"):
        convcli(*command.split()).check_refusal(2, "is missing", f"see convcli {command} --help")
    convcli("filter", CAMERA).check_refusal(
        2, "--kernel is missing", "add -k SPEC; see convcli filter --help"
    )


ANSWERS = {
    "--strid": "did you mean --stride?",
    "--kernal": "did you mean --kernel?",
    "--kernel-sizes": "did you mean --kernel?",
    "--mask": "",
    "--border": "here it is --pad;",
    "--boundary": "here it is --pad;",
    "--padding-mode": "here it is --pad;",
    "--filter": "here it is --kernel;",
    "--out": "here it is --output;",
    "--output-dir": "here it is --out-dir;",
    "--threads": "here it is --jobs;",
    "--overwrite": "here it is --force;",
    "--dtype": "here it is --depth;",
    "--colour": "here it is --no-color;",
    "--grayscale": "here it is --gray;",
    "-j": "here it is --jobs;",
    "-kernel": "did you mean --kernel?",
    "-pad": "did you mean --pad?",
    "--sigma": "parameters follow a kernel's name, as in -k gaussian:sigma=2;",
    "--input": "inputs are named without an option;",
}


@pytest.mark.parametrize(("option", "answer"), ANSWERS.items())
def test_words_of_other_tools_are_answered(convcli: Convcli, option, answer):
    ran = convcli(*FILTER, option, "3")
    ran.check_refusal(2, f"no such option: {option}")
    _, _, hint = ran.err.strip().partition("; hint: ")
    assert hint == f"{answer} see convcli filter --help".strip()


def test_answers_are_options_of_that_command(convcli: Convcli):
    assert "--size" not in convcli("spectrum", CAMERA, "--ksize", 3).err
    assert "here it is --size" in convcli("pool", CAMERA, "--ksize", 3).err
    assert "here it is --size" in convcli("pool", CAMERA, "-k", 3).err
    assert "--gray" not in convcli("run", "x.toml", CAMERA, "--grey").err.partition("hint")[2]


@pytest.mark.parametrize(
    ("ours", "theirs"), [("--gray", "--grey"), ("--normalize", "--normalise"), ("--no-color", "--no-colour")]
)
def test_other_spellings_are_taken(convcli: Convcli, tmp_path, ours, theirs):
    for option, name in ((ours, "a.pgm"), (theirs, "b.pgm")):
        ran = convcli("filter", SAMPLES / "coffee.png", "-k", "gaussian", "--gray", option, "-o", name, "-q")
        assert ran.status == 0, ran.err
    assert (tmp_path / "a.pgm").read_bytes() == (tmp_path / "b.pgm").read_bytes()


def test_grey_is_taken_wherever_gray_is(convcli: Convcli):
    """--grey changes what each command makes of a picture in colour, as --gray does."""
    coffee = SAMPLES / "coffee.png"
    calls = {
        "filter": ["filter", coffee, "-k", "box", "--json", "-o", "o.png"],
        "pool": ["pool", coffee, "--json", "-o", "o.png"],
        "show": ["show", coffee, "--json"],
        "explain": ["explain", coffee, "-k", "box", "--at", "3,3", "--json"],
        "compare": ["compare", coffee, "-k", "box", "--crop", "8", "--json"],
        "learn": ["learn", coffee, coffee, "--size", "1", "--json"],
    }
    having = {name for name in ABOUT if any("--gray" in one.opts for one in COMMANDS.commands[name].params)}
    assert {*calls, "translate"} == having
    codes = [convcli("translate", "-k", "box", "--to", "numpy", word).out for word in ("--gray", "--grey")]
    assert codes[0] == codes[1] != convcli("translate", "-k", "box", "--to", "numpy").out
    for call in calls.values():
        plain, ours, theirs = (convcli(*call, *more) for more in ([], ["--gray"], ["--grey"]))
        assert (ours.status, theirs.status) == (0, 0), theirs.err
        found = [
            {key: value for key, value in json.loads(ran.out).items() if key != "seconds"}
            for ran in (plain, ours, theirs)
        ]
        assert found[1] == found[2]
        assert found[0] != found[1] or call[0] == "learn"


COMMANDS_TYPED = {
    "fliter": "did you mean 'filter'? see convcli --help",
    "kernel": "did you mean 'kernels'? see convcli --help",
    "convolve": "did you mean 'filter'? see convcli --help",
    "maxpool": "did you mean 'pool'? see convcli --help",
    "median": "did you mean 'pool'? see convcli --help",
    "fft": "did you mean 'spectrum'? see convcli --help",
    "sobel": "a kernel is an option: convcli filter INPUT -k sobel; see convcli --help",
    "xyzzy": "see convcli --help",
}


@pytest.mark.parametrize(("typed", "hint"), COMMANDS_TYPED.items())
def test_unknown_commands(convcli: Convcli, typed, hint):
    ran = convcli(typed, CAMERA)
    ran.check_refusal(2, f"no such command '{typed}'", hint)
    assert ran.err.strip().endswith(f"; hint: {hint}")
