"""The options behind a map, in words."""

import pytest

from convcli.choices import AlphaMode, Combine, PadMode, PoolMode
from convcli.options.setting_words import setting_words
from convcli.options.specs import FilterSpec, PoolSpec


@pytest.mark.parametrize(
    ("spec", "padded", "words"),
    [
        (FilterSpec(), True, "pad reflect"),
        (FilterSpec(), False, ""),
        (FilterSpec(pad=PadMode.CONSTANT, pad_value=7.0), True, "pad constant 7"),
        (FilterSpec(padding=((1, 1), (1, 1)), stride=(2, 1)), True, "pad reflect, padding 1, stride 2x1"),
        (FilterSpec(padding=((1, 2), (3, 4)), dilation=(2, 2)), True,
         "pad reflect, padding 1,2,3,4, dilation 2"),
        (FilterSpec(gray=True, linear=True, convolve=True, normalize=True, bias=0.5), False,
         "gray, linear light, convolved, normalized, bias 0.5"),
        (FilterSpec(chain=True), False, "chained"),
        (FilterSpec(combine=Combine.MAX, alpha=AlphaMode.FILTER), False,
         "combined by max, weighted by alpha"),
        (PoolSpec(), False, ""),
        (PoolSpec(padding="same", stride=(1, 1), ceil=True), True,
         "pad neutral, padding same, stride 1, sizes rounded up"),
        (PoolSpec(mode=PoolMode.AVG, padding=((1, 1), (0, 0)), count_include_pad=False), True,
         "pad neutral, padding 1x0, padding not counted"),
    ],
)  # fmt: skip
def test_what_is_not_as_usual_is_said(spec: FilterSpec | PoolSpec, padded: bool, words: str) -> None:
    assert ", ".join(setting_words(spec, padded=padded)) == words
