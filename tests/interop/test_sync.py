# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether what was sampled at one time has one timestamp.

A flash and a beep are published at each full second. The encoders, the SFU and
its reports are real; that one kind comes late is made up, before the jitter
buffers. How exact the publisher is, is not the receiver's business: what it
makes of late packets is compared with what another, to whom they come in time,
makes of the same pulses.
"""

import unittest

from pulses import Pulses
from stack import InteropTest

DELAY = 0.15
SETTLED = 8  # pulses; reports are some seconds apart


def percentile_95(skews):
    """Of their amounts."""
    return sorted(abs(skew) for skew in skews)[(len(skews) * 95 - 1) // 100]


class Sync(InteropTest):
    """Few pulses, and room for a busy machine."""
    seconds = 120
    count = 10  # pulses that are measured
    max_skew = 0.04  # of one participant's tracks, in seconds
    max_difference = 0.06  # between two of one machine

    def receive(self, name, late=None):
        receiver = Pulses(
            late=late, delay=DELAY, livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, name))
        self.addCleanup(receiver.close)
        receiver.play()
        receiver.wait_state("connected", 10)
        return receiver

    def errors(self, receiver, reference, sids):
        """What the receiver makes of late packets, less what it should."""
        expected = reference.skews(*sids, self.count + SETTLED)
        return [skew - min(expected, key=lambda e, s=seen: abs(e[0] - s))[1]
                for seen, skew in receiver.skews(*sids, self.count)]

    def check(self, receiver, reference, sids, limit):
        receiver.wait_pulses(sids, SETTLED, 40)
        receiver.wait_pulses(sids, self.count, self.count + 30)
        errors = self.errors(receiver, reference, sids)
        print(f"{len(errors)} pulses, {DELAY} s late: "
              f"{percentile_95(errors):.4f} s off at the 95th percentile",
              flush=True)
        self.assertLessEqual(percentile_95(errors), limit, errors)
        receiver.require_no_error()

    def test_late_start(self):
        """The microphone is switched on when the camera has been for long."""
        self.livekit.create_room(self.room)
        self.join("anna")
        sids = [self.publishers.publish_flashes("anna")["sid"]]
        reference = self.receive("reference")
        receiver = self.receive("recorder", "audio")
        receiver.wait_pulses(sids, 3, 20)
        sids.append(self.publishers.publish_beeps("anna")["sid"])
        self.check(receiver, reference, sids,
                   self.max_skew)

    def test_two_on_one_machine(self):
        self.livekit.create_room(self.room)
        self.join("anna")
        self.join("bert", index=1)
        sids = [self.publishers.publish_flashes("anna")["sid"],
                self.publishers.publish_beeps("bert")["sid"]]
        reference = self.receive("reference")
        self.check(self.receive("recorder", "audio"), reference, sids,
                   self.max_difference)


class SyncForLong(Sync):
    long = True
    seconds = 300
    count = 60
    max_skew = 0.02
    max_difference = 0.04

    def check_kind(self, late):
        self.livekit.create_room(self.room)
        self.join("anna")
        sids = [self.publishers.publish_flashes("anna")["sid"],
                self.publishers.publish_beeps("anna")["sid"]]
        reference = self.receive("reference")
        self.check(self.receive("recorder", late), reference, sids,
                   self.max_skew)

    def test_late_audio(self):
        self.check_kind("audio")

    def test_late_video(self):
        self.check_kind("video")


if __name__ == "__main__":
    unittest.main()
