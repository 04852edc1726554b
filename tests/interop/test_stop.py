# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stopping is quick and complete, whatever the element is doing."""

import unittest

from authorization_service import hashed
from processes import wait_until
from receiver import STATE_MESSAGE, Gst, Receiver
from stack import InteropTest

STOP_SECONDS = 3
GONE_SECONDS = 5
PHASES = ("immediately", "fetching-config", "connecting", "connected",
          "flowing")


class Stop(InteropTest):

    def stop_in_phase(self, phase, state):
        """Starts, waits for the phase, stops and starts once more."""
        recorder, room_id, _callers = self.matrix_call(1)
        track = self.publishers.publish_audio("caller0")["sid"]
        alias = hashed(room_id, "m.call#ROOM")
        others = self.livekit.connected(alias)
        self.assertEqual(len(others), 1)
        receiver = Receiver(
            homeserver=self.matrix.url, room_id=room_id,
            access_token_file=self.token_file(recorder),
            livekit_service_url=self.service_url)
        self.addCleanup(receiver.close)
        for turn in range(2):
            mark = receiver.mark()
            receiver.play()
            if phase == "flowing":
                receiver.wait_flowing([track], 15)
                self.assertEqual(len(self.livekit.connected(alias)), 2)
            elif phase != "immediately":
                receiver.wait_state(phase, 15, mark)
            took = receiver.set_state(state, STOP_SECONDS + 5)
            self.assertLess(took, STOP_SECONDS, f"turn {turn}")
            self.assertEqual(receiver.state(), "stopped")
            states = [event["new"] for event
                      in receiver.all(STATE_MESSAGE, mark)]
            self.assertEqual(states[-1:], ["stopped"], states)
            self.assertEqual(receiver.present(), [])
            self.check_gone(alias, others)
        receiver.require_no_error()

    def check_gone(self, alias, others):
        """Only the others are on the SFU, as it says and as they see."""
        try:
            wait_until(lambda: self.livekit.connected(alias) == others,
                       GONE_SECONDS, "the recorder is off the SFU")
        except AssertionError:
            print(self.livekit.participants(alias))
            raise
        wait_until(lambda: not self.publishers.report("caller0")[
            "participants"], GONE_SECONDS, "nobody sees the recorder")


def add_cases():
    """One test for each phase and each of the two ways down."""
    for phase in PHASES:
        for state in (Gst.State.READY, Gst.State.NULL):
            def case(self, phase=phase, state=state):
                self.stop_in_phase(phase, state)
            name = f"test_{phase}_to_{state.value_nick}".replace("-", "_")
            setattr(Stop, name, case)


add_cases()

if __name__ == "__main__":
    unittest.main()
