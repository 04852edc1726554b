# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a pad gives while its track is muted, and how soon it is back."""

import time
import unittest

from receiver import Gst, Receiver
from stack import InteropTest

MUTED_TIME = 5  # s
# Of a busy machine; the aim is half a second.
MAX_WAIT = 1.5


class MuteReceiver(Receiver):
    """Knows when each pad gave something, and of what kind."""

    def __init__(self, **properties):
        self.frames = {}  # track sid -> (monotonic time, needs no other)
        self.gaps = {}  # track sid -> seconds that GAP events told of
        super().__init__(**properties)

    def _probe(self, gst_pad, info, pad):
        if info.type & Gst.PadProbeType.EVENT_DOWNSTREAM:
            if info.get_event().type == Gst.EventType.GAP:
                with self._changed:
                    self.gaps[pad.track_sid] = \
                        self.gaps.get(pad.track_sid, 0) \
                        + info.get_event().parse_gap()[1] / Gst.SECOND
                    self._changed.notify_all()
        elif not info.get_buffer().has_flags(Gst.BufferFlags.GAP):
            is_key = not info.get_buffer().has_flags(
                Gst.BufferFlags.DELTA_UNIT)
            with self._changed:
                self.frames.setdefault(pad.track_sid, []).append(
                    (time.monotonic(), is_key))
                self._changed.notify_all()
        return super()._probe(gst_pad, info, pad)

    def frames_since(self, sid, when):
        with self._changed:
            return [frame for frame in self.frames.get(sid, ())
                    if frame[0] >= when]


class Mute(InteropTest):
    seconds = 60

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.join("anna")
        self.receiver = MuteReceiver(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(self.receiver.close)

    def check(self, sid):
        """Mutes and unmutes; returns the seconds until something came."""
        receiver = self.receiver
        receiver.play()
        pad = receiver.wait_flowing([sid], 15)[sid].pad
        before = receiver.gaps.get(sid, 0)
        self.publishers.mute("anna", sid)
        receiver.wait_for(lambda: pad.get_property("muted"), 5, "muted")
        receiver.wait_for(
            lambda: receiver.gaps.get(sid, 0) >= before + MUTED_TIME,
            MUTED_TIME + 10, "GAP events")
        start = time.monotonic()
        self.publishers.mute("anna", sid, False)
        receiver.wait_for(lambda: receiver.frames_since(sid, start), 5,
                          "something after the unmute")
        when, is_key = receiver.frames_since(sid, start)[0]
        self.assertTrue(is_key)
        self.assertFalse(pad.get_property("muted"))
        print(f"{when - start:.3f} s after the unmute", flush=True)
        self.assertLess(when - start, MAX_WAIT)
        receiver.require_no_error()

    def test_video(self):
        self.check(self.publishers.publish_video("anna")["sid"])

    def test_audio(self):
        self.check(self.publishers.publish_audio("anna")["sid"])


if __name__ == "__main__":
    unittest.main()
