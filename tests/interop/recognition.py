# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tells by what is seen and heard whose picture or tone it is.

Runs where media are received, beside the SDK. The recordings have probe.py.
"""

import media
import probe

TOLERANCE = 14  # of 256, for what encoders do to a colour
BLOCK = probe.RATE // 10  # samples in which each tone fits whole times
SHARE = 0.8  # of the power, that a tone must have


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
