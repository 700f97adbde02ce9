"""Comparisons with known errors, made by hand: nothing here is computed by the product."""

import numpy as np

from convcli.choices import PadMode
from convcli.commands.compare.study import Study, Told, Units
from convcli.stacks.paddings.border_band import Band, Comparison
from convcli.stacks.paddings.compare_stack import Apart, Compared

SIDES = ("top", "bottom", "left", "right")
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")


def distances(height, width):
    rows, columns = np.mgrid[:height, :width]
    return np.minimum(np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns))


def case(mode, error):
    """A mode whose error is given; figures are what a reader would work out of it."""
    flat = np.abs(error) if error.ndim == 2 else np.abs(error).mean(2)
    far = distances(*flat.shape)
    by = [float(flat[far == d].mean()) for d in range(min(8, far.max() + 1))]
    band = flat[far < 2]
    return Comparison(
        pad=PadMode(mode),
        truth=np.zeros(error.shape),
        error=error,
        mae=float(band.mean()),
        max=float(band.max()),
        rmse=float(np.sqrt((band * band).mean())),
        psnr=np.inf if not band.any() else 31.5,
        ssim=0.9,
        depth=2,
        by_distance=np.array(by),
        sides={side: 1.0 + index for index, side in enumerate(SIDES)},
        corners={corner: 4.0 - index for index, corner in enumerate(CORNERS)},
    )


def study(shape=(20, 26), channels=None, **changes):
    """Zero errs by -16 at the border and -4 beside it, reflect by 1 and 0.5, valid has no pixels there."""
    far = distances(*shape)
    height, width = shape
    truth = np.linspace(20, 200, height * width).reshape(shape)
    errors = {
        "zero": np.choose(np.minimum(far, 2), [-16.0, -4.0, 0.0]),
        "reflect": np.choose(np.minimum(far, 2), [1.0, 0.5, 0.0]),
        "valid": np.where(far < 2, np.nan, 0.0),
    }
    if channels is not None:
        factors = np.array([1.0, -0.5, 0.25, 0.1])[:channels]
        truth = truth[..., None] * np.abs(factors)
        errors = {mode: error[..., None] * factors for mode, error in errors.items()}
    compared = {
        "modes": [case(mode, error) for mode, error in errors.items()],
        "band": Band(2, 2, 2, 2),
        "truth": truth,
        "measured": True,
        "peak": 255.0,
        "apart": {"zero": Apart(9.4, 17.0), "reflect": Apart(0.0, 0.0), "valid": Apart(np.nan, np.nan)},
    }
    told = {
        "title": "photo.png, gaussian:sigma=1",
        "facts": ["30 x 36 pixels, cut by 5 on each side", "the band is 2 deep"],
        "verdict": "reflect is best: 0.75 on average, 93% less than zero",
        "stage": "",
    }
    units = changes.pop("units", Units("grey levels", "in grey levels", "white"))
    words = Told(**{name: changes.pop(name, words) for name, words in told.items()})
    return Study(lambda _: words, Compared(**compared | changes), units)
