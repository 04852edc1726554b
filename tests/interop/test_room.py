# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room and an access token are enough."""

import unittest

from homeserver import quote
from receiver import Gst, Receiver
from stack import InteropTest


class Room(InteropTest):

    def setUp(self):
        super().setUp()
        self.maker, self.room_id, [caller] = self.call_of_one()
        self.tracks = self.publish_both(caller)

    def call_of_one(self):
        """Somebody whose membership is in the room's state."""
        maker, room_id, callers = self.matrix_call(
            1, sticky=lambda index: False)
        return maker, room_id, list(callers)

    def make_alias(self):
        name = self.room.replace("room", "call")
        alias = f"#{name}:{self.matrix.server_name}"
        self.maker.call("PUT", f"v3/directory/room/{quote(alias)}",
                        {"room_id": self.room_id})
        return alias

    def receive(self, user, room, **properties):
        receiver = Receiver(
            homeserver=self.matrix.url, room_id=room,
            access_token_file=self.token_file(user), **properties)
        self.addCleanup(receiver.close)
        receiver.play()
        return receiver

    def test_room_id(self):
        receiver = self.receive(self.maker, self.room_id)
        receiver.wait_flowing(self.tracks, 15)
        receiver.require_no_error()

    def test_alias(self):
        receiver = self.receive(self.maker, self.make_alias())
        receiver.wait_flowing(self.tracks, 15)
        receiver.require_no_error()

    def test_stranger(self):
        """Who isn't in the room is told so, and may be let in."""
        stranger = self.new_user("stranger")
        alias = self.make_alias()
        receiver = self.receive(stranger, alias)
        event = receiver.wait_event("error", 15)
        self.assertEqual(event["details"].get("code"), "OPEN_ID_ERROR")
        self.assertTrue(event["error"].matches(
            Gst.ResourceError.quark(), Gst.ResourceError.NOT_AUTHORIZED))
        receiver.close()
        receiver = self.receive(stranger, alias, join_room=True)
        receiver.wait_flowing(self.tracks, 15)
        receiver.require_no_error()

    def test_unknown_alias(self):
        receiver = self.receive(
            self.maker, f"#nothing:{self.matrix.server_name}")
        event = receiver.wait_event("error", 15)
        self.assertTrue(event["error"].matches(
            Gst.ResourceError.quark(), Gst.ResourceError.NOT_FOUND))


if __name__ == "__main__":
    unittest.main()
