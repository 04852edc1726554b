# SPDX-License-Identifier: LGPL-2.1-or-later
"""output=decoded: raw pictures and sound of what the SDK publishes."""

import unittest

from decoder import Decoder
from stack import InteropTest


class Decoded(InteropTest):

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.receiver = Decoder(
            livekit_url=self.livekit.url, output="decoded",
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(self.receiver.close)

    def check_codec(self, codec):
        self.join("ana", 0)
        tracks = self.publish_both("ana", codec=codec)
        self.receiver.play()
        self.receiver.wait_recognised(tracks, 0, count=10, timeout=20)
        pads = self.receiver.wait_flowing(tracks, 10)
        for pad in pads.values():
            kind = pad.name.partition("_")[0]
            self.assertEqual(pad.caps.get_name(), f"{kind}/x-raw")
            if kind == "audio":
                self.assertEqual(pad.caps.get_int("rate"), (True, 48000))
        self.receiver.close()
        self.receiver.require_no_error()

    def test_vp8(self):
        self.check_codec("vp8")

    def test_vp9(self):
        self.check_codec("vp9")

    def test_h264(self):
        self.check_codec("h264")


if __name__ == "__main__":
    unittest.main()
