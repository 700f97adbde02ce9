"""What is translated for command-line tools and MATLAB, and the two small pictures that it is done to."""

import re

import numpy as np

# Options of `translate`, which are those of `filter` and `pool`; --pool MODE is the mode of `pool`.
FILTERS = (
    "-k 'K3' -p zero",
    "-k 'K3' -p constant --pad-value 77",
    "-k 'K3' -p reflect",
    "-k 'K3' -p replicate",
    "-k 'K3' -p wrap",
    "-k 'K3' -p symmetric",
    "-k 'K3' -p valid",
    "-k 'K2' -p zero",
    "-k 'K2' -p constant --pad-value 200 --convolve",
    "-k 'K2' -p reflect",
    "-k 'K2' -p replicate",
    "-k 'K2' -p wrap --convolve",
    "-k 'K2' -p symmetric",
    "-k 'K43' -p replicate --convolve",
    "-k 'K43' -p reflect --padding 3,2,0,4",
    "-k 'K43' -p wrap --padding 2,1,0,3 --convolve",
    "-k 'K43' -p symmetric --padding full",
    "-k 'K3' -p replicate -s 2x3",
    "-k 'K2' -p zero -d 2x3 -s 2",
    "-k 'K3' -p symmetric -d 2 --convolve",
    "-k 'K3' -p valid -s 3 --bias -12.5",
    "-k emboss -p replicate --convolve",
    "-k scharr -p reflect --convolve",
    "-k gaussian:sigma=0.8 -p symmetric",
    "-k gaussian:sigma=0.8",
    "-k sobel -p symmetric",
    "-k sobel --gray",
    "-k roberts -p replicate --convolve",
    "-k robinson -p wrap --range abs",
    "-k sobel-x --range abs -p wrap",
    "-k sobel-y --range center -p symmetric",
    "-k sobel-x --range scale -p zero",
    "-k sobel --range scale -p replicate",
    "-k box --range scale -s 2",
    "-k '.001 .002' --range unit -p symmetric",
    "-k '1 0; 0 -1' -k '0 1; 1 0' --combine sum --gray -p replicate --convolve --bias -100",
    "-k sobel-x -k sobel-y --combine max -p symmetric --bias 5",
    "-k box -k sharpen --chain -p replicate",
    "-k box -k gaussian:sigma=0.7 --chain -p wrap",
    "-k sobel-x --combine max -p symmetric",
    "-k sharpen -k box:size=2 --chain -p wrap",
    "-k 'K2' -k gaussian:sigma=0.5 --normalize --chain -p symmetric --convolve",
)
POOLS = (
    "--pool max",
    "--pool min --size 3 --stride 2 --padding 1",
    "--pool avg --size 2x3 --stride 1 --padding 1,0,0,1",
    "--pool max --size 2x3 --stride 1 --padding same -p reflect",
    "--pool min --size 2 --dilation 2x3 --stride 1",
    "--pool avg --size 3 --padding 1 --no-count-include-pad",
    "--pool avg --global",
    "--pool median --size 3 --stride 2 -p symmetric --padding 1",
    "--pool median --size 2x3 --stride 1x2",
    "--pool median --size 3 --padding 1",
    "--pool median --size 5 --stride 1 --padding 2 -p symmetric",
    "--pool lp --norm 3 --size 2",
)
_KERNELS = {
    "K3": "1/8 -1/4 3/8; 0 1/2 5/8; -3/4 7/8 -1",
    "K2": "1 2; 3 -5.3",
    "K43": ".1 .2 -.1; .3 .1 -.4; 0 .7 .2; -.1 .3 .5",
}
OPTIONS = tuple(
    re.sub("K[0-9]+", lambda found: _KERNELS[found[0]], options) for options in (*FILTERS, *POOLS)
)
# Those which are run wherever the tools are installed; each takes a process or many.
LIVE = (15, 25)


def picture(place):
    """Return the picture for the options at `place`: grey for even ones, else coloured; 8 bits."""
    row, column, channel = np.ogrid[:6, :7, : 1 + 2 * (place % 2)]
    values = (row * row * 37 + column * column * 91 + row * column * 53 + channel * 67 + 11) % 256
    return values.astype(np.uint8).squeeze()
