# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every refusal of a server becomes the right error, once."""

import unittest

from receiver import Gst, Receiver
from stack import InteropTest


class Errors(InteropTest):

    def direct(self, token=None, **properties):
        receiver = Receiver(
            livekit_url=self.livekit.url,
            livekit_token=token or self.livekit.token(self.room, "recorder"),
            **properties)
        self.addCleanup(receiver.close)
        return receiver

    def by_matrix(self, user, room_id, **properties):
        receiver = Receiver(
            homeserver=self.matrix.url, room_id=room_id,
            access_token_file=self.token_file(user),
            livekit_service_url=self.service_url, **properties)
        self.addCleanup(receiver.close)
        return receiver

    def expect(self, receiver, code, resource_error, status=None):
        """Plays, and waits for exactly this error."""
        mark = receiver.mark()
        receiver.play()
        event = receiver.wait_event("error", 20, mark)
        receiver.wait_state("failed", 5, mark)
        self.assertEqual(event["details"].get("code"), code, event)
        self.assertTrue(event["error"].matches(
            Gst.ResourceError.quark(), resource_error), event)
        if status is not None:
            self.assertEqual(event["details"].get("http-status"), status,
                             event)
        self.assertEqual(receiver.state(), "failed")
        last = receiver.src.get_property("last-error")
        self.assertIsNotNone(last)
        self.assertNotIn(self.livekit.secret, event["debug"] or "")
        receiver.close()
        self.assertEqual(len(receiver.all("error", mark)), 1)
        return event

    def test_full_room_then_room_again(self):
        """A full room is an error that the same element gets over."""
        self.livekit.create_room(self.room, max_participants=1)
        self.join("first")
        receiver = self.direct()
        event = self.expect(receiver, "INSUFFICIENT_CAPACITY_ERROR",
                            Gst.ResourceError.BUSY)
        self.assertEqual(event["details"].get("service-url",
                                              self.livekit.url),
                         self.livekit.url)
        self.publishers.leave("first")
        self.livekit.delete_room(self.room)
        self.livekit.create_room(self.room)
        self.join("second")
        track = self.publishers.publish_audio("second")["sid"]
        mark = receiver.mark()
        receiver.set(livekit_token=self.livekit.token(self.room, "recorder"))
        receiver.play()
        receiver.wait_state("connected", 10, mark)
        receiver.wait_flowing([track], 5)
        self.assertFalse(receiver.all("error", mark))

    def test_absent_room(self):
        self.expect(self.direct(), "SFU_ROOM_CREATION_RESTRICTED",
                    Gst.ResourceError.NOT_FOUND)

    def test_wrong_livekit_token(self):
        self.livekit.create_room(self.room)
        wrong = self.livekit.token(self.room, "recorder",
                                   secret="not the secret " * 3)
        event = self.expect(self.direct(wrong), "LIVEKIT_CONNECTION",
                            Gst.ResourceError.OPEN_READ, 401)
        self.assertNotIn(wrong, event["debug"] or "")

    def test_wrong_matrix_token(self):
        user = self.new_user("recorder")
        room_id = user.create_room()
        user.access_token = "syt_this_is_no_token"
        event = self.expect(self.by_matrix(user, room_id), "OPEN_ID_ERROR",
                            Gst.ResourceError.NOT_AUTHORIZED)
        self.assertNotIn(user.access_token, event["debug"] or "")

    def test_nobody_listens(self):
        """A refused connection is told, not tried for ever."""
        from processes import free_ports
        port, = free_ports("tcp")
        receiver = Receiver(
            livekit_url=f"ws://127.0.0.1:{port}", timeout=3,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(receiver.close)
        self.expect(receiver, "LIVEKIT_CONNECTION",
                    Gst.ResourceError.OPEN_READ)

    def test_no_transport(self):
        """Nobody is in the call, and the homeserver has no transports."""
        user = self.new_user("recorder")
        receiver = Receiver(
            homeserver=self.matrix.url, room_id=user.create_room(),
            access_token_file=self.token_file(user))
        self.addCleanup(receiver.close)
        self.expect(receiver, "MISSING_MATRIX_RTC_TRANSPORT",
                    Gst.ResourceError.NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
