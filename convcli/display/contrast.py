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
    shares = [sample / 255 for sample in ground]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return BLACK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > EVEN else WHITE
