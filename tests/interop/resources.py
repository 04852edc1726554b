# SPDX-License-Identifier: LGPL-2.1-or-later
"""What this process uses: threads, open files, memory."""

import collections
import ctypes
import gc
import os
import time

SETTLE = 3  # s in which threads that were told to end do so


def rss():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    raise AssertionError("no VmRSS")


def usage():
    gc.collect()
    # What is free already is not to be counted: malloc keeps it.
    ctypes.CDLL(None).malloc_trim(0)
    return {"threads": len(os.listdir("/proc/self/task")),
            "fds": len(os.listdir("/proc/self/fd")), "rss": rss()}


def settled(measure=usage):
    """The lowest usage within SETTLE seconds after a stop."""
    lowest = measure()
    end = time.monotonic() + SETTLE
    while time.monotonic() < end:
        time.sleep(0.2)
        lowest = {name: min(value, lowest[name])
                  for name, value in measure().items()}
    return lowest


def fd_kinds():
    """What the open files are: tells which library keeps them."""
    kinds = collections.Counter()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/" + name)
        except OSError:
            continue
        kinds[target.partition(":[")[0]] += 1
    return dict(kinds)


def thread_names():
    """Names of the threads, by how many have them."""
    names = collections.Counter()
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/comm",
                      encoding="utf-8") as comm:
                names[comm.read().strip()] += 1
        except OSError:
            continue
    return dict(names)
