"""AVSBench's decoder as its paper and code read, frame by frame and pixel by pixel; numpy and loops.

A map is an array (rows, columns, channels).
"""

import numpy as np
from plain_copl import softmax


def affine(own, name, x):
    made = x @ own[f"{name}.weight"].T
    return made + own[f"{name}.bias"] if f"{name}.bias" in own else made


def convolution(own, name, image, dilation=1):
    """3 x 3 or 1 x 1, zeros around."""
    weight, bias = own[f"{name}.weight"], own[f"{name}.bias"]
    rows, columns, _ = image.shape
    middle = weight.shape[-1] // 2
    out = np.zeros((rows, columns, len(weight)))
    for y in range(rows):
        for x in range(columns):
            out[y, x] = bias
            for i in range(weight.shape[2]):
                for j in range(weight.shape[3]):
                    v, u = y + (i - middle) * dilation, x + (j - middle) * dilation
                    if 0 <= v < rows and 0 <= u < columns:
                        out[y, x] += weight[:, :, i, j] @ image[v, u]
    return out


def cubic(distance):
    """Keys' kernel with a = -0.75."""
    d, a = abs(distance), -0.75
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


def triangle(distance):
    return max(0.0, 1 - abs(distance))


def resized(image, side, kernel, reach, corners=False):
    """Every new place reads the old ones within reach of where it lies; beyond the edge is the edge."""

    def one_way(lines):
        old = len(lines)
        out = []
        for place in range(side):
            where = place * (old - 1) / (side - 1) if corners else (place + 0.5) * old / side - 0.5
            where = where if kernel is cubic else min(max(where, 0), old - 1)
            first = int(np.floor(where)) - reach + 1
            taps = [(kernel(where - at), min(max(at, 0), old - 1)) for at in range(first, first + 2 * reach)]
            out.append(sum(weight * lines[at] for weight, at in taps))
        return np.array(out)

    return one_way(one_way(image).transpose(1, 0, 2)).transpose(1, 0, 2)


def layer_norm(own, name, row):
    return (row - row.mean()) / np.sqrt(row.var() + 1e-5) * own[f"{name}.weight"] + own[f"{name}.bias"]


def tpavi(own, name, clips, sounds, learns):
    """Levels (B, T, s, s, C) and sounds (B, T, A): all pairs of places of a clip, as the published code multiplies them."""
    mixed, aligned = [], []
    for images, heard in zip(clips, sounds, strict=True):
        segments, rows, columns, _ = images.shape
        aligned.append(affine(own, f"{name}.align", heard))
        places = images.reshape(segments * rows * columns, -1)
        repeated = np.repeat(aligned[-1], rows * columns, axis=0)
        theta, phi = affine(own, f"{name}.theta", places), affine(own, f"{name}.phi", repeated)
        similar = theta @ phi.T / len(places)
        mixed.append(affine(own, f"{name}.back", similar @ affine(own, f"{name}.g", places)))
    every = np.concatenate(mixed)
    mean, var = every.mean(0), every.var(0)
    if not learns:
        mean, var = own[f"{name}.norm.running_mean"], own[f"{name}.norm.running_var"]
    out = []
    for images, mix in zip(clips, mixed, strict=True):
        normed = (mix - mean) / np.sqrt(var + 1e-5) * own[f"{name}.norm.weight"] + own[f"{name}.norm.bias"]
        added = images + normed.reshape(images.shape)
        flat = np.array([layer_norm(own, f"{name}.after", row) for row in added.reshape(-1, added.shape[-1])])
        out.append(flat.reshape(images.shape))
    return np.array(out), np.array(aligned)


def residual(own, name, image):
    rectified = np.maximum(image, 0)
    return rectified + convolution(own, f"{name}.second", np.maximum(convolution(own, f"{name}.first", rectified), 0))


def plain_masks(own, head, maps, grids, audio, learns):
    """Logits (B, T, S, S), the maps of all levels behind TPAVI, and the sounds there.

    Args:
        own: numbers of the head by name.
        head: its options.
        maps: of every level tokens (B, T, L, C).
        grids: of every level (rows, columns).
        audio: tokens (B, T, L, C).
        learns: whether BatchNorm takes the batch's mean and variance.
    """
    levels, aligned = [], {}
    for level, (tokens, grid) in enumerate(zip(maps, grids, strict=True)):
        side, clips = head.size // 4 // 2**level, []
        for clip in tokens:
            frames = []
            for frame in clip:
                image = affine(own, f"levels.{level}.narrow", frame).reshape(*grid, -1)
                image = resized(image, side, cubic, 2)
                frames.append(
                    sum(
                        convolution(own, f"levels.{level}.dilated.{n}", image, spread)
                        for n, spread in enumerate(head.dilations)
                    )
                )
            clips.append(frames)
        levels.append(np.array(clips))
    for level in head.tpavi:
        pooled = audio.mean(2) * (head.audio == "used")
        sounds = affine(own, "hears", pooled)
        levels[level], aligned[level] = tpavi(own, f"tpavi.{level}", levels[level], sounds, learns)
    logits = []
    for clip in range(len(audio)):
        seconds = []
        for second in range(audio.shape[1]):
            joined = None
            for level in (3, 2, 1, 0):
                image = levels[level][clip][second]
                image = image if joined is None else joined + residual(own, f"joining.{level}.own", image)
                image = residual(own, f"joining.{level}.both", image)
                joined = (
                    resized(image, 2 * len(image), triangle, 1, corners=True)
                    if len(image) > 1
                    else image.repeat(2, 0).repeat(2, 1)
                )
            image = resized(convolution(own, "answer.first", joined), head.size, triangle, 1)
            image = np.maximum(convolution(own, "answer.second", image), 0)
            seconds.append(convolution(own, "answer.last", image)[..., 0])
        logits.append(seconds)
    return np.array(logits), levels, aligned


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def plain_losses(head, logits, masks, levels, aligned):
    """Binary cross entropy of the masks in use, and the masked audio-visual loss, pixel by pixel and frame by frame."""
    losses, divergence = [], []
    for clip, frames in enumerate(masks):
        for second, mask in enumerate(frames):
            if head.frames == "first" and second:
                continue
            for logit, pixel in zip(logits[clip][second].ravel(), mask.ravel(), strict=True):
                if pixel != 255:
                    losses.append(np.logaddexp(0, -logit if pixel else logit))
    for level in head.masked_av_levels if head.masked_av else ():
        for clip, frames in enumerate(levels[level]):
            for second, image in enumerate(frames):
                side = len(image)
                block = head.size // side
                under = np.zeros(image.shape[-1])
                for y in range(side):
                    for x in range(side):
                        cell = logits[clip][second][y * block : (y + 1) * block, x * block : (x + 1) * block]
                        under += sigmoid(cell.mean()) * image[y, x] / side**2
                heard = aligned[level][clip][second]
                seen = softmax(under / np.linalg.norm(under))
                heard = softmax(heard / np.linalg.norm(heard))
                divergence.append(sum(heard * (np.log(heard) - np.log(seen))))
    levels_used = len(head.masked_av_levels) if head.masked_av else 1
    return sum(losses) / max(len(losses), 1), sum(divergence) / levels_used
