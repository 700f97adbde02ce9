"""The vocabulary of options: every name means what it says it means."""

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import convcli as cv
from convcli.border_names import PAD_NAMES_OF_TOOLS
from convcli.choices import (
    AlphaMode,
    Choice,
    Combine,
    Compress,
    Depth,
    FitMethod,
    Init,
    Loss,
    Method,
    PadMode,
    PoolMode,
    RangeMode,
)
from convcli.errors import UsageError
from convcli.parsing import as_padding, as_pair, parse_padding, parse_pair
from tests.paths import CASES

CHOICES: list[type[Choice]] = [AlphaMode, Combine, Compress, Depth, Method, PadMode, PoolMode, RangeMode]
CHOICES += [FitMethod, Init, Loss]
BORDERS = json.loads((CASES / "borders.json").read_text())


@pytest.mark.parametrize(
    ("tool", "name"),
    [(tool, name) for tool in ("imagemagick", "vips", "gmic") for name in PAD_NAMES_OF_TOOLS[tool]],
)
def test_names_mean_what_the_tool_does(tool: str, name: str) -> None:
    padded = cv.pad2d(np.array([BORDERS["row"]]), ((0, 0), (3, 3)), PadMode.parse(f"{tool}:{name}"))
    assert_array_equal(padded, [BORDERS[tool][name]])


@pytest.mark.parametrize("name", PAD_NAMES_OF_TOOLS["numpy"])
def test_names_of_numpy(name: str) -> None:
    image = np.arange(12.0).reshape(3, 4)
    padded = cv.pad2d(image, 5, PadMode.parse(f"numpy:{name}"))
    assert_array_equal(padded, np.pad(image, 5, mode=name))


@pytest.mark.parametrize("kind", CHOICES)
def test_every_choice_is_read_in_any_case(kind: type[Choice]) -> None:
    for choice in kind:
        assert kind.parse(f" {choice.value.upper()} ") is choice
    for synonym, choice in kind.synonyms().items():
        assert kind.parse(synonym) is choice
        assert synonym not in list(kind)


@pytest.mark.parametrize("kind", CHOICES)
def test_unknown_choices_list_the_known(kind: type[Choice]) -> None:
    with pytest.raises(UsageError) as caught:
        kind.parse("zzzz")
    assert all(choice.value in caught.value.hint for choice in kind)


def test_pairs() -> None:
    assert parse_pair("3", "stride") == (3, 3)
    assert parse_pair(" 2x5 ", "stride") == (2, 5)
    assert as_pair([2, 5], "stride") == (2, 5)
    assert as_pair(np.int64(4), "stride") == (4, 4)
    for bad in ("", "x", "2x", "1x2x3", "1.5", "0", "-1"):
        with pytest.raises(UsageError, match="stride"):
            parse_pair(bad, "stride")
    for wrong in (1.5, "3", (1, 2, 3), True, None, (1, 0), np.array([1, 2])):
        with pytest.raises(UsageError, match="stride"):
            as_pair(wrong, "stride")


def test_paddings() -> None:
    assert parse_padding("2") == ((2, 2), (2, 2))
    assert parse_padding("2x3") == ((2, 2), (3, 3))
    assert parse_padding("1,2,3,4") == ((1, 2), (3, 4))
    assert parse_padding(" Same ") == "same"
    assert as_padding(((1, 2), (3, 4))) == ((1, 2), (3, 4))
    assert as_padding((2, 3)) == ((2, 2), (3, 3))
    for bad in ("sane", "1,2", "-1", "1,2,3,-4", "1,2,3,x"):
        with pytest.raises(UsageError):
            parse_padding(bad)
