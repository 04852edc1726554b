# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Opus can be: stereo, with and without RED, and silent (DTX)."""

import unittest

import media
import probe
from recorder import Recorder
from stack import InteropTest

INDEX = 1
SECONDS = 3
SILENT_SECONDS = 4
PACKETS = 50  # a second, of somebody who speaks
LOUD = 500
FILL_GAPS = "aresample=async=1"  # with silence, as a player does


class AudioTest(InteropTest):

    once = True  # the publishers and the server are the same

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.path = self.folder / "audio.mkv"
        self.recorder = Recorder(
            self.path, livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(self.recorder.close)

    def wait_recorded(self, seconds):
        self.recorder.wait_recorded(seconds, seconds + 15)

    def finish(self):
        self.recorder.finish()
        self.recorder.close()
        self.recorder.require_no_error()

    def check_tone(self, values, frequency):
        self.assertGreater(len(values), (SECONDS - 1) * probe.RATE)
        self.assertGreater(probe.share_of_tone(
            values[probe.RATE:2 * probe.RATE], frequency), 0.8)


class Stereo(AudioTest):

    def test_stereo(self):
        """Each channel has a tone of its own."""
        self.browser.join("ana", self.livekit.url,
                          self.livekit.token(self.room, "ana"), INDEX)
        right = media.tone(INDEX + 2)
        sid = self.browser.publish_audio("ana", right=right)["sid"]
        self.recorder.play()
        pad = self.recorder.wait_flowing([sid], 15)[sid]
        self.assertEqual(pad.caps.get_int("channels")[1], 2)
        self.recorder.start_file(1)
        self.wait_recorded(SECONDS)
        self.finish()
        for channel, frequency in enumerate((media.tone(INDEX), right)):
            self.check_tone(probe.samples(
                self.path, 0, f"pan=mono|c0=c{channel}"), frequency)


class Silence(AudioTest):
    """Somebody with DTX who falls silent: hardly any packets, no hole."""

    def check(self, red):
        self.join("ana", INDEX)
        sid = self.publishers.publish_audio("ana", dtx=True, red=red)["sid"]
        self.recorder.play()
        self.recorder.wait_flowing([sid], 15)
        self.recorder.start_file(1)
        self.wait_recorded(SECONDS)
        self.publishers.be_silent("ana")
        self.wait_recorded(SECONDS + 1)  # what the publisher had buffered
        before = self.packets(sid)
        self.wait_recorded(SECONDS + 1 + SILENT_SECONDS)
        packets = self.packets(sid) - before
        print(f"{packets} packets in {SILENT_SECONDS} s of silence")
        self.assertLess(packets, PACKETS * SILENT_SECONDS / 4)
        self.publishers.be_silent("ana", False)
        self.wait_recorded(2 * SECONDS + 2 + SILENT_SECONDS)
        self.finish()
        self.check_recording()

    def packets(self, sid):
        return self.recorder.track_stats()[sid]["packets-received"]

    def check_recording(self):
        """A tone, silence, and the tone again, each in its place."""
        values = probe.samples(self.path, 0, FILL_GAPS)
        self.check_tone(values, media.tone(INDEX))
        self.check_tone(values[-3 * probe.RATE:], media.tone(INDEX))
        middle = (SECONDS + 1) * probe.RATE
        silence = values[middle:middle + (SILENT_SECONDS - 1) * probe.RATE]
        self.assertLess(max(map(abs, silence)), LOUD)
        times = probe.packet_times(self.path)[0]
        length = times[-1] - times[0]
        self.assertAlmostEqual(len(values) / probe.RATE, length, delta=0.3)

    def test_red(self):
        self.check(True)

    def test_no_red(self):
        self.check(False)


if __name__ == "__main__":
    unittest.main()
