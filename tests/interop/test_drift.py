# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sound cards that are faster and slower than the receiver's clock."""

import statistics
import unittest

from pulses import Pulses
from stack import InteropTest

DRIFT = 200e-6
BEEPS = 600  # one a second
SETTLED = 10  # of them
WINDOW = 60  # beeps of which the median is taken
MAX_CHANGE = 0.02  # s; not followed, the drift would come to 0.12


class Drift(InteropTest):
    long = True
    seconds = BEEPS + 100

    def test_fast_and_slow(self):
        """What a beep's timestamp says stays as far behind as it was."""
        self.livekit.create_room(self.room)
        sids = []
        for index, (name, drift) in enumerate(
                (("fast", DRIFT), ("slow", -DRIFT))):
            self.join(name, index)
            sids.append(self.publishers.publish_beeps(
                name, drift=drift)["sid"])
        receiver = Pulses(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(receiver.close)
        receiver.play()
        receiver.wait_pulses(sids, SETTLED + BEEPS, SETTLED + BEEPS + 30)
        for sid in sids:
            self.check(receiver, sid)
        receiver.require_no_error()

    def check(self, receiver, sid):
        beeps = receiver.starts[sid][SETTLED:]
        late = [seen - when for when, seen in beeps]
        change = (statistics.median(late[-WINDOW:])
                  - statistics.median(late[:WINDOW]))
        discarded = receiver.track_stats()[sid]["packets-discarded"]
        print(f"{len(beeps)} beeps: {change:+.4f} s later at the end; "
              f"{discarded} packets were too late", flush=True)
        self.assertLess(abs(change), MAX_CHANGE, late)
        # None is missing: each is a second behind the one before.
        for (before, _), (when, _) in zip(beeps, beeps[1:]):
            self.assertAlmostEqual(when - before, 1, delta=0.1)
        self.assertEqual(discarded, 0)


if __name__ == "__main__":
    unittest.main()
