# SPDX-License-Identifier: LGPL-2.1-or-later
"""The first codec of a call must not shut out the ones that come later.

The first answer of a kind fixes the codecs of the connection, and webrtcbin
alone answers with one of them only.
"""

import unittest

from receiver import Gst, Receiver
from stack import InteropTest

CAPS = {"vp8": "video/x-vp8", "vp9": "video/x-vp9", "h264": "video/x-h264",
        "av1": "video/x-av1"}


class Codecs(InteropTest):

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.count = 0
        self.codec_of = {}
        self.receiver = Receiver(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(self.receiver.close)

    def publisher(self, codec):
        name = f"{codec}-{self.count}"
        self.join(name, self.count)
        sid = self.publishers.publish_video(name, codec=codec)["sid"]
        self.codec_of[sid] = codec
        self.count += 1

    def check(self):
        pads = self.receiver.wait_flowing(self.codec_of, 6)
        for sid, codec in self.codec_of.items():
            self.assertEqual(pads[sid].caps.get_name(), CAPS[codec])
            if codec == "h264":
                self.assertEqual(
                    pads[sid].caps.get_string("stream-format"), "byte-stream")
                self.assertEqual(pads[sid].caps.get_string("alignment"), "au")

    def one_after_the_other(self, *codecs):
        self.publisher(codecs[0])
        self.receiver.play()
        self.check()
        for codec in codecs[1:]:
            self.publisher(codec)
            self.check()
        self.receiver.require_no_error()

    def all_at_once(self, *codecs):
        for codec in codecs:
            self.publisher(codec)
        self.receiver.play()
        self.check()
        self.receiver.require_no_error()

    def need(self, depayloader):
        if Gst.ElementFactory.find(depayloader) is None:
            self.skipTest(f"this GStreamer has no {depayloader}")

    def test_h264_then_vp8(self):
        self.one_after_the_other("h264", "vp8")

    def test_vp8_then_h264(self):
        self.one_after_the_other("vp8", "h264")

    def test_vp8_and_h264_at_once(self):
        self.all_at_once("vp8", "h264", "h264", "vp8")

    def test_vp9_then_vp8_then_h264(self):
        self.one_after_the_other("vp9", "vp8", "h264")

    def test_vp8_then_vp9(self):
        self.one_after_the_other("vp8", "vp9")

    def test_av1_then_vp8(self):
        self.need("rtpav1depay")
        self.one_after_the_other("av1", "vp8")

    def test_vp8_then_av1(self):
        self.need("rtpav1depay")
        self.one_after_the_other("vp8", "av1")


if __name__ == "__main__":
    unittest.main()
