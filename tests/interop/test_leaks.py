# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starting and stopping for ever costs nothing that stays."""

import collections
import ctypes
import gc
import os
import time
import unittest

from processes import wait_until
from receiver import Receiver
from stack import InteropTest

CYCLES = 50
LONG_CYCLES = 200
WARM = 10  # caches, pools and lazy initialisations have happened by then
# Idle threads of GLib's pools come and go, with their files. The memory (KiB)
# lets 150 KiB a cycle be noticed in 50 cycles, and 30 KiB in the long form.
SLACK = {"threads": 2, "fds": 4, "rss": 6 * 1024}
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


def settled():
    """The lowest usage within SETTLE seconds after a stop."""
    lowest = usage()
    end = time.monotonic() + SETTLE
    while time.monotonic() < end:
        time.sleep(0.2)
        lowest = {name: min(value, lowest[name])
                  for name, value in usage().items()}
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


class Leaks(InteropTest):
    """The process of the test has no SDK in it: what grows is ours."""

    seconds = 150
    count = CYCLES

    def cycles(self, make):
        self.livekit.create_room(self.room)
        self.join("anna")
        tracks = self.publish_both("anna", width=160, height=120, fps=10)
        receiver, warm = None, None
        for number in range(1, self.count + 1):
            receiver = make(receiver)
            receiver.play()
            receiver.wait_flowing(tracks, 15)
            receiver.close()
            receiver.require_no_error()
            receiver.events.clear()
            if number == WARM:
                warm = settled()
        end = settled()
        report = (f"after {WARM}: {warm}; after {self.count}: {end}; "
                  f"files {fd_kinds()}; threads {thread_names()}")
        print(report)
        for name, slack in SLACK.items():
            self.assertLessEqual(end[name], warm[name] + slack,
                                 f"{name}: {report}")

    def new(self, old):
        """A receiver; the old one must really go."""
        if old:
            wait_until(old.release(), 3, "the element is freed")
        return Receiver(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))

    def test_one_element(self):
        self.cycles(lambda receiver: receiver or self.new(None))

    def test_new_elements(self):
        self.cycles(self.new)


class LeaksLong(Leaks):
    """The same for longer: memory that goes in small pieces shows late."""

    seconds = 500
    count = LONG_CYCLES
    long = True


if __name__ == "__main__":
    unittest.main()
