# SPDX-License-Identifier: LGPL-2.1-or-later
"""The way to the SFU goes away, for a time or for good."""

import time
import unittest

from network_case import NetworkCase
from receiver import STATE_MESSAGE

# What may come after each state, when all ends well.
FOLLOWERS = {
    "connected": {"signal-reconnecting", "reconnecting"},
    "signal-reconnecting": {"connected", "reconnecting"},
    "reconnecting": {"connected"},
}
STOPS = 1  # seconds after which no picture of before comes


class Changes(NetworkCase):

    def setUp(self):
        super().setUp()
        self.receiver, (self.audio, self.video) = self.watch_anna()
        self.pads = {pad.pad for pad in self.receiver.present()}
        self.mark = self.receiver.mark()

    def states(self):
        return [event["new"] for event
                in self.receiver.all(STATE_MESSAGE, self.mark)]

    def check_return(self, since, timeout):
        """Media come again on the same pads, and nothing has failed."""
        self.receiver.wait_picture(self.video, since + STOPS, timeout)
        back = time.monotonic()
        print(f"pictures after {back - since:.1f} s; {self.states()}")
        self.check_recovery(self.receiver, self.audio, self.video, back)
        self.assertEqual(
            {pad.pad for pad in self.receiver.present()}, self.pads)
        self.assertFalse(self.receiver.all("pad-eos", self.mark))
        states = ["connected", *self.states()]
        for state, follower in zip(states, states[1:]):
            self.assertIn(follower, FOLLOWERS[state], states)

    def check_cut(self, seconds, timeout):
        self.network.cut()
        self.receiver.watch(seconds)
        self.network.mend()
        self.check_return(time.monotonic() - STOPS, timeout)


class ShortCut(Changes):

    once = True  # Loss has what is another GStreamer's

    def test_short_cut(self):
        """Over before the SFU, or we, take it for one."""
        self.check_cut(8, 2)


class LongCut(Changes):

    long = True
    seconds = 120

    def test_long_cut(self):
        """The SFU gives us up meanwhile."""
        self.check_cut(25, 20)
        self.assertIn("reconnecting", self.states())


class OtherAddress(Changes):

    once = True  # libnice is not GStreamer's

    def test_changed_address(self):
        """The sockets for signalling and media are dead, and do not say."""
        self.network.change_address()
        self.check_return(time.monotonic(), 40)
        self.assertTrue(self.states())

    def test_nat_rebinding(self):
        """Signalling goes on."""
        self.network.rebind_nat()
        self.check_return(time.monotonic(), 30)


if __name__ == "__main__":
    unittest.main()
