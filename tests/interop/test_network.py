# SPDX-License-Identifier: LGPL-2.1-or-later
"""Losses, a bottleneck, and no UDP between the receiver and the SFU."""

import time
import unittest

from network_case import FPS, SOUNDS, NetworkCase

BAD_SECONDS = 8


class LossCase(NetworkCase):

    def check(self, percent, share, watched):
        """The share of the frames that has to come at least."""
        receiver, (audio, video) = watched
        before = receiver.frames(audio), receiver.frames(video)
        self.network.loss(percent)
        start, end = receiver.watch(BAD_SECONDS)
        self.network.mend()
        mended = time.monotonic()
        sounds = receiver.frames(audio) - before[0]
        frames = receiver.frames(video) - before[1]
        _pictures, whole = receiver.pictures(video, start, end)
        sent = (end - start) * FPS
        print(f"{percent} %: {frames} frames of {sent:.0f}, {whole} whole "
              f"pictures, {sounds} packets of sound")
        self.check_recovery(receiver, audio, video, mended)
        self.assertGreater(frames, share * sent)
        self.assertGreater(
            sounds, (0.9 - percent / 100) * (end - start) * SOUNDS)


class Loss(LossCase):
    """Without retransmission one of three frames would be complete at 10 %,
    and hardly any at 30 %."""

    def test_10_percent(self):
        self.check(10, 0.6, self.watch_anna())

    def test_30_percent(self):
        self.check(30, 0.2, self.watch_anna())


class LossOfOthers(LossCase):

    long = True

    def test_10_percent_of_h264(self):
        self.check(10, 0.6, self.watch_anna("h264"))

    def test_10_percent_of_a_camera_turned_on_later(self):
        self.check(10, 0.6, self.watch_anna_turn_on_her_camera())


class LossForLong(LossCase):
    long = True

    def test_10_percent_of_vp9(self):
        self.check(10, 0.6, self.watch_anna("vp9"))


class Bottleneck(NetworkCase):

    once = True  # it is the SFU's part

    def test_500_kbit(self):
        """Of three times as much: the SFU does not know, and sends on."""
        receiver, (audio, video) = self.watch_anna()
        before = receiver.frames(audio), receiver.frames(video)
        self.network.bottleneck(500)
        start, end = receiver.watch(BAD_SECONDS)
        self.network.mend()
        mended = time.monotonic()
        sounds = receiver.frames(audio) - before[0]
        print(f"{receiver.frames(video) - before[1]} frames, "
              f"{sounds} packets of sound")
        self.check_recovery(receiver, audio, video, mended)
        self.assertGreater(sounds, 0.2 * (end - start) * SOUNDS)


class WithoutUdp(NetworkCase):

    def test_ice_tcp(self):
        self.network.block_udp()
        receiver, (audio, video) = self.watch_anna()
        self.check_recovery(receiver, audio, video, time.monotonic())

    def test_no_way(self):
        self.join("anna", 1)
        self.publish_both("anna")
        self.network.block_udp()
        self.network.block_tcp(self.server.ice_tcp_port)
        receiver = self.receive(timeout=4)
        receiver.play()
        event = receiver.wait_event("error", 15)
        self.assertEqual(event["details"]["code"], "PEER_CONNECTION_TIMEOUT",
                         event)
        receiver.wait_state("failed", 5)
        receiver.close()
        self.assertEqual(len(receiver.all("error")), 1)


if __name__ == "__main__":
    unittest.main()
