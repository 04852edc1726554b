# SPDX-License-Identifier: LGPL-2.1-or-later
"""Synthetic media that can be recognised at the other end.

Each participant gets a colour and a tone. The analysis in probe.py uses the
same tables, so a picture or a tone that arrives on the wrong pad is noticed.
Plain bytes, made once per track: a publisher costs its encoder and no more.
"""

import array
import math
import random

SAMPLE_RATE = 48000

# (U, V) far apart in the chroma plane; the luma moves, the chroma does not.
COLOURS = ((90, 240), (54, 34), (240, 110), (166, 16), (16, 146), (202, 222),
           (128, 128), (40, 90), (200, 60), (90, 180))
LUMA_BACK = 110
LUMA_BAR = 210
FRAMES = 24
BARS = 6  # that would fit side by side


def colour(index):
    """The chroma of the index-th participant."""
    return COLOURS[index % len(COLOURS)]


def tone(index):
    """The tone of the index-th participant in Hz, a multiple of 10.

    The steps keep clear of each other's harmonics.
    """
    return 310 + 170 * index


def is_pulse(now):
    """Whether there is a flash or a beep at that time, in seconds."""
    return (now + 1e-6) % 1 < 0.1


def _row(width, step):
    """A row of the picture in which the bar has gone so many steps."""
    left = width * step // FRAMES
    row = bytearray([LUMA_BACK]) * width
    for x in range(left, left + width // BARS):
        row[x % width] = LUMA_BAR
    return bytes(row)


def _add_noise(plane, amplitude, seed):
    """Up to so much brighter or darker, each point by itself."""
    steps = bytes(value * (2 * amplitude + 1) // 256 for value in range(256))
    noise = random.Random(seed).randbytes(len(plane)).translate(steps)
    return bytes(value + extra - amplitude
                 for value, extra in zip(plane, noise))


def pictures(width, height, chroma, noise=0):
    """I420 pictures of one colour in which a bright bar goes round.

    With noise they take whatever bitrate there is.
    """
    u, v = chroma
    planes = (bytes([u]) * (width * height // 4)
              + bytes([v]) * (width * height // 4))
    result = []
    for step in range(FRAMES):
        luma = _row(width, step) * height
        if noise:
            luma = _add_noise(luma, noise, step)
        result.append(luma + planes)
    return result


def sine(frequency, milliseconds=100):
    """Mono 16-bit samples of a tone, that can be repeated without a click."""
    count = SAMPLE_RATE * milliseconds // 1000
    if frequency * milliseconds % 1000:
        raise ValueError("the tone must fit the block a whole number of times")
    return array.array("h", (
        round(9000 * math.sin(2 * math.pi * frequency * i / SAMPLE_RATE))
        for i in range(count))).tobytes()
