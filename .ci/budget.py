"""Fail when the product grows past its budget of lines, or one module past its own.

Raise a number only with a reason in the commit that does it.
"""

import sys
from pathlib import Path

# Lines of the product: 26,100 for the folder-per-command layout; 5,700 for files read and written truly:
# pages, depths and tags of TIFF 1,400; animations and metadata of PNG, JPEG, WebP, GIF and BMP 1,300; FITS,
# JPEG 2000, SGI, PNM and number files 900; what is promised, refused and kept quiet 600; limits 500; endings
# 500; transparency, transfer curves and exact sums 500. And 3,600 for the first minute: kernels by the words
# and in the notations of other tools, their list and sheet 650; help pages, examples and the manual 600;
# maps, previews and tables that fit, and colours that are read 600; batches: one bar, notes said once,
# patterns, folders 500; sheets 350; learn's sizes and advice 300; environment, pager, suggestions, quality,
# cut pixels 400; fonts 200. And 6,050 for many files, huge pictures and many machines: TIFF in bands of rows,
# with tiles, pyramids and every padding mode 1,850; Zarr v2 and v3, OME-Zarr, in memory, in bands and by URL
# 1,250; files over processes, the order of outcomes, signals and a full disk 600; the manifest, --resume and
# --dry-run 650; a cluster, with workers that die, differ or come late 550; URLs 550; sources, options and the
# commands' own part 600. And 5,350 for the whole lesson: pooling and many channels explained in the terminal
# 1,250; animations as files and in the terminal 900; signals of one axis, their curves and the kernel moved
# under them 900; the layers of a stack explained, as a table and a page 750; paddings side by side, claims
# in sentences and bars 550; English and Chinese 550; numbers, channels, components and pooling on the page
# 450. And 4,450 for code of other tools: the scripts of NumPy, SciPy, OpenCV, scikit-image and Pillow and
# what all scripts of Python share 1,150; PyTorch, with stacks as networks, 550; ImageMagick, libvips, G'MIC
# and MATLAB 850; the calls of six libraries and two programs read back 1,550; options, operations and
# conventions 350.
PRODUCT = 51250
# Lines of one module.
MODULE = 325

KINDS = {".py", ".js", ".css", ".html"}

files = [path for path in Path("convcli").rglob("*") if path.suffix in KINDS]
sizes = {path: len(path.read_text().splitlines()) for path in files}
total = sum(sizes.values())
long = [f"{path}: {lines} lines, at most {MODULE}" for path, lines in sizes.items() if lines > MODULE]
if total > PRODUCT:
    long.append(f"convcli: {total} lines, at most {PRODUCT}")
print(f"{total} product lines in {len(sizes)} modules")
sys.exit("\n".join(long) or 0)
