"""The verdict's sentences, and figures in columns and sentences."""

import pytest

from convcli.choices import Language, PadMode
from convcli.commands.compare.figures import aligned, amount, figure
from convcli.commands.compare.verdict import verdict
from convcli.display.language import speaker
from tests.stacks.paddings.comparisons import compared, comparison

ZERO, REFLECT, WRAP = (PadMode(name) for name in ("zero", "reflect", "wrap"))
UNKNOWN = "Which mode is best is not known without --crop or --truth. "
VERDICTS = [
    (
        {"zero": 8.0, "reflect": 1.0, "wrap": 4.0},
        "reflect is best: mean error 1 grey level, 75% less than wrap (4) and 88% less than zero (8).",
    ),
    (
        {"zero": 8.0, "constant": 8.0, "reflect": 1.0},
        "reflect is best: mean error 1 grey level, 88% less than zero and constant (8).",
    ),
    (
        {"zero": 1.0, "constant": 1.0, "wrap": 2.0},
        "zero and constant are equally best: mean error 1 grey level, 50% less than wrap (2).",
    ),
    ({"zero": 1.5, "wrap": 1.5}, "zero and wrap are equally good: mean error 1.5 grey levels."),
    ({"reflect": 1.5}, "reflect: mean error 1.5 grey levels."),
    (
        {"reflect": 1.5, "wrap": 1.501},
        "reflect is best: mean error 1.5 grey levels, under 1% less than wrap (1.5).",
    ),
    (
        {"reflect": 0.01, "wrap": 9.0},
        "reflect is best: mean error 0.01 grey levels, over 99% less than wrap (9).",
    ),
    ({"reflect": 0.0, "wrap": 9.0}, "reflect is best: mean error 0 grey levels, 100% less than wrap (9)."),
    ({"reflect": 0.0, "wrap": 0.0}, "It does not matter which padding: reflect and wrap give the truth."),
    ({"valid": float("nan")}, "No mode makes pixels up: there is nothing to compare."),
]


@pytest.mark.parametrize(("means", "words"), VERDICTS, ids=lambda value: str(value)[:40])
def test_words_of_the_verdict(means: dict[str, float], words: str) -> None:
    modes = [comparison(PadMode(name), mean) for name, mean in means.items()]
    assert verdict(compared(modes, {}), quantum=0.0, unit="grey levels") == words


CHINESE = {
    "reflect is best: mean error 1 grey level, 75% less than wrap (4) and 88% less than zero (8).": (
        "reflect 最好：平均误差 1 个灰度级，比 wrap（4）小 75%，比 zero（8）小 88%。"
    ),
    "zero and constant are equally best: mean error 1 grey level, 50% less than wrap (2).": (
        "zero 和 constant 并列最好：平均误差 1 个灰度级，比 wrap（2）小 50%。"
    ),
    "reflect is best: mean error 1.5 grey levels, under 1% less than wrap (1.5).": (
        "reflect 最好：平均误差 1.5 个灰度级，比 wrap（1.5）只小不到 1%。"
    ),
    "It does not matter which padding: reflect and wrap give the truth.": (
        "用哪种填充都一样：reflect 和 wrap 都得到真值。"
    ),
}


@pytest.mark.parametrize(("means", "words"), [one for one in VERDICTS if one[1] in CHINESE], ids=str)
def test_words_in_chinese(means: dict[str, float], words: str) -> None:
    modes = [comparison(PadMode(name), mean) for name, mean in means.items()]
    say = speaker("convcli.commands.compare", Language.ZH)
    assert verdict(compared(modes, {}), quantum=0.0, unit="grey levels", say=say) == CHINESE[words]


def test_a_verdict_names_what_cannot_be_told_apart() -> None:
    def said(apart: dict[PadMode, float], *, unit: str = "grey levels", measured: bool = True) -> str:
        modes = [comparison(ZERO, 9.0), comparison(REFLECT, 2.0), comparison(WRAP, 4.0)]
        told = verdict(compared(modes, apart, measured=measured), quantum=0.0, unit=unit)
        rest = told.rpartition(". ")[2]
        return rest if "no visible difference" in rest else ""

    # Half a step of 8 bits is 0.5 of 255.
    assert said({REFLECT: 0.0, WRAP: 0.5}) == ""
    assert said({REFLECT: 0.0, WRAP: 0.49}) == (
        "reflect or wrap: no visible difference on average (results 0.49 grey levels apart, 4.9 at most)."
    )
    assert said({REFLECT: 0.0, WRAP: 0.49}, unit="") == (
        "reflect or wrap: no visible difference on average (results 0.49 apart, 4.9 at most)."
    )
    assert said({REFLECT: 0.0, WRAP: 0.2, ZERO: 0.3}) == (
        "reflect, wrap or zero: no visible difference on average (results 0.3 grey levels apart, 3 at most)."
    )
    assert said({REFLECT: 0.0, WRAP: 0.0}) == "reflect or wrap: no visible difference (equal results)."
    assert said({REFLECT: 0.0, WRAP: 0.0}, measured=False) == (
        "reflect or wrap: no visible difference (equal results)."
    )


def test_verdicts_about_half_a_step() -> None:
    def said(reflect: float, wrap: float, *, measured: bool = True) -> str:
        modes = [comparison(REFLECT, reflect), comparison(WRAP, wrap)]
        return verdict(compared(modes, {}, measured=measured), quantum=1.0)

    half = "less than half a step of the picture's depth."
    assert (
        said(0.4, 0.45)
        == f"It does not matter which padding: reflect and wrap give the truth to 0.45, {half}"
    )
    assert said(0.4, 3.0).endswith(f" The errors of reflect are {half}")
    assert "half a step" not in said(0.5, 3.0)
    assert (
        said(0.0, 0.1, measured=False)
        == f"It does not matter which padding: reflect and wrap agree to 0.1, {half}"
    )
    assert said(0.0, 0.0, measured=False) == "It does not matter which padding: reflect and wrap agree."


def test_verdicts_without_truth() -> None:
    def said(**means: float) -> str:
        modes = [comparison(PadMode(name), mean) for name, mean in means.items()]
        return verdict(compared(modes, {}, measured=False), quantum=0.0, unit="grey levels")

    assert said(zero=9.0, reflect=2.0, wrap=2.0, constant=9.0) == UNKNOWN + (
        "zero and constant are farthest from the middle of the modes (9 grey levels on average), reflect and"
        " wrap are nearest (2)."
    )
    assert said(reflect=2.0) == f"{UNKNOWN}reflect is 2 grey levels from the middle of the modes on average."


NAN, INF = float("nan"), float("inf")
COLUMNS = [
    # Three digits of the smallest that is not 0 ...
    ([49.4896, 1.8012, 1.3577, 0.0, NAN], 7, ["49.49", "1.80", "1.36", "0.00", "-"]),
    ([111.0, 50.1, 14.3], 7, ["111.0", "50.1", "14.3"]),
    ([0.05938, 0.00272, 0.00207], 7, ["0.05938", "0.00272", "0.00207"]),
    # ... as far as the largest leaves room for them.
    ([17053.2, 22.21], 6, ["17053", "22"]),
    ([110.89, 0.0347], 6, ["110.89", "0.03"]),
    ([65535.0, 4.0], 7, ["65535.0", "4.0"]),
    ([999_999.4], 6, ["999999"]),
    # Powers of ten.
    ([999_999.6, 3.0], 6, ["1.0e+06", "3.0e+00"]),
    ([9.9e-5, 0.0], 6, ["9.9e-05", "0.0e+00"]),
    ([1e-4], 6, ["0.0001"]),
    ([0.0, 0.0], 6, ["0", "0"]),
    ([12.345, INF], 6, ["12.3", "inf"]),
    ([NAN, NAN], 6, ["-", "-"]),
    ([], 6, []),
]


@pytest.mark.parametrize(("values", "width", "words"), COLUMNS, ids=lambda value: str(value)[:40])
def test_figures_of_a_column_line_up(values: list[float], width: int, words: list[str]) -> None:
    assert aligned(values, width) == words


def test_figures_of_sentences() -> None:
    values = (0.0, 0.00012, 0.05, 0.5, 12.345, 99.97, 1234.5, 234567.0, NAN, INF)
    assert [figure(value) for value in values] == (
        ["0", "0.00012", "0.05", "0.5", "12.3", "100", "1234", "234567", "-", "inf"]
    )
    levels = [amount(value, "grey levels") for value in (2.5, 1.0)]
    assert [*levels, amount(2.5, "")] == ["2.5 grey levels", "1 grey level", "2.5"]
