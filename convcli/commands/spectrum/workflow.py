"""What happens after ``convcli spectrum``: read, compare both sides of the theorem, draw."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.atomic_write import write_bytes
from convcli.choices import STDIN, STDOUT, Compress, PadMode
from convcli.commands.spectrum.view import Panel, SpectrumRow, SpectrumSheet, spectrum_picture
from convcli.display.words import printable
from convcli.engine.analysis.convolution_theorem import Theorem, theorem
from convcli.errors import GeometryError, OutputError
from convcli.imaging.formats import Format
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.writing.encode import encode
from convcli.kernels.analysis import character, gain, rank
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.options.specs import ReadSpec, WriteSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, run_each
from convcli.pipeline.naming import OutputPaths
from convcli.pipeline.process import as_gray, make_folder, read_source

__all__ = ["spectrum_files"]

MOST_ROWS = 8
"""Components of a kernel that are drawn."""


def spectrum_files(
    inputs: Sequence[str],
    spec: str,
    reading: ReadSpec,
    writing: WriteSpec,
    *,
    convolve: bool,
    normalize: bool,
) -> Batch:
    """Check the theorem on each input, and draw it.

    A picture is written where `writing` names a file, folder or format, else the terminal is drawn to.

    Raises
    ------
    UsageError, KernelError
        The options, kernels and names do not go together.
    """
    check_inputs(inputs, [spec])
    found = kernel(spec)
    called = found.name if spec == STDIN else spec
    if normalize:
        found = found.normalized()
    for weights in found.components:
        if weights.ndim != 2:
            raise GeometryError(
                f"kernel {found.name!r} sums over {len(weights)} channels, and a spectrum is of one",
                hint="give a kernel of one matrix",
            )
    count = None if reading.recursive else len(inputs)
    draws = (writing.output, writing.out_dir, writing.format) != (None, None, None)
    naming = OutputPaths(writing, count, inputs) if draws else None

    def work(source: Source) -> Outcome:
        image = read_source(source, reading)
        notes = list(image.notes)
        if len(image.frames) > 1:
            notes.append(f"the first of {len(image.frames)} frames is taken; --frame N takes another")
        if image.frames[0].channels > 1:
            notes.append("colours are taken as luma (Rec. 601)")
        pixels = as_gray(image).frames[0].pixels
        proofs = [theorem(pixels, weights, convolve=convolve) for weights in found.components]
        report = _report(source, called, found, pixels, proofs, convolve=convolve)
        rows = _rows(found, pixels, proofs, convolve=convolve)
        title = _title(source, image, called, convolve=convolve)
        lines = _verdict(proofs)
        sheet = SpectrumSheet(title, lines, rows)
        if naming is None:
            return Outcome(input=source.path, shown=sheet, report=report, notes=tuple(notes))
        (target,) = naming.targets(source, (f"{found.stem}-spectrum",), "png")
        drawn = spectrum_picture(title, lines, rows)
        data = _encoded(drawn, target.format, writing.compress)
        if target.path == STDOUT:
            return Outcome(input=source.path, data=data, notes=(*lines, *notes))
        if writing.out_dir is not None:
            make_folder(writing.out_dir)
        write_bytes(target.path, data)
        return Outcome(
            input=source.path,
            outputs=(target.path,),
            report={**report, "output": target.path},
            notes=(*lines, *notes),
        )

    return Batch(run_each(inputs, reading, work), count, naming is not None and naming.to_stdout)


def _title(source: Source, image: Image, called: str, *, convolve: bool) -> str:
    height, width = image.frames[0].size
    how = "convolved" if convolve else "correlated"
    luma = ", luma" if image.frames[0].channels > 1 else ""
    size = f"{height} x {width}{luma}"
    return f"{printable(source.name)} ({size}) {how} with {printable(called)!r}, wrap padding"


def _rows(
    found: Kernel, pixels: NDArray[Any], proofs: Sequence[Theorem], *, convolve: bool
) -> list[SpectrumRow]:
    rows = []
    times = "F(picture) F(kernel)" if convolve else "F(picture) conj F(kernel)"
    components = list(zip(found.components, proofs, strict=True))[:MOST_ROWS]
    for index, (weights, proof) in enumerate(components):
        height, width = weights.shape
        which = f"component {index + 1} of {len(proofs)}: " if len(proofs) > 1 else ""
        spectra = (
            ("picture", proof.picture, "F(picture)"),
            ("kernel", proof.kernel, "F(kernel)"),
            ("product", proof.product, times),
            ("result", proof.result, "F(what the engine gives)"),
        )
        panels = [
            Panel(title, np.fft.fftshift(np.abs(values)), f"|{caption}|, largest {np.abs(values).max():.3g}")
            for title, values, caption in spectra
        ]
        back = np.fft.ifft2(proof.product).real
        places: list[tuple[str, NDArray[Any]]] = [
            ("picture", pixels),
            (f"kernel, {height} x {width}", weights),
            ("product, transformed back", back),
            ("result of the engine", proof.direct),
        ]
        rows.append(SpectrumRow(f"{which}kernel {height} x {width}, {_kind(weights)}", panels, places))
    return rows


def _kind(weights: NDArray[np.float64]) -> str:
    terms = rank(weights)
    separable = f"separable (rank {terms})" if terms <= 1 else f"not separable (rank {terms})"
    return f"{character(weights).value}, {separable}, gain {gain(weights):.6g}"


def _verdict(proofs: Sequence[Theorem]) -> list[str]:
    space, spectral = (
        max(getattr(proof, name) for proof in proofs) for name in ("difference", "spectral_difference")
    )
    lines = [
        f"largest difference: {space:.2g} of the largest result, "
        f"{spectral:.2g} of the largest magnitude of its spectrum"
    ]
    if len(proofs) > MOST_ROWS:
        lines.append(f"the first {MOST_ROWS} of {len(proofs)} components are drawn, all are compared")
    return lines


def _report(
    source: Source,
    called: str,
    found: Kernel,
    pixels: NDArray[Any],
    proofs: Sequence[Theorem],
    *,
    convolve: bool,
) -> dict[str, Any]:
    return {
        "input": source.path,
        "kernel": called,
        "pad": PadMode.WRAP.value,
        "convolve": convolve,
        "size": list(pixels.shape),
        "max_difference": max(proof.difference for proof in proofs),
        "max_difference_of_spectra": max(proof.spectral_difference for proof in proofs),
        "components": [
            {
                "size": list(weights.shape),
                "kind": character(weights).value,
                "rank": rank(weights),
                "separable": rank(weights) <= 1,
                "gain": gain(weights),
                "max_difference": proof.difference,
                "max_difference_of_spectra": proof.spectral_difference,
            }
            for weights, proof in zip(found.components, proofs, strict=True)
        ],
    }


def _encoded(pixels: NDArray[np.uint8], format: Format, compress: Compress) -> bytes:
    if format.numbers:
        raise OutputError(f"a drawing is not written as {format.name.upper()}", hint="name a .png")
    return encode(Image((Frame(pixels),), Space.RGB), format, compress=compress).data
