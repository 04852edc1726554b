# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases in which the way to the SFU is bad, and what they look at."""

import os
import shutil
import time

from decoder import HEIGHT, WIDTH, Decoder, Track
from livekit_server import LiveKit, LiveKitServer
from network import SFU, Network
from processes import Timeout
from publishers import Publishers
from recognition import step_of
from stack import InteropTest

FPS = 15
SOUNDS = 50  # a second
# Some ten packets a picture: without retransmission hardly one is whole.
VIDEO = {"width": 640, "height": 360, "fps": FPS, "bitrate": 1_500_000,
         "noise": 40}
RECOVERY = 2  # seconds until all is well again
PROOF = 2  # seconds for which it has to stay so


class WatchedTrack(Track):
    """Knows of each picture and sound when it came."""

    def __init__(self):
        super().__init__()
        self.pictures = []  # (time, how far the bar is, None: not whole)
        self.sounds = []  # times

    def take(self, kind, data):
        super().take(kind, data)
        now = time.monotonic()
        if kind == "video":
            luma = data[:WIDTH * HEIGHT]
            self.pictures.append((now, step_of(luma, WIDTH, HEIGHT)))
        else:
            self.sounds.append(now)


class Watcher(Decoder):
    """A Decoder that is asked what came when."""

    track = WatchedTrack

    def pictures(self, sid, start, end):
        """All of that time, and those that are whole."""
        with self._changed:
            steps = [step for when, step in self.tracks[sid].pictures
                     if start <= when < end]
        return len(steps), len([step for step in steps if step is not None])

    def sounds(self, sid, start, end):
        with self._changed:
            return len([when for when in self.tracks[sid].sounds
                        if start <= when < end])

    def frames(self, sid):
        """How many came out of the pad, decodable or not."""
        return next(pad.buffers for pad in self.present()
                    if pad.track_sid == sid)

    def whole_after(self, sid, start):
        """How long after start the pictures are whole, to the last one."""
        since = None
        with self._changed:
            for when, step in self.tracks[sid].pictures:
                if step is None:
                    since = None
                elif since is None and when >= start:
                    since = when - start
        return since

    def wait_picture(self, sid, when, timeout):
        """Waits for a picture that came later than that."""
        self.wait_for(
            lambda: self.tracks[sid].pictures[-1][0] >= when, timeout,
            "a picture")

    def watch(self, seconds):
        """Lets time pass, unless there is an error. Returns its ends."""
        start = time.monotonic()
        try:
            event = self.wait_event("error", seconds)
        except Timeout:
            return start, time.monotonic()
        raise AssertionError(f"after {event.time - start:.1f} s: {event}")


class NetworkCase(InteropTest):
    """One participant, anna, on an SFU of the case's own."""

    own_network = True
    seconds = 90

    def setUp(self):
        super().setUp()
        self.network = Network(self.folder)
        self.addCleanup(self.network.stop)
        self.server = LiveKitServer(os.environ["INTEROP_LIVEKIT_SERVER"],
                                    self.folder, address=SFU,
                                    enter=self.network.enter_sfu)
        self.addCleanup(self._keep_log)
        self.addCleanup(self.server.stop)
        self.server.start()
        self.livekit = LiveKit(**self.server.description())
        self.livekit.create_room(self.room)

    def _keep_log(self):
        if self.server.log.exists():
            shutil.copy(self.server.log,
                        self.logs / (self.name_of("livekit") + ".log"))

    @property
    def publishers(self):
        if self._publishers is None:
            self._publishers = self._start(
                Publishers, "publishers", enter=self.network.enter_sfu)
        return self._publishers

    def receive(self, **properties):
        receiver = Watcher(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"),
            **properties)
        self.addCleanup(receiver.close)
        return receiver

    def watch_anna(self, codec="vp8", **properties):
        """A receiver to which all of anna's media come, and their sids."""
        self.join("anna", 1)
        sids = self.publish_both("anna", codec=codec, **VIDEO)
        receiver = self.receive(**properties)
        receiver.play()
        receiver.wait_recognised(sids, 1, count=30)
        return receiver, sids

    def watch_anna_turn_on_her_camera(self):
        """As watch_anna(), but there is no video in the first offer."""
        self.join("anna", 1)
        audio = self.publishers.publish_audio("anna")["sid"]
        receiver = self.receive()
        receiver.play()
        receiver.wait_recognised([audio], 1)
        video = self.publishers.publish_video("anna", **VIDEO)["sid"]
        receiver.wait_recognised([audio, video], 1, count=30)
        return receiver, (audio, video)

    def check_recovery(self, receiver, audio, video, mended):
        """All is well RECOVERY seconds later, and stays so."""
        start, end = mended + RECOVERY, mended + RECOVERY + PROOF
        receiver.wait_picture(
            video, end, end - time.monotonic() + RECOVERY)
        count, whole = receiver.pictures(video, start, end)
        print(f"whole again after {receiver.whole_after(video, mended)} s; "
              f"{whole} whole pictures of {count}, "
              f"{receiver.sounds(audio, start, end)} sounds")
        self.assertEqual(whole, count)
        # The encoder for H.264 leaves pictures out.
        self.assertGreater(count, 0.7 * PROOF * FPS)
        self.assertGreater(receiver.sounds(audio, start, end),
                           0.9 * PROOF * SOUNDS)
        receiver.wait_recognised([audio, video], 1)
        receiver.require_no_error()
        self.assertEqual(receiver.state(), "connected")
