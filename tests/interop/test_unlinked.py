# SPDX-License-Identifier: LGPL-2.1-or-later
"""What nobody takes doesn't come over the network."""

import time
import unittest

from processes import Timeout
from receiver import Gst
from signal_proxy import SignalProxy
from test_streams import AUDIO_TYPES, StreamsTest

VIDEO = {"width": 320, "height": 180, "fps": 10, "bitrate": 200_000}
STOP_SECONDS = 3  # 2 s of patience, and the SFU takes its time
# Longer than a path without any packet is taken for a live one.
DEAD_PATH_SECONDS = 16


class Unlinked(StreamsTest):

    seconds = 120
    once = True  # it's the server that doesn't send

    def start(self, url):
        self.livekit.create_room(self.room)
        self.join("anna", 0)
        sids = self.publish_both("anna", **VIDEO)
        receiver = self.receive(url)
        pads = receiver.wait_flowing(sids, 15)
        return receiver, [pads[sid] for sid in sids]

    def unlink(self, pad):
        self.assertTrue(pad.pad.unlink(pad.sink.get_static_pad("sink")))

    def link(self, receiver, pad):
        """Returns the first buffer that comes, and how long it took."""
        came = []

        def probe(_pad, info):
            came.append(info.get_buffer().has_flags(
                Gst.BufferFlags.DELTA_UNIT))
            with receiver._changed:
                receiver._changed.notify_all()
            return Gst.PadProbeReturn.REMOVE
        sink = pad.sink.get_static_pad("sink")
        sink.add_probe(Gst.PadProbeType.BUFFER, probe)
        start = time.monotonic()
        self.assertEqual(pad.pad.link(sink), Gst.PadLinkReturn.OK)
        receiver.wait_for(lambda: came, 10, f"a buffer of {pad}")
        return came[0], time.monotonic() - start

    def wait_silent(self, receiver, is_wanted, timeout):
        """Until in a whole second there is no packet with such a type.
        Returns the seconds until the last one."""
        start = time.monotonic()
        while True:
            receiver.packets.take_all()
            begin = time.monotonic()
            time.sleep(1)
            if not any(map(is_wanted, receiver.packets.take_all())):
                return begin - start
            if begin - start > timeout:
                raise Timeout(f"packets still come after {timeout} s")

    def stays_connected(self, receiver, seconds):
        with self.assertRaises(Timeout):
            receiver.wait_for(lambda: receiver.state() != "connected",
                              seconds, "a lost connection")

    def test_video(self):
        receiver, (_sound, picture) = self.start(self.livekit.url)
        self.unlink(picture)
        stopped = self.wait_silent(
            receiver, lambda kind: kind not in AUDIO_TYPES, STOP_SECONDS)
        self.assertEqual(len(receiver.present()), 2)
        is_delta, seconds = self.link(receiver, picture)
        print(f"the video stopped within {stopped:.1f} s, and came back "
              f"{seconds:.2f} s after it was linked")
        self.assertFalse(is_delta)
        self.assertLess(seconds, 3)
        receiver.require_no_error()

    def test_all(self):
        """Nothing comes, which is no dead path."""
        receiver, pads = self.start(self.livekit.url)
        for pad in pads:
            self.unlink(pad)
        # The SFU ends audio with a second of silence.
        self.wait_silent(receiver, lambda kind: True, STOP_SECONDS + 1.5)
        self.stays_connected(receiver, DEAD_PATH_SECONDS)
        for pad in pads:
            self.link(receiver, pad)
        receiver.require_no_error()

    def test_resume(self):
        proxy = SignalProxy(self.livekit.port).start()
        self.addCleanup(proxy.stop)
        receiver, (_sound, picture) = self.start(proxy.url)
        self.unlink(picture)
        self.wait_silent(
            receiver, lambda kind: kind not in AUDIO_TYPES, STOP_SECONDS)
        mark = receiver.mark()
        proxy.cut()
        receiver.wait_state("signal-reconnecting", 5, mark)
        receiver.wait_state("connected", 10, mark)
        self.wait_silent(
            receiver, lambda kind: kind not in AUDIO_TYPES, STOP_SECONDS)
        is_delta, _seconds = self.link(receiver, picture)
        self.assertFalse(is_delta)
        self.assertEqual(len(receiver.present()), 2)
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
