# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks into a recording with ffprobe and ffmpeg, not with GStreamer.

Another implementation must be able to read what was recorded.
"""

import array
import json
import math
import subprocess
import sys


def _run(*command):
    result = subprocess.run([*map(str, command)], capture_output=True,
                            check=False, timeout=60)
    if result.returncode != 0:
        raise AssertionError(f"{command[0]}: {result.stderr.decode()}")
    return result.stdout


def streams(path):
    """The file's streams as ffprobe lists them."""
    return json.loads(_run(
        "ffprobe", "-v", "error", "-show_streams", "-of", "json",
        path))["streams"]


def packet_times(path):
    """Per stream index, the sorted packet times in seconds."""
    lines = _run("ffprobe", "-v", "error", "-show_entries",
                 "packet=stream_index,pts_time", "-of", "csv=p=0",
                 path).decode().split()
    times = {}
    for line in lines:
        index, pts = line.strip(",").split(",")[:2]
        times.setdefault(int(index), []).append(float(pts))
    return {index: sorted(values) for index, values in times.items()}


def largest_gap(times):
    """The longest time between two packets, and when it was."""
    return max((after - before, before)
               for before, after in zip(times, times[1:]))


def pictures(path, index, width, height, per_second=2):
    """Mean (Y, U, V) and the luma plane of some decoded pictures."""
    raw = _run("ffmpeg", "-v", "error", "-i", path, "-map", f"0:{index}",
               "-vf", f"fps={per_second},scale={width}:{height}",
               "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
    size = width * height
    result = []
    for start in range(0, len(raw) - size * 3 // 2 + 1, size * 3 // 2):
        luma = raw[start:start + size]
        u = raw[start + size:start + size * 5 // 4]
        v = raw[start + size * 5 // 4:start + size * 3 // 2]
        result.append((sum(luma) / len(luma), sum(u) / len(u),
                       sum(v) / len(v), luma))
    return result


RATE = 8000


def samples(path, index, filters="anull"):
    """The decoded sound of a stream: mono, RATE samples a second."""
    raw = _run("ffmpeg", "-v", "error", "-i", path, "-map", f"0:{index}",
               "-af", filters, "-ac", 1, "-ar", RATE, "-f", "s16le", "-")
    result = array.array("h")
    result.frombytes(raw[:len(raw) // 2 * 2])
    if sys.byteorder == "big":
        result.byteswap()
    return result


def share_of_tone(values, frequency):
    """How much of the power is at a frequency, 0 to 1 (Goertzel)."""
    omega = 2 * math.pi * frequency / RATE
    factor = 2 * math.cos(omega)
    before = last = 0.0
    for value in values:
        before, last = last, value + factor * last - before
    power = last * last + before * before - factor * last * before
    total = sum(value * value for value in values)
    return 2 * power / (len(values) * total) if total else 0.0


def quietest(values, milliseconds=100):
    """The lowest RMS of all blocks of that length."""
    size = RATE * milliseconds // 1000
    return min(
        math.sqrt(sum(value * value for value in values[i:i + size]) / size)
        for i in range(0, len(values) - size + 1, size))
