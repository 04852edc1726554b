# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all benches have: their options, and the tables that they print."""

import argparse
import pathlib
import statistics
import sys
import tempfile

from receivers import BenchError


def options_of(name, description, rounds):
    """A parser of the options that all have."""
    parser = argparse.ArgumentParser(prog=f"tests/bench/run {name}",
                                     description=description)
    parser.add_argument("--build", type=pathlib.Path, required=True,
                        help="the build folder, with tests enabled")
    parser.add_argument("--with-livekitwebrtcsrc", action="store_true",
                        help="build livekitwebrtcsrc if it is not in the "
                        "cache, and measure it too")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=float, default=10,
                        help="how long CPU time is counted in each turn")
    parser.add_argument("--json", type=pathlib.Path,
                        help="write all values there")
    parser.add_argument("--cache", metavar="DIR",
                        help="the cache of the interop tests; the bench's "
                        "own is beside it")
    return parser


def run(measure, options):
    """Calls measure() with a folder of its own; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="matrixrtc-bench-") as folder:
        try:
            return measure(options, pathlib.Path(folder))
        except (BenchError, AssertionError, RuntimeError, OSError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1


def end(failures):
    """Tells of turns that failed; returns the exit status."""
    if failures:
        print(f"\n{failures} turns failed and are not in the tables")
    return 1 if failures else 0


def spread(values, digits):
    """Median, least and most as text."""
    if not values:
        return "-"
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}-{max(values):.{digits}f})")


def print_table(header, rows):
    """A Markdown table, aligned for reading as it is."""
    rows = [header, ["---"] * len(header), *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("| " + " | ".join(
            cell.ljust(width) for cell, width in zip(row, widths)) + " |")
