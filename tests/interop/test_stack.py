# SPDX-License-Identifier: LGPL-2.1-or-later
"""The servers and publishers themselves, without the plugin.

If one of these fails, look here first: the rest proves nothing then.
"""

import json
import unittest

from authorization_service import hashed
from processes import wait_until
from stack import InteropTest
from homeserver import MatrixError, request


class Hashing(unittest.TestCase):
    """The vectors that all implementations share."""

    def test_vectors(self):
        self.assertEqual(hashed("!roomid:example.com", "slot1234"),
                         "O8437W3+jmzMVjoIP3tNwbm+XxHQk2iKpOA7aqw3qSc")
        self.assertEqual(
            hashed("@alice:example.com", "DEVICE123", "memberABC"),
            "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU")


class Stack(InteropTest):

    def test_media_reaches_a_subscriber(self):
        """Every codec that the tests use can be published and received."""
        self.livekit.create_room(self.room)
        self.join("listener", subscribe=True)
        sids = {}
        for index, codec in enumerate(("vp8", "h264", "vp9", "av1")):
            name = "publisher-" + codec
            self.join(name, index)
            video = self.publishers.publish_video(name, codec=codec)
            sids[video["sid"]] = "video/" + codec.upper()
        sids[self.publishers.publish_audio("publisher-vp8")["sid"]] = None

        def arrived():
            tracks = self.publishers.report("listener")["tracks"]
            return (set(sids) <= set(tracks) and tracks) if all(
                tracks.get(sid, {}).get("frames", 0) > 5
                for sid in sids) else None

        tracks = wait_until(arrived, 15, "five frames of each track", 0.2)
        for sid, mime in sids.items():
            if mime:
                self.assertEqual(tracks[sid]["mime"].lower(), mime.lower())
        self.publishers.leave("publisher-av1")
        wait_until(lambda: "publisher-av1" not in self.livekit.identities(
            self.room), 5, "the server noticed the leave")

    def test_matrix_call(self):
        """Both kinds of member get on the SFU, as who they should be."""
        _recorder, room_id, callers = self.matrix_call(2)
        legacy, sticky = callers["caller0"], callers["caller1"]
        self.assertEqual(
            legacy.identity,
            f"{legacy.user.user_id}:{legacy.user.device_id}")
        self.assertEqual(sticky.identity, hashed(
            sticky.user.user_id, sticky.user.device_id, sticky.member_id))
        self.assertEqual(
            self.livekit.identities(hashed(room_id, "m.call#ROOM")),
            {legacy.identity, sticky.identity})

    def test_authorization_service_is_strict(self):
        user = self.new_user("strict")
        openid = user.openid_token()
        body = {"room_id": "!r:localhost", "slot_id": "m.call#ROOM",
                "openid_token": openid,
                "member": {"id": "m", "claimed_user_id": user.user_id,
                           "claimed_device_id": user.device_id}}

        def refused(**changes):
            with self.assertRaises(MatrixError) as caught:
                request("POST", self.service_url + "/get_token",
                        {**body, **changes})
            return (caught.exception.status,
                    json.loads(caught.exception.body)["errcode"])

        self.assertIn("jwt", request(
            "POST", self.service_url + "/get_token", body))
        self.assertEqual(refused(more=1), (400, "M_NOT_JSON"))
        self.assertEqual(refused(openid_token={**openid, "more": 1}),
                         (400, "M_NOT_JSON"))
        self.assertEqual(refused(openid_token={**openid, "expires_in": 1.5}),
                         (400, "M_NOT_JSON"))
        self.assertEqual(refused(slot_id=""), (400, "M_BAD_JSON"))
        self.assertEqual(refused(delay_id="x"), (400, "M_BAD_JSON"))
        self.assertEqual(
            refused(openid_token={**openid, "access_token": "wrong"}),
            (401, "M_UNAUTHORIZED"))
        self.assertEqual(
            refused(member={**body["member"],
                            "claimed_user_id": "@other:localhost"}),
            (401, "M_UNAUTHORIZED"))
