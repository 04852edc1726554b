# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starting and stopping for ever costs nothing that stays."""

import unittest

from processes import wait_until
from receiver import Receiver
from resources import fd_kinds, settled, thread_names
from stack import InteropTest

CYCLES = 50
LONG_CYCLES = 200
WARM = 10  # caches, pools and lazy initialisations have happened by then
# Idle threads of GLib's pools come and go, with their files. The memory (KiB)
# lets 150 KiB a cycle be noticed in 50 cycles, and 30 KiB in the long form.
SLACK = {"threads": 2, "fds": 4, "rss": 6 * 1024}


class Leaks(InteropTest):
    """The process of the test has no SDK in it: what grows is ours."""

    seconds = 150
    once = True  # memory that is kept is ours
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
