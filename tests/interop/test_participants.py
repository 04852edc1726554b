# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is there, with and without media."""

import unittest

from authorization_service import hashed
from receiver import Receiver
from stack import InteropTest


class Participants(InteropTest):

    def direct(self, **properties):
        receiver = Receiver(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"),
            **properties)
        self.addCleanup(receiver.close)
        return receiver

    def wait_listed(self, receiver, identities):
        receiver.wait_for(
            lambda: {person["identity"] for person
                     in receiver.participants()} == set(identities),
            5, f"participants are {identities}")

    def test_listeners_have_no_pads(self):
        self.livekit.create_room(self.room)
        early = self.join("early", subscribe=True)
        receiver = self.direct()
        receiver.play()
        receiver.wait_state("connected", 10)
        late = self.join("late", subscribe=True)
        for name, answer in (("early", early), ("late", late)):
            event = receiver.wait_event(
                "matrixrtc-participant-joined", 5, identity=name)
            self.assertEqual(event["sid"], answer["sid"])
            self.assertEqual(event["name"], name)
        self.wait_listed(receiver, {"early", "late"})
        for person in receiver.participants():
            self.assertFalse(person.get("tracks"), person)
        self.assertEqual(receiver.all("pad-added"), [])
        self.publishers.leave("early")
        receiver.wait_event("matrixrtc-participant-left", 5,
                            identity="early", sid=early["sid"])
        self.wait_listed(receiver, {"late"})
        receiver.require_no_error()

    def test_activity(self):
        """Who speaks, and how well everybody is connected."""
        self.livekit.create_room(self.room)
        self.join("anna")
        sid = self.publishers.publish_audio("anna")["sid"]
        receiver = self.direct()
        receiver.play()

        def wait_speakers(identities):
            receiver.wait_for(
                lambda: receiver.all("matrixrtc-active-speakers")
                and [speaker["identity"] for speaker in receiver.all(
                    "matrixrtc-active-speakers")[-1]["speakers"]]
                == identities, 10, f"speakers: {identities}")

        wait_speakers(["anna"])
        speaker, = receiver.all("matrixrtc-active-speakers")[-1]["speakers"]
        self.assertGreater(speaker["level"], 0)
        self.assertLessEqual(speaker["level"], 1)
        self.publishers.mute("anna", sid, True)
        wait_speakers([])
        # The server tells of it each 5 s.
        event = receiver.wait_event("matrixrtc-connection-quality", 15,
                                    identity="anna")
        self.assertIn(event["quality"], ("lost", "poor", "good", "excellent"))
        receiver.require_no_error()

    def test_pads_of_matrix_members(self):
        """Pads know whose they are, where the identity on the SFU tells."""
        recorder, room_id, callers = self.matrix_call(2)
        sids = {name: self.publishers.publish_audio(name)["sid"]
                for name in callers}
        receiver = Receiver(
            homeserver=self.matrix.url, room_id=room_id,
            access_token_file=self.token_file(recorder),
            livekit_service_url=self.service_url)
        self.addCleanup(receiver.close)
        receiver.play()
        pads = receiver.wait_flowing(sids.values(), 15)
        for name, caller in callers.items():
            pad = pads[sids[name]]
            self.assertEqual(pad.identity, caller.identity)
            # The identity of a sticky membership is a hash.
            user_id, device_id = (None, None) if caller.sticky else (
                caller.user.user_id, caller.user.device_id)
            self.assertEqual(pad.pad.get_property("user-id"), user_id)
            self.assertEqual(
                pad.pad.get_property("member-device-id"), device_id)
        self.assertEqual(len(receiver.present()), len(callers))
        receiver.require_no_error()

    def test_old_jwt_endpoint(self):
        """/sfu/get gives another identity, and the same call."""
        recorder, room_id, callers = self.matrix_call(1)
        sid = self.publishers.publish_audio("caller0")["sid"]
        receiver = Receiver(
            homeserver=self.matrix.url, room_id=room_id,
            access_token_file=self.token_file(recorder),
            livekit_service_url=self.service_url,
            force_old_jwt_endpoint=True)
        self.addCleanup(receiver.close)
        receiver.play()
        receiver.wait_flowing([sid], 15)
        self.assertIn(
            f"{recorder.user_id}:{recorder.device_id}",
            self.livekit.identities(hashed(room_id, "m.call#ROOM")))
        self.assertEqual(
            [person["identity"] for person in receiver.participants()],
            [callers["caller0"].identity])
        receiver.require_no_error()

    def test_relay_only(self):
        """Through the SFU's TURN server, with the credentials it gives."""
        self.livekit.create_room(self.room)
        self.join("anna")
        sids = self.publish_both("anna")
        receiver = self.direct(ice_transport_policy="relay")
        receiver.play()
        receiver.wait_flowing(sids, 15)
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
