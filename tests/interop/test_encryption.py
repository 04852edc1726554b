# SPDX-License-Identifier: LGPL-2.1-or-later
"""Encrypted calls, with what LiveKit's native SDK encrypts."""

import time

import unittest

import encryption
import media
import probe
from decoder import Decoder
from recorder import Recorder
from stack import InteropTest

PASSPHRASE = "correct horse battery staple"
CODECS = ("vp8", "h264", "vp9")
STATE = "matrixrtc-encryption-state"


class EncryptionTest(InteropTest):
    """What all cases have in common."""

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)

    def receive(self, **properties):
        receiver = Decoder(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"),
            **properties)
        self.addCleanup(receiver.close)
        return receiver

    def check_pictures(self, receiver, sid, start, turns, seconds):
        """1.5 s after each rotation there are pictures, and good ones."""
        for turn in range(turns):
            begin = start + turn * seconds
            seen = receiver.pictures_between(
                sid, begin + 1.5, begin + seconds)
            self.assertGreater(len(seen), 5, f"rotation {turn}")
            self.assertEqual(set(seen), {0}, f"rotation {turn}")

    def check_rotation(self, orders, publish, rotations, seconds):
        """Whoever publishes with a key and an index, by orders, rotates."""
        keys = [(encryption.new_key(), index) for index in range(rotations)]
        receiver = self.receive()
        for key, index in keys:
            receiver.give_key("rotating", index, key)
        sids = publish(*keys[0])
        receiver.play()
        receiver.wait_recognised(sids, 0)
        start = time.monotonic()
        orders.wait(orders.rotate_every("rotating", keys, seconds),
                    timeout=rotations * seconds + 20)
        self.check_pictures(receiver, sids[1], start, rotations, seconds)
        receiver.wait_recognised(sids, 0)
        receiver.require_no_error()

    def join_shared(self, name, index, passphrase=PASSPHRASE):
        self.join(name, index, encryption=encryption.SHARED)
        self.publishers.set_key(name, passphrase, 0)

    def join_with_key(self, name, index, key, key_index):
        self.join(name, index, encryption=encryption.OWN_KEYS)
        self.publishers.set_key(name, key, key_index)

    def use_key(self, name, key_index):
        """Once there are tracks to use it."""
        self.publishers.use_key(name, key_index)


class Encryption(EncryptionTest):

    def test_passphrase(self):
        tracks = []
        for index, codec in enumerate(CODECS):
            self.join_shared(codec, index)
            tracks.append(self.publish_both(codec, codec=codec))
        receiver = self.receive(e2ee_passphrase=PASSPHRASE)
        receiver.play()
        for index, sids in enumerate(tracks):
            receiver.wait_recognised(sids, index)
        receiver.require_no_error()
        self.assertFalse(receiver.all("warning"))

    def test_own_keys(self):
        receiver = self.receive()
        tracks = []
        for index, codec in enumerate(CODECS):
            key, key_index = encryption.new_key(), 17 * index
            self.join_with_key(codec, index, key, key_index)
            tracks.append(self.publish_both(codec, codec=codec))
            self.use_key(codec, key_index)
            receiver.give_key(codec, key_index, key)
        receiver.play()
        for index, sids in enumerate(tracks):
            receiver.wait_recognised(sids, index)
        receiver.require_no_error()

    def test_late_key(self):
        key = encryption.new_key()
        self.join_with_key("late", 0, key, 0)
        sids = self.publish_both("late")
        receiver = self.receive()
        receiver.play()
        receiver.wait_event(STATE, 10, identity="late", state="missing-key")
        receiver.wait_for(lambda: len(receiver.present()) == 2, 5, "two pads")
        self.assertFalse(any(pad.buffers for pad in receiver.present()))
        given = time.monotonic()
        receiver.give_key("late", 0, key)
        receiver.wait_recognised(sids, 0, count=1, timeout=5)
        self.assertLess(time.monotonic() - given, 2)
        receiver.require_no_error()

    def test_wrong_key(self):
        """Costs the one, and nobody else."""
        self.join_with_key("wrong", 0, encryption.new_key(), 0)
        wrong = self.publish_both("wrong")
        key = encryption.new_key()
        self.join_with_key("right", 1, key, 0)
        right = self.publish_both("right")
        receiver = self.receive()
        receiver.give_key("wrong", 0, encryption.new_key())
        receiver.give_key("right", 0, key)
        receiver.play()
        receiver.wait_event(STATE, 10, identity="wrong", state="key-invalid")
        receiver.wait_recognised(right, 1)
        self.assertEqual([receiver.count(sid, 0) for sid in wrong], [0, 0])
        receiver.require_no_error()

    def join_plain_and_encrypted(self):
        self.join("plain", 0)
        plain = self.publish_both("plain")
        self.join_shared("encrypted", 1)
        return plain, self.publish_both("encrypted")

    def test_plain_among_encrypted(self):
        plain, encrypted = self.join_plain_and_encrypted()
        receiver = self.receive(e2ee_passphrase=PASSPHRASE)
        receiver.play()
        receiver.wait_recognised(plain, 0)
        receiver.wait_recognised(encrypted, 1)
        receiver.wait_event(STATE, 5, identity="plain", state="not-encrypted")
        self.assertEqual(len(receiver.all("warning")), 2)
        receiver.require_no_error()

    def test_plain_dropped(self):
        plain, encrypted = self.join_plain_and_encrypted()
        receiver = self.receive(
            e2ee_passphrase=PASSPHRASE, unencrypted_media="drop")
        receiver.play()
        receiver.wait_recognised(encrypted, 1)
        receiver.wait_event(STATE, 5, identity="plain", state="not-encrypted")
        self.assertEqual([receiver.count(sid, 0) for sid in plain], [0, 0])
        receiver.require_no_error()

    def test_record(self):
        """Into a file, without decoding anything."""
        for index, codec in enumerate(CODECS):
            self.join_shared(codec, index)
            self.publish_both(codec, codec=codec)
        path = self.folder / "call.mkv"
        recorder = Recorder(
            path, livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"),
            e2ee_passphrase=PASSPHRASE)
        self.addCleanup(recorder.close)
        recorder.play()
        recorder.start_file(6)
        recorder.wait_recorded(3, 15)
        recorder.finish()
        recorder.require_no_error()
        self.check_file(path, recorder)

    def check_file(self, path, recorder):
        streams = probe.streams(path)
        self.assertEqual(len(streams), 6)
        for stream, (pad, _queue, _block) in zip(streams, recorder.tracks):
            index = CODECS.index(pad.identity)
            if stream["codec_type"] == "audio":
                share = probe.share_of_tone(
                    probe.samples(path, stream["index"]), media.tone(index))
                self.assertGreater(share, 0.9, pad)
                continue
            for _y, u, v, _luma in probe.pictures(
                    path, stream["index"], 320, 240):
                self.assertLess(abs(u - media.COLOURS[index][0]), 14, pad)
                self.assertLess(abs(v - media.COLOURS[index][1]), 14, pad)


class Rotation(EncryptionTest):

    def publish(self, key, index):
        self.join_with_key("rotating", 0, key, index)
        return self.publish_both("rotating")

    def test_rotation(self):
        self.check_rotation(self.publishers, self.publish, 4, 3)


class LongRotation(Rotation):
    """A minute of it."""

    long = True
    seconds = 120

    def test_rotation(self):
        self.check_rotation(self.publishers, self.publish, 12, 5)


class BrowserTest(EncryptionTest):
    """What LiveKit's client for browsers encrypts, as Element Call does."""

    def publisher(self, name, index, kind, key, key_index, **video):
        self.browser.join(
            name, self.livekit.url, self.livekit.token(self.room, name),
            index, kind)
        self.browser.set_key(name, key, key_index)
        return [self.browser.publish_audio(name)["sid"],
                self.browser.publish_video(name, **video)["sid"]]


class OfABrowser(BrowserTest):

    def test_passphrase(self):
        sids = self.publisher("anna", 1, encryption.SHARED, PASSPHRASE, 0)
        receiver = self.receive(e2ee_passphrase=PASSPHRASE)
        receiver.play()
        receiver.wait_recognised(sids, 1)
        receiver.require_no_error()

    def test_own_keys(self):
        receiver = self.receive()
        tracks = []
        for index, codec in enumerate(CODECS):
            key = encryption.new_key()
            receiver.give_key(codec, 253 + index, key)
            tracks.append(self.publisher(
                codec, index, encryption.OWN_KEYS, key, 253 + index,
                codec=codec))
        receiver.play()
        for index, sids in enumerate(tracks):
            receiver.wait_recognised(sids, index)
        receiver.require_no_error()

    def test_spatial_layers(self):
        """Each layer of a picture is encrypted alone."""
        sids = self.publisher(
            "layers", 1, encryption.SHARED, PASSPHRASE, 0, codec="vp9",
            width=960, height=540, bitrate=1_500_000, scalability="L3T3_KEY")
        receiver = self.receive(e2ee_passphrase=PASSPHRASE)
        receiver.play()
        receiver.wait_recognised(sids, 1, count=30, timeout=20)
        pad = next(pad for pad in receiver.present()
                   if pad.track_sid == sids[1])
        self.assertFalse(receiver.all(STATE, state="key-invalid"))
        self.assertEqual(pad.caps.get_name(), "video/x-vp9")
        receiver.require_no_error()


class RotationOfABrowser(BrowserTest):

    def publish(self, key, index):
        return self.publisher(
            "rotating", 0, encryption.OWN_KEYS, key, index)

    def test_rotation(self):
        self.check_rotation(self.browser, self.publish, 3, 3)


class LongRotationOfABrowser(RotationOfABrowser):
    """A minute of it."""

    long = True
    seconds = 150

    def test_rotation(self):
        self.check_rotation(self.browser, self.publish, 12, 5)


if __name__ == "__main__":
    unittest.main()
