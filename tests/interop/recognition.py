# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tells by what is seen and heard whose picture or tone it is.

Runs where media are received, beside the SDK. The recordings have probe.py.
"""

import media
import probe

TOLERANCE = 14  # of 256, for what encoders do to a colour
BLOCK = probe.RATE // 10  # samples in which each tone fits whole times
SHARE = 0.8  # of the power, that a tone must have
BANDS = 15  # that each must show the bar alone
CONTRAST = 25  # how far from its brightness a part of a picture may be


def mean(plane):
    some = bytes(plane)[::7]
    return sum(some) / len(some)


def picture_of(chroma):
    """The index of who has a colour like this (U, V), or None."""
    for index, colour in enumerate(media.COLOURS):
        if all(abs(a - b) <= TOLERANCE for a, b in zip(chroma, colour)):
            return index
    return None


def tone_of(samples):
    """The index of whose tone these samples are, or None."""
    for index in range(len(media.COLOURS)):
        if probe.share_of_tone(samples, media.tone(index)) > SHARE:
            return index
    return None


def _brightness(luma, left, right, rows):
    points = b"".join(luma[row + left:row + right] for row in rows)
    return sum(points) / len(points)


def _is_close(value, wanted):
    return abs(value - wanted) <= CONTRAST


def _steps_of_band(luma, width, rows):
    """At which of the steps it is bright, or None if it is in-between."""
    bright = []
    for step in range(media.FRAMES):
        value = _brightness(luma, width * step // media.FRAMES + 2,
                            width * (step + 1) // media.FRAMES - 2, rows)
        if _is_close(value, media.LUMA_BAR):
            bright.append(step)
        elif not _is_close(value, media.LUMA_BACK):
            return None
    return bright


def step_of(luma, width, height):
    """How far the bar of media.py has gone, or None if it is not whole.

    Where something was lost there are remnants of other pictures.
    """
    size = height // BANDS
    found = []
    for top in range(0, size * BANDS, size):
        rows = [width * row for row in range(top + 2, top + size - 2, 4)]
        found.append(_steps_of_band(luma, width, rows))
    if not found[0] or any(band != found[0] for band in found):
        return None
    steps = set(found[0])
    first = [step for step in steps if (step - 1) % media.FRAMES not in steps]
    whole = (len(first) == 1
             and len(steps) == media.FRAMES // media.BARS)
    return first[0] if whole else None


class Recognition:
    """Watches one track and counts, by index, what it recognises."""

    def __init__(self):
        self.counts = {}  # index -> pictures, or blocks of sound
        self._samples = []

    def _count(self, index):
        if index is not None:
            self.counts[index] = self.counts.get(index, 0) + 1

    def see(self, frame):
        """An I420 frame."""
        self._count(picture_of([mean(frame.get_plane(plane))
                                for plane in (1, 2)]))

    def hear(self, frame):
        """Some mono sound of probe.RATE samples a second."""
        self._samples.extend(frame.data)
        while len(self._samples) >= BLOCK:
            self._count(tone_of(self._samples[:BLOCK]))
            del self._samples[:BLOCK]
