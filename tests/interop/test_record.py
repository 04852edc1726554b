# SPDX-License-Identifier: LGPL-2.1-or-later
"""A whole call into one file, and as RTP."""

import unittest

import media
import probe
from receiver import Receiver
from recorder import Recorder
from stack import InteropTest

PEOPLE = 3
SECONDS = 10
WIDTH, HEIGHT = 320, 240


class Record(InteropTest):

    def record(self, codec, **properties):
        """SECONDS of a Matrix call with PEOPLE in it."""
        recorder, room_id, callers = self.matrix_call(PEOPLE)
        for name in callers:
            self.publish_both(name, codec=codec, width=WIDTH, height=HEIGHT)
        return self.write(
            [caller.identity for caller in callers.values()],
            homeserver=self.matrix.url, room_id=room_id,
            access_token_file=self.token_file(recorder),
            livekit_service_url=self.service_url, **properties)

    def write(self, identities, **properties):
        """Writes the file; returns it, and kind and person per stream."""
        path = self.folder / "call.mkv"
        receiver = Recorder(path, **properties)
        self.addCleanup(receiver.close)
        receiver.play()
        receiver.wait_state("connected", 15)
        receiver.start_file(2 * len(identities))
        receiver.wait_recorded(SECONDS, SECONDS + 15)
        receiver.finish()
        receiver.close()
        receiver.require_no_error()
        self.assertEqual({pad.identity for pad, _, _ in receiver.tracks},
                         set(identities))
        return path, [(pad.name.partition("_")[0],
                       identities.index(pad.identity))
                      for pad, _, _ in receiver.tracks]

    def check(self, path, tracks, codec):
        """tracks: kind and participant of each stream of the file."""
        found = probe.streams(path)
        self.assertEqual(
            [stream["codec_name"] for stream in found],
            ["opus" if kind == "audio" else codec for kind, _ in tracks])
        times = probe.packet_times(path)
        lengths = {}
        for stream, (kind, who) in enumerate(tracks):
            with self.subTest(stream=stream, kind=kind, who=who):
                gap, when = probe.largest_gap(times[stream])
                self.assertLess(gap, 0.2, f"a hole at {when}")
                lengths[stream] = times[stream][-1] - times[stream][0]
                self.assertGreater(lengths[stream], SECONDS - 0.5)
                if kind == "audio":
                    self.check_tone(path, stream, media.tone(who))
                else:
                    self.check_picture(path, stream, media.colour(who))
        self.assertLess(max(lengths.values()) - min(lengths.values()), 0.7,
                        f"lengths {lengths}")

    def check_tone(self, path, stream, frequency):
        values = probe.samples(path, stream)
        # Where joining and leaving may cut the tone is not looked at.
        values = values[probe.RATE:-probe.RATE]
        self.assertGreater(len(values), (SECONDS - 3) * probe.RATE)
        block = values[:probe.RATE]
        self.assertGreater(probe.share_of_tone(block, frequency), 0.8)
        for who in range(PEOPLE):
            if media.tone(who) != frequency:
                self.assertLess(
                    probe.share_of_tone(block, media.tone(who)), 0.02)
        self.assertGreater(probe.quietest(values), 500, "the tone breaks off")

    def check_picture(self, path, stream, chroma):
        pictures = probe.pictures(path, stream, WIDTH, HEIGHT)
        self.assertGreater(len(pictures), SECONDS)
        for luma, u, v, _plane in pictures:
            self.assertGreater(luma, 60, "a black picture")
            self.assertAlmostEqual(u, chroma[0], delta=14)
            self.assertAlmostEqual(v, chroma[1], delta=14)
        moved = sum(
            sum(abs(a - b) for a, b in zip(one[3][:WIDTH], two[3][:WIDTH]))
            > WIDTH * 5 for one, two in zip(pictures, pictures[1:]))
        self.assertGreater(moved, len(pictures) // 2, "the picture stands")

    def test_matrix_call_into_one_file(self):
        self.check(*self.record("vp8"), "vp8")

    def test_matrix_call_into_one_file_h264(self):
        self.check(*self.record("h264"), "h264")

    def test_direct_rtp(self):
        """livekit-url and livekit-token; every pad gives RTP."""
        self.livekit.create_room(self.room)
        tracks = []
        for index in range(PEOPLE):
            self.join(f"p{index}", index)
            tracks += self.publish_both(f"p{index}")
        receiver = Receiver(
            livekit_url=self.livekit.url, output="rtp",
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(receiver.close)
        receiver.play()
        receiver.wait_state("connected", 10)
        pads = receiver.wait_flowing(tracks, 10)
        self.assertEqual(len(receiver.present()), 2 * PEOPLE)
        for pad in pads.values():
            self.assertEqual(pad.caps.get_name(), "application/x-rtp")
            self.assertEqual(pad.caps.get_string("media"),
                             pad.name.partition("_")[0])
        receiver.close()
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
