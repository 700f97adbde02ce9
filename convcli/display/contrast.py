"""Black or white, whichever can be read on a colour."""

from typing import TypeAlias

__all__ = ["Pixel", "readable"]

Pixel: TypeAlias = tuple[int, int, int]

BLACK, WHITE = (0, 0, 0), (255, 255, 255)

# Relative luminance on which black and white have the same contrast, 4.58: (L + 0.05)^2 = 1.05 x 0.05.
EVEN = (1.05 * 0.05) ** 0.5 - 0.05


def readable(ground: Pixel) -> Pixel:
    """Return the ink, black or white, of the greater contrast on `ground`, which is at least 4.58:1.

    After WCAG 2.2, "relative luminance" and "contrast ratio"; its level AA asks for 4.5:1.
    """
    return BLACK if _luminance(ground) > EVEN else WHITE


def _luminance(pixel: Pixel) -> float:
    red, green, blue = map(_linear, pixel)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(sample: int) -> float:
    share = sample / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
