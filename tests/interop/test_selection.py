# SPDX-License-Identifier: LGPL-2.1-or-later
"""Only the wanted kinds of tracks, and nothing else on the wire."""

import unittest

from processes import Timeout, wait_until
from receiver import Gst, Receiver
from signal_proxy import SignalProxy
from stack import InteropTest

NAMES = ("anna", "bert", "carl")
VIDEO = {"width": 640, "height": 360, "bitrate": 1_000_000, "noise": 40}
QUIET_SECONDS = 3
# Of three participants: Opus of theirs is some 20, video some 300.
QUIET_BYTES = 60_000  # a second


class CountingReceiver(Receiver):
    """Knows how much comes over the network, and each pad's caps of now."""

    def __init__(self, **properties):
        super().__init__(**properties)
        self.bytes = 0
        self._handlers.append(
            self.src.connect("deep-element-added", self._element_added))

    def _element_added(self, _src, _bin, element):
        if element.get_factory() and \
                element.get_factory().get_name() == "nicesrc":
            element.get_static_pad("src").add_probe(
                Gst.PadProbeType.BUFFER, self._count)

    def _count(self, _pad, info):
        self.bytes += info.get_buffer().get_size()
        return Gst.PadProbeReturn.OK

    def _probe(self, gst_pad, info, pad):
        if info.type & Gst.PadProbeType.EVENT_DOWNSTREAM and \
                info.get_event().type == Gst.EventType.CAPS:
            with self._changed:
                caps = info.get_event().parse_caps()
                pad.caps = caps.get_structure(0).copy()
                self._changed.notify_all()
        return super()._probe(gst_pad, info, pad)

    def has_only(self, tracks):
        """Whether there are pads of these tracks and no others."""
        return {pad.track_sid for pad in self.present()} == set(tracks)

    def wait_only(self, tracks, timeout):
        self.wait_for(lambda: self.has_only(tracks), timeout, f"only {tracks}")

    def hold(self, tracks, seconds):
        """Sees that it stays so for that long. Returns the bytes a second."""
        before = self.bytes
        try:
            self.wait_for(lambda: not self.has_only(tracks), seconds,
                          "other pads")
        except Timeout:
            return (self.bytes - before) / seconds
        raise AssertionError(f"{self.present()} are not {tracks}")

    def wait_width(self, pad, least, most, timeout):
        """Waits for pictures that are as wide as that."""
        self.wait_for(
            lambda: pad.caps
            and least <= pad.caps.get_int("width")[1] <= most,
            timeout, f"a width of {least} to {most}")


class ReceptionTest(InteropTest):

    def receive(self, url, **properties):
        receiver = CountingReceiver(
            livekit_url=url,
            livekit_token=self.livekit.token(self.room, "recorder"),
            **properties)
        self.addCleanup(receiver.close)
        receiver.play()
        return receiver


class Selection(ReceptionTest):

    seconds = 90

    def publish(self):
        """What all publish, their sounds first, and their pictures."""
        self.livekit.create_room(self.room)
        sids = []
        for index, name in enumerate(NAMES):
            self.join(name, index)
            sids.append(self.publish_both(name, **VIDEO))
        return zip(*sids)

    def test_audio_only(self):
        sounds, pictures = self.publish()
        receiver = self.receive(self.livekit.url, media="audio")
        receiver.wait_flowing(sounds, 15)
        quiet = receiver.hold(sounds, QUIET_SECONDS)
        self.assertLess(quiet, QUIET_BYTES)

        receiver.set(media="audio+video")
        receiver.wait_flowing(sounds + pictures, 10)
        loud = receiver.hold(sounds + pictures, QUIET_SECONDS)
        self.assertGreater(loud, 2 * QUIET_BYTES)

        receiver.set(media="audio")
        receiver.wait_only(sounds, 5)
        quiet_again = receiver.hold(sounds, QUIET_SECONDS)
        print(f"bytes a second: {quiet:.0f} of audio, {loud:.0f} of both, "
              f"{quiet_again:.0f} of audio again")
        self.assertLess(quiet_again, QUIET_BYTES)
        receiver.require_no_error()

    def check_resume(self, **properties):
        sounds, pictures = self.publish()
        proxy = SignalProxy(self.livekit.port).start()
        self.addCleanup(proxy.stop)
        receiver = self.receive(proxy.url, **properties)
        receiver.wait_flowing(sounds, 15)
        receiver.set(media="audio")
        receiver.wait_only(sounds, 10)
        mark = receiver.mark()
        proxy.cut()
        receiver.wait_state("signal-reconnecting", 5, mark)
        receiver.wait_state("connected", 10, mark)
        self.assertLess(receiver.hold(sounds, QUIET_SECONDS), QUIET_BYTES)
        mark = receiver.mark()
        late = self.publishers.publish_video("anna", **VIDEO)["sid"]
        receiver.wait_event("matrixrtc-participant-updated", 5, mark,
                            identity="anna")
        receiver.hold(sounds, QUIET_SECONDS)
        receiver.set(media="video")
        receiver.wait_flowing((*pictures, late), 10)
        receiver.require_no_error()

    def test_resume(self):
        self.check_resume(media="audio")

    def test_resume_after_a_change(self):
        """The server sends all by itself but what we don't want."""
        self.check_resume()


class Layers(ReceptionTest):
    """Of a publisher with simulcast: widths of 960, 640 and 320, or somewhat
    less where that is too much for the publisher's encoder."""

    seconds = 120
    # A publisher that has stopped a layer for want of a core takes it up again
    # when its estimate of the bandwidth has grown.
    UPGRADE_SECONDS = 30
    HIGH = (641, 960)
    MEDIUM = (321, 640)
    LOW = (120, 320)

    def publish(self):
        self.livekit.create_room(self.room)
        self.join("anna", 0)
        return self.publishers.publish_video(
            "anna", width=960, height=540, fps=10, bitrate=800_000, noise=20,
            simulcast=True)["sid"]

    def test_changes(self):
        sid = self.publish()
        receiver = self.receive(self.livekit.url)
        pad = receiver.wait_flowing([sid], 15)[sid]
        receiver.wait_width(pad, *self.HIGH, self.UPGRADE_SECONDS)
        high = receiver.hold([sid], QUIET_SECONDS)
        receiver.set(video_quality="low")
        receiver.wait_width(pad, *self.LOW, 10)
        low = receiver.hold([sid], QUIET_SECONDS)
        print(f"bytes a second: {high:.0f} of the high layer, {low:.0f} of "
              "the low one")
        self.assertLess(low, high)
        pad.pad.set_property("video-quality", 1)
        receiver.wait_width(pad, *self.MEDIUM, self.UPGRADE_SECONDS)
        pad.pad.set_property("video-quality", 2)
        receiver.wait_width(pad, *self.HIGH, self.UPGRADE_SECONDS)
        self.assertEqual(receiver.present(), [pad])
        receiver.require_no_error()

    def test_low_from_the_start(self):
        sid = self.publish()
        receiver = self.receive(self.livekit.url, video_quality="low")
        pad = receiver.wait_flowing([sid], 15)[sid]
        receiver.wait_width(pad, *self.LOW, 5)
        receiver.hold([sid], QUIET_SECONDS)
        self.assertLessEqual(pad.caps.get_int("width")[1], self.LOW[1])
        receiver.require_no_error()


class ScalableLayers(ReceptionTest):
    """Of one stream of VP9. Its caps have the size that it is to be shown in,
    whichever layers come."""

    once = True  # the publisher and the server are the same
    RATE = 5_000  # bytes a second: all layers have 13 000, the lowest 2 000

    def wait_rate(self, receiver, sid, is_high):
        """Until as much comes; the SFU waits for a key frame."""
        wait_until(
            lambda: (receiver.hold([sid], QUIET_SECONDS) > self.RATE)
            == is_high, Layers.UPGRADE_SECONDS, "other layers")

    def test_changes(self):
        self.livekit.create_room(self.room)
        self.browser.join("anna", self.livekit.url,
                          self.livekit.token(self.room, "anna"), 0)
        sid = self.browser.publish_video(
            "anna", codec="vp9", width=960, height=540, fps=10,
            bitrate=800_000, scalability="L3T3_KEY")["sid"]
        receiver = self.receive(self.livekit.url)
        pad = receiver.wait_flowing([sid], 15)[sid]
        for quality in ("high", "low", "high"):
            receiver.set(video_quality=quality)
            self.wait_rate(receiver, sid, quality == "high")
            self.assertEqual(pad.caps.get_int("width")[1], 960)
        receiver.wait_flowing([sid], 5)
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
