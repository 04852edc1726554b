# SPDX-License-Identifier: LGPL-2.1-or-later
"""The stats property, with a good and a bad way to the SFU."""

import time
import unittest

from network_case import FPS, SOUNDS, VIDEO, NetworkCase
from receiver import plain

SECONDS = 6
LOSS = 20  # percent


class Stats(NetworkCase):

    def tracks(self, receiver, *sids):
        """Snapshots of these tracks."""
        found = receiver.track_stats()
        return [found[sid] for sid in sids]

    @staticmethod
    def difference(before, after, *fields):
        return [after[field] - before[field] for field in fields]

    def check_connection(self, receiver, start):
        stats = plain(receiver.src.get_property("stats"))
        passed = time.monotonic() - start
        [connection] = stats["connections"]
        print(connection)
        self.assertEqual(connection["service-url"], self.livekit.url)
        self.assertGreater(connection["signal-round-trip-time"], 0)
        self.assertLess(connection["signal-round-trip-time"], 0.5)
        times = connection["state-times"]
        self.assertLess(sum(times.values()), passed)
        self.assertGreater(sum(times.values()), passed - 10)
        self.assertGreater(times["connected"], SECONDS)

    def test_no_loss(self):
        start = time.monotonic()
        receiver, (audio, video) = self.watch_anna()
        before = self.tracks(receiver, audio, video)
        watched = receiver.watch(SECONDS)
        seconds = watched[1] - watched[0]
        sound, picture = after = self.tracks(receiver, audio, video)
        print(*after, sep="\n")
        for track in after:
            self.assertEqual(track["participant-identity"], "anna")
            self.assertEqual(track["packets-lost"], 0)
            self.assertEqual(track["packets-repaired"], 0)
            self.assertLess(track["jitter"], 0.2)
        [packets] = self.difference(before[0], sound, "packets-received")
        self.assertAlmostEqual(packets / seconds, SOUNDS, delta=10)
        frames, bytes_ = self.difference(
            before[1], picture, "frames-received", "bytes-received")
        self.assertGreater(frames, 0.7 * FPS * seconds)
        self.assertLess(frames, 1.2 * FPS * seconds)
        self.assertGreater(bytes_ * 8 / seconds, 0.2 * VIDEO["bitrate"])
        self.assertLess(picture["bitrate"], 3 * VIDEO["bitrate"])
        self.assertGreater(picture["bitrate"], 0.1 * VIDEO["bitrate"])
        self.assertEqual(
            (picture["frame-width"], picture["frame-height"]),
            (VIDEO["width"], VIDEO["height"]))
        self.check_connection(receiver, start)
        receiver.require_no_error()

    def test_loss(self):
        receiver, (audio, video) = self.watch_anna()
        before = self.tracks(receiver, audio, video)
        start = time.monotonic()
        self.network.loss(LOSS)
        receiver.watch(SECONDS)
        self.network.mend()
        receiver.watch(1)
        sound, picture = after = self.tracks(receiver, audio, video)
        seconds = time.monotonic() - start
        print(*after, sep="\n")
        # The server sends sounds again, too, but as if for the first time.
        lost, packets, nacks = self.difference(
            before[0], sound, "packets-lost", "packets-received",
            "nack-count")
        self.assertGreater(nacks, 0)
        self.assertAlmostEqual((lost + packets) / seconds, SOUNDS, delta=15)
        self.assertEqual(sound["retransmitted-packets-received"], 0)

        lost, again, repaired, nacks, plis, packets = self.difference(
            before[1], picture, "packets-lost",
            "retransmitted-packets-received", "packets-repaired",
            "nack-count", "pli-count", "packets-received")
        self.assertGreater(lost, 0)
        self.assertGreater(nacks, 0)
        self.assertGreater(plis, 0)
        self.assertGreaterEqual(again, repaired)
        self.assertLess(again, packets)
        share = (lost + repaired) / (lost + packets)
        self.assertGreater(share, LOSS / 100 / 4)
        self.assertLess(share, LOSS / 100 * 3)
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
