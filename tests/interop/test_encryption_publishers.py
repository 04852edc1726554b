# SPDX-License-Identifier: LGPL-2.1-or-later
"""The publishers of encrypted media themselves, without the plugin.

The SDK's own subscriber must be able to decrypt them with the right key, and
not without. If one of these fails, what the plugin makes of them proves
nothing.
"""

import unittest

from encryption import OWN_KEYS, SHARED, new_key
from processes import wait_until
from stack import InteropTest

PASSPHRASE = "correct horse battery staple"
INDEX = 200  # more than the SDK's key ring holds if nobody asks for more


class Encrypted(InteropTest):
    """A room with a listener who is told keys by hand."""

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)

    def listen(self, encryption):
        self.join("listener", subscribe=True, encryption=encryption)

    def wait_recognised(self, index, sids, **options):
        for sid in sids:
            self.publishers.wait_recognised("listener", sid, index, **options)

    def require_unrecognised(self, sids):
        tracks = self.publishers.report("listener")["tracks"]
        for sid in sids:
            self.assertEqual(tracks.get(sid, {}).get("recognised", {}), {})


class OfTheSDK(Encrypted):
    """Publishers of the Python SDK."""

    def publisher(self, name, index, encryption, keys, **video):
        """Publishes both; keys are set, as (key, index), and the last used."""
        self.join(name, index, encryption=encryption)
        for key, key_index in keys:
            self.publishers.set_key(name, key, key_index)
        sids = self.publish_both(name, **video)
        for _key, key_index in keys[-1:]:
            self.publishers.use_key(name, key_index)
        return sids

    def test_passphrase(self):
        """Every codec, and one participant who encrypts nothing."""
        sids = {}
        for index, codec in enumerate(("vp8", "vp9", "h264")):
            sids[index] = self.publisher(
                codec, index, SHARED, [(PASSPHRASE, 0)], codec=codec)
        sids[3] = self.publisher("plain", 3, None, [])
        self.listen(SHARED)
        # The SDK does not tell of keys that fail if they may fail for ever.
        self.wait_recognised(3, sids[3], count=20)
        for index in range(3):
            self.require_unrecognised(sids[index])
        self.publishers.set_key("listener", PASSPHRASE, 0)
        for index, tracks in sids.items():
            self.wait_recognised(index, tracks)

    def test_own_keys(self):
        sids, keys = {}, {}
        for index, codec in enumerate(("vp8", "vp9", "h264")):
            keys[codec] = new_key()
            sids[index] = self.publisher(
                codec, index, OWN_KEYS, [(keys[codec], index)], codec=codec)
        self.listen(OWN_KEYS)
        for index, codec in enumerate(keys):
            self.publishers.set_key("listener", keys[codec], index, codec)
        for index, tracks in sids.items():
            self.wait_recognised(index, tracks)

    def test_rotation(self):
        """What comes after it can't be read with the key from before."""
        first, second = new_key(), new_key()
        sids = self.publisher("anna", 1, OWN_KEYS, [(first, INDEX)])
        self.listen(OWN_KEYS)
        self.publishers.set_key("listener", first, INDEX, "anna")
        self.wait_recognised(1, sids)
        self.publishers.rotate("anna", second, INDEX + 1)
        self.publishers.wait_encryption("listener", "anna", "missing_key")
        self.publishers.set_key("listener", second, INDEX + 1, "anna")
        self.wait_recognised(1, sids)

    def test_wrong_key_then_right_key(self):
        key = new_key()
        sids = self.publisher("anna", 1, OWN_KEYS, [(key, INDEX)])
        self.listen(OWN_KEYS)
        self.publishers.set_key("listener", new_key(), INDEX, "anna")
        self.publishers.wait_encryption(
            "listener", "anna", "decryption_failed")
        self.require_unrecognised(sids)
        self.publishers.set_key("listener", key, INDEX, "anna")
        self.wait_recognised(1, sids)

    def test_late_key(self):
        key = new_key()
        sids = self.publisher("anna", 1, OWN_KEYS, [(key, INDEX)])
        self.listen(OWN_KEYS)
        self.publishers.wait_encryption("listener", "anna", "missing_key")
        self.require_unrecognised(sids)
        self.publishers.set_key("listener", key, INDEX, "anna")
        self.wait_recognised(1, sids)


class OfABrowser(Encrypted):
    """Publishers of the client for browsers."""

    def publisher(self, name, index, encryption, key, key_index, **video):
        self.browser.join(
            name, self.livekit.url, self.livekit.token(self.room, name),
            index, encryption)
        if encryption:
            self.browser.set_key(name, key, key_index)
        return [self.browser.publish_audio(name)["sid"],
                self.browser.publish_video(name, **video)["sid"]]

    def test_passphrase(self):
        self.listen(SHARED)
        sids = self.publisher("anna", 1, SHARED, PASSPHRASE, 0)
        plain = self.publisher("plain", 2, None, None, 0)
        self.wait_recognised(2, plain, count=20)
        self.require_unrecognised(sids)
        self.publishers.set_key("listener", PASSPHRASE, 0)
        self.wait_recognised(1, sids)

    def test_own_keys(self):
        """Every codec that is worth it, first with a wrong key."""
        keys, sids = {}, {}
        self.listen(OWN_KEYS)
        for index, codec in enumerate(("vp8", "vp9", "h264")):
            keys[codec] = new_key()
            self.publishers.set_key("listener", new_key(), INDEX, codec)
            sids[codec] = self.publisher(
                codec, index, OWN_KEYS, keys[codec], INDEX, codec=codec)
        for index, codec in enumerate(keys):
            self.publishers.wait_encryption(
                "listener", codec, "decryption_failed")
            self.require_unrecognised(sids[codec])
            self.publishers.set_key("listener", keys[codec], INDEX, codec)
            self.wait_recognised(index, sids[codec])
            self.check_codec(sids[codec][1], codec)

    def check_codec(self, sid, codec):
        track = self.publishers.report("listener")["tracks"][sid]
        self.assertEqual(track["mime"].lower(), "video/" + codec)

    def test_layers_of_vp9(self):
        """Each spatial layer is encrypted by itself.

        Smaller pictures than these have no three layers.
        """
        key = new_key()
        self.listen(OWN_KEYS)
        self.publishers.set_key("listener", key, INDEX, "anna")
        sids = self.publisher("anna", 1, OWN_KEYS, key, INDEX, codec="vp9",
                              width=960, height=540, bitrate=1_500_000)
        self.wait_recognised(1, sids)
        wait_until(lambda: self.scalability(sids[1]) == "L3T3_KEY", 10,
                   "three spatial layers")

    def scalability(self, sid):
        statistics = self.browser.statistics("anna", sid) or {}
        return statistics.get("scalabilityMode")

    def test_rotation(self):
        """Through all indices there can be, and round to the first."""
        keys = [(new_key(), index) for index in (254, 255, 0)]
        self.listen(OWN_KEYS)
        for key, index in keys[:-1]:
            self.publishers.set_key("listener", key, index, "anna")
        sids = self.publisher("anna", 1, OWN_KEYS, *keys[0])
        self.wait_recognised(1, sids)
        rotation = self.browser.rotate_every("anna", keys, 1)
        self.publishers.wait_encryption("listener", "anna", "missing_key")
        self.browser.wait(rotation)
        self.publishers.set_key("listener", *keys[-1], "anna")
        self.wait_recognised(1, sids)


if __name__ == "__main__":
    unittest.main()
