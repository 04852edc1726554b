# SPDX-License-Identifier: LGPL-2.1-or-later
"""The SFU itself goes, comes back, stands still, or throws somebody out."""

import unittest

from livekit.protocol import models, rtc

from authorization_service import AuthorizationServer, hashed
from processes import Timeout, wait_until
from reconnect import (FLOW, REFUSED, REJOINED, RESUME_GAP, RESUMED, TINY,
                       ReconnectTest)
from signal_proxy import NewConnections

# s until somebody who is not there after a rejoin counts as gone: he may only
# be later than we are.
LATE = 20
# What there is to see while nobody answers.
TRYING = (("signal-reconnecting",), ("signal-reconnecting", "reconnecting"))


class SfuRestart(ReconnectTest):
    """The process is killed: nobody is told anything. The SDK's participants
    come back by themselves, with their tracks under new sids."""

    seconds = 100

    def track_sids(self):
        return {pad.pad.get_property("track-sid") for pad in self.pads}

    def publishers_are_back(self, names=("anna", "bert")):
        there = {person.identity: len(person.tracks)
                 for person in self.livekit.participants(self.room)}
        return all(there.get(name) == 2 for name in names)

    def test_killed(self):
        """We come back when the others are there again."""
        server = self.own_server()
        self.start_call()
        before = self.track_sids()
        self.proxy.new_connections(NewConnections.REFUSE)
        server.kill()
        server.start_again()
        wait_until(self.publishers_are_back, 30, "publishers are back")
        self.proxy.new_connections(NewConnections.PASS)
        self.recover(REFUSED, within=20)
        self.assertFalse(before & self.track_sids())

    def test_killed_and_all_come_back_at_once(self):
        """Others may be back later than we are: their pads are kept."""
        server = self.own_server()
        self.start_call()
        server.kill()
        server.start_again()
        self.wait_states(REFUSED, within=20)
        wait_until(self.publishers_are_back, 30, "publishers are back")
        self.recover(REFUSED)

    def test_killed_for_a_while(self):
        server = self.own_server()
        self.start_call()
        server.kill()
        self.wait_states(*TRYING, within=5)
        with self.assertRaises(Timeout):
            self.wait_states(REFUSED, within=4)
        server.start_again()
        self.wait_states(REFUSED, within=20)
        wait_until(self.publishers_are_back, 30, "publishers are back")
        self.recover(REFUSED)

    def test_killed_for_good(self):
        server = self.own_server()
        self.start_call(reconnect_timeout=5)
        server.kill()
        error = self.receiver.wait_event("error", 5 + 3, self.mark)
        self.assertEqual(error["details"]["code"], "CONNECTION_LOST_ERROR")
        self.receiver.wait_state("failed", 5, self.mark)
        self.assertIn(self.states(),
                      [states + ("failed",) for states in TRYING])
        self.assertEqual(len(self.receiver.all("error")), 1)
        self.assertLess(self.receiver.close(), 3)


class SfuStandsStill(ReconnectTest):
    """No port refuses, and nothing answers."""

    seconds = 120
    long = True

    def test_stopped(self):
        """For 20 s, longer than ping_timeout. What has gone wrong until then
        depends on who looked when: others may be in new sessions too, and
        tracks that they had to publish anew after we were back are new."""
        server = self.own_server()
        self.start_call()
        self.counts = {}
        server.pause()
        try:
            with self.assertRaises(Timeout):
                self.receiver.wait_event("error", 20, self.mark)
        finally:
            server.go_on()
        self.wait_states(RESUMED, REFUSED, REJOINED, within=40)
        wait_until(self.everybody_flows, 20, "audio and video of both",
                   interval=0.5)
        self.check_states(RESUMED, REFUSED, REJOINED)

    def everybody_flows(self):
        """Whether both have two pads, with some buffers since last asked."""
        pads = self.receiver.present()
        flow = all(pad.buffers > self.counts.get(pad, pad.buffers) + 2
                   for pad in pads)
        self.counts = {pad: pad.buffers for pad in pads}
        return flow and sorted(
            (pad.identity, pad.name.partition("_")[0]) for pad in pads) == [
                (name, kind) for name in ("anna", "bert")
                for kind in ("audio", "video")]


class ThrownOut(ReconnectTest):
    """The SFU doesn't want us any more."""

    def test_participant_removed(self):
        self.start_call()
        self.livekit.remove_participant(self.room, "recorder")
        self.wait_failed("PARTICIPANT_REMOVED")
        self.check_nobody_came_back(set())

    def test_duplicate_identity(self):
        """Who was there first gives way, and doesn't come back."""
        self.start_call()
        other = self.join("recorder")["sid"]
        self.wait_failed("DUPLICATE_IDENTITY")
        self.check_nobody_came_back({other})

    def check_nobody_came_back(self, sids):
        """The sids are those of all recorders there are."""
        self.assertEqual(len(self.proxy.links), 1)
        self.assertEqual(
            {person.sid for person in self.livekit.participants(self.room)
             if person.identity == "recorder"}, sids)

    def test_room_deleted(self):
        self.start_call()
        self.livekit.delete_room(self.room)
        self.check_call_ended()

    def test_room_closed(self):
        self.start_call()
        self.proxy.inject_response(rtc.SignalResponse(leave=rtc.LeaveRequest(
            action=rtc.LeaveRequest.DISCONNECT, reason=models.ROOM_CLOSED)))
        self.check_call_ended()

    def check_call_ended(self):
        self.wait_states(("disconnected",), within=10)
        self.wait_ended(self.pads)
        self.check_states(("disconnected",))
        self.assertEqual(len(self.proxy.links), 1)


class PeopleChange(ReconnectTest):
    """Others come and go while we are away."""

    def away(self, *states):
        """Until back(): the way is cut, by now these states were told of."""
        self.proxy.new_connections(NewConnections.REFUSE)
        if states == RESUMED[:1]:
            self.proxy.cut()
        else:
            self.proxy.inject_response(rtc.SignalResponse(
                leave=rtc.LeaveRequest(action=rtc.LeaveRequest.RECONNECT)))
        self.wait_states(states, within=5)

    def back(self, *states):
        self.proxy.new_connections(NewConnections.PASS)
        self.wait_states(states, within=15)

    def check_one_left(self, name, within):
        """That one's pads end; the others are as if nothing had been."""
        gone = [pad for pad in self.pads if pad.identity == name]
        stay = [pad for pad in self.pads if pad.identity != name]
        self.wait_ended(gone, within)
        self.receiver.wait_for(
            lambda: not set(gone) & set(self.receiver.present()), 5,
            f"{gone} removed")
        self.receiver.wait_buffers(stay, 5, FLOW)
        self.assertLessEqual(set(stay), set(self.receiver.present()))
        self.check_states(self.states())
        return stay

    def test_one_leaves_during_a_resume(self):
        self.start_call()
        self.away(*RESUMED[:1])
        self.publishers.leave("bert")
        self.back(*RESUMED)
        stay = self.check_one_left("bert", 5)
        self.check_media(RESUME_GAP, stay)

    def test_one_leaves_during_a_rejoin(self):
        self.start_call()
        self.away(*REJOINED[:1])
        self.publishers.leave("bert")
        self.back(*REJOINED)
        stay = self.check_one_left("bert", LATE)
        self.check_media(pads=stay)

    def test_one_joins_during_a_rejoin(self):
        self.start_call()
        self.away(*REJOINED[:1])
        self.join("carl", 2)
        tracks = self.publish_both("carl", **TINY)
        self.back(*REJOINED)
        pads = self.receiver.wait_flowing(tracks, FLOW)
        for sid in tracks:
            self.assertEqual(pads[sid].identity, "carl")
        self.receiver.wait_buffers(self.pads, 5, FLOW)
        self.assertEqual(self.receiver.all("pad-eos", self.mark), [])
        self.assertEqual(self.receiver.present()[:len(self.pads)], self.pads)
        self.check_states(REJOINED)


class ByMatrix(ReconnectTest):
    """The token of a rejoin comes from the authorization service."""

    seconds = 120

    def test_sfu_killed(self):
        server = self.own_server()
        service = AuthorizationServer(
            self.folder, {self.matrix.server_name: self.matrix.url},
            server.url, server.key, server.secret).start()
        self.addCleanup(service.stop)
        self.service_url = service.url
        recorder, room_id, callers = self.matrix_call(2)
        tracks = []
        for name in callers:
            tracks += self.publish_both(name, **TINY)
        self.watch(tracks, homeserver=self.matrix.url, room_id=room_id,
                   access_token_file=self.token_file(recorder),
                   livekit_service_url=service.url)
        self.assertEqual(service.count(recorder.user_id),
                         {"openid_tokens": 1, "jwts": 1})
        server.kill()
        server.start_again()
        self.wait_states(REFUSED, within=30)
        alias = hashed(room_id, "m.call#ROOM")
        wait_until(
            lambda: sum(len(person.tracks) for person
                        in self.livekit.participants(alias)) == len(tracks),
            30, "publishers are back")
        self.recover(REFUSED)
        self.assertEqual(service.count(recorder.user_id),
                         {"openid_tokens": 2, "jwts": 2})


if __name__ == "__main__":
    unittest.main()
