# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starting and stopping for ever costs nothing that stays."""

import collections
import gc
import os
import unittest

from processes import wait_until
from receiver import Receiver
from stack import InteropTest

CYCLES = 50
WARM = 10  # caches, pools and lazy initialisations have happened by then
THREAD_SLACK = 2  # GLib's thread pools come and go
FD_SLACK = 4
RSS_SLACK_KIB = 6 * 1024  # 40 cycles: 150 KiB a cycle would be noticed


def rss():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    raise AssertionError("no VmRSS")


def usage():
    gc.collect()
    return {"threads": len(os.listdir("/proc/self/task")),
            "fds": len(os.listdir("/proc/self/fd")), "rss": rss()}


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

    seconds = 170
    long = True

    def cycles(self, make, count=CYCLES):
        self.livekit.create_room(self.room)
        self.join("anna")
        tracks = self.publish_both("anna", width=160, height=120, fps=10)
        receiver, warm = None, None
        for number in range(1, count + 1):
            receiver = make(receiver)
            receiver.play()
            receiver.wait_flowing(tracks, 15)
            receiver.close()
            receiver.require_no_error()
            receiver.events.clear()
            if number == WARM:
                warm = self.settled(usage())
        end = self.settled(warm)
        report = (f"after {WARM}: {warm}; after {count}: {end}; "
                  f"files {fd_kinds()}; threads {thread_names()}")
        print(report)
        self.assertLessEqual(
            end["threads"], warm["threads"] + THREAD_SLACK, report)
        self.assertLessEqual(end["fds"], warm["fds"] + FD_SLACK, report)
        self.assertLessEqual(
            end["rss"], warm["rss"] + RSS_SLACK_KIB, report)

    def settled(self, wanted):
        """The usage when idle threads of pools have ended, or now."""
        try:
            wait_until(lambda: usage()["threads"] <= wanted["threads"], 5,
                       "threads end", 0.2)
        except AssertionError:
            pass  # the caller compares
        return usage()

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


class LeaksQuick(Leaks):
    """The same in little, for every run: fds and threads show soon."""

    seconds = 60
    long = False

    def cycles(self, make, count=WARM + 5):
        super().cycles(make, count)


if __name__ == "__main__":
    unittest.main()
