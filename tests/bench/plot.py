#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws what "tests/bench/run receiving --json" has measured.

Usage: tests/bench/plot.py RESULTS.json PLOT.svg

Needs Debian's python3-matplotlib.
"""

import json
import statistics
import sys

import matplotlib
matplotlib.use("svg")
# The same results make the same file.
matplotlib.rcParams["svg.hashsalt"] = "matrixrtc"
from matplotlib import pyplot  # noqa: E402  pylint: disable=C0413


def points(results, receiver):
    """Tracks and the median of the CPU time, of each case, in order."""
    return zip(*sorted(
        (result["audio"] + result["video"],
         statistics.median(turn["cpu"] for turn in result["turns"]))
        for result in results if result["receiver"] == receiver))


def draw(results, path):
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for receiver in dict.fromkeys(result["receiver"] for result in results):
        axes.plot(*points(results, receiver), marker="o", label=receiver)
    axes.set(xlabel="tracks", ylabel="s of CPU in each s", ylim=0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as results:
        draw(json.load(results), sys.argv[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
