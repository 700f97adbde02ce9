"""Train the network of ``sample_images/stacks/small.toml``: remove noise from grey pictures.

    python docs/train_small_network.py sample_images/stacks/small.npz

Everything is made here, with NumPy alone and from one seed: no photograph, no data set and no other network
is involved. Clean pictures are drawn (leaves of random size, shade, texture and blur over one another, and
fine lines); noise of standard deviation 25/255 is added; the network sees noisy patches and learns the noise.
Gradients are written out by hand, steps are Adam's. Some minutes on two cores.

A stack has no short cuts, so that the noise is subtracted by one channel more in each layer, which hands the
picture on: its window is 1 in the middle, and 1 is added first and taken away last, so that no relu cuts it.

References
----------
Zhang, Zuo, Chen, Meng and Zhang, Beyond a Gaussian denoiser, 2017 (learning the noise); Lee, Mumford and
Huang, Occlusion models for natural images, 2001 (dead leaves); Kingma and Ba, Adam, 2015.
"""

import sys
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

SEED = 7
SIDE = 40
BATCH = 16
STEPS = 5000
NOISE = 25 / 255
CHANNELS = (1, 12, 12, 12, 1)
RATE = 2e-3


def leaves(rng: np.random.Generator, side: int) -> np.ndarray:
    """Draw a clean picture of values 0 to 1: leaves that hide one another, some with texture."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    picture = np.full((side, side), rng.random(), np.float32)
    for _ in range(rng.integers(3, 25)):
        cy, cx = rng.uniform(-5, side + 5, 2)
        angle = rng.uniform(0, np.pi)
        across = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        along = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
        radius = 2.5 / rng.uniform(0.08, 1) ** 1.5
        kind = rng.integers(4)
        if kind == 0:
            distance = np.hypot(across, along * rng.uniform(0.4, 1)) - radius
        elif kind == 1:
            distance = np.maximum(np.abs(across) - radius, np.abs(along) - radius * rng.uniform(0.3, 3))
        elif kind == 2:
            distance = across
        else:
            distance = np.abs(across) - rng.uniform(0.5, 1.5)
        inside = np.clip(0.5 - distance / rng.uniform(0.6, 2.5), 0, 1)
        shade = rng.random() + rng.normal(0, 0.006) * along
        if rng.random() < 0.25:
            shade = shade + rng.uniform(0.02, 0.15) * np.sin(across * rng.uniform(0.3, 2))
        picture += inside * (shade - picture)
    return np.clip(picture, 0, 1)


def windows(x: np.ndarray) -> np.ndarray:
    """Return N x H x W x 9C: the 3 x 3 windows of N x H x W x C with zeros beyond the edge."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return sliding_window_view(padded, (3, 3), (1, 2)).reshape(*x.shape[:3], -1)


def forward(x: np.ndarray, layers: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Return the windows that each layer sees, and what the last gives."""
    seen = []
    for number, (weight, bias) in enumerate(layers):
        seen.append(windows(x))
        x = seen[-1] @ weight + bias
        if number + 1 < len(layers):
            x = np.maximum(x, 0)
    return [*seen, x]


def gradients(
    seen: list[np.ndarray], layers: list[list[np.ndarray]], back: np.ndarray
) -> list[list[np.ndarray]]:
    """Return the derivatives of the loss by weights and biases, `back` being that by the result."""
    found = []
    for number in reversed(range(len(layers))):
        weight = layers[number][0]
        flat, slope = seen[number].reshape(-1, weight.shape[0]), back.reshape(-1, weight.shape[1])
        found.append([flat.T @ slope, slope.sum(0)])
        if number:
            channels = weight.shape[0] // 9
            turned = weight.reshape(channels, 3, 3, -1)[:, ::-1, ::-1].transpose(3, 1, 2, 0)
            back = windows(back) @ turned.reshape(-1, channels)
            middle = seen[number].reshape(*back.shape[:3], channels, 9)[..., 4]
            back = back * (middle > 0)
    return found[::-1]


def main(path: str) -> None:
    """Train, and write the weights as O x C x 3 x 3."""
    rng = np.random.default_rng(SEED)
    layers = [
        [rng.normal(0, np.sqrt(2 / (9 * a)), (9 * a, b)).astype(np.float32), np.zeros(b, np.float32)]
        for a, b in pairwise(CHANNELS)
    ]
    layers[-1][0] *= 0.1
    moments = [[(np.zeros_like(p), np.zeros_like(p)) for p in layer] for layer in layers]
    pool = np.stack([leaves(rng, SIDE) for _ in range(2000)])
    recent = []
    for step in range(1, STEPS + 1):
        clean = pool[rng.integers(len(pool), size=BATCH)]
        noise = rng.normal(0, NOISE, clean.shape).astype(np.float32)
        *seen, guess = forward((clean + noise)[..., None], layers)
        error = guess - noise[..., None]
        recent.append(float((error**2).mean()))
        slopes = gradients(seen, layers, 2 * error / error.size)
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        for layer, slope, moment in zip(layers, slopes, moments, strict=True):
            for index, (value, change) in enumerate(zip(layer, slope, strict=True)):
                first, second = moment[index]
                first += 0.1 * (change - first)
                second += 0.001 * (change**2 - second)
                unbiased = np.sqrt(second / (1 - 0.999**step)) + 1e-8
                value -= np.float32(rate) * (first / (1 - 0.9**step) / unbiased).astype(np.float32)
        if step % 500 == 0:
            print(f"step {step}: PSNR {-10 * np.log10(np.mean(recent)):.2f} dB", flush=True)
            recent.clear()
    np.savez_compressed(path, **subtracting(layers))


def subtracting(layers: list[list[np.ndarray]]) -> dict[str, np.ndarray]:
    """Return O x C x 3 x 3 weights and biases of a stack that gives its input minus what `layers` give."""
    arrays = {}
    for number, (weight, bias) in enumerate(layers, 1):
        learned = weight.reshape(weight.shape[0] // 9, 3, 3, -1).transpose(3, 0, 1, 2)
        outputs, inputs = learned.shape[:2]
        first, last = number == 1, number == len(layers)
        whole = np.zeros((outputs + (not last), inputs + (not first), 3, 3), np.float32)
        whole[:outputs, :inputs] = -learned if last else learned
        whole[-1, -1, 1, 1] += 1
        arrays[f"conv{number}.weight"] = whole
        arrays[f"conv{number}.bias"] = -bias - 1 if last else np.append(bias, np.float32(first))
    return arrays


if __name__ == "__main__":
    main(sys.argv[1])
