# SPDX-License-Identifier: LGPL-2.1-or-later
"""The way to the SFU breaks, or the SFU wants to be joined anew: the call goes
on, on the same pads."""

import contextlib
import os
import socket
import statistics
import struct
import unittest

from livekit.protocol import models, rtc

from processes import wait_until
from reconnect import (FLOW, REFUSED, REJOINED, RESUME_GAP, RESUMED,
                       SLOW_GAP, UNTOUCHED, USUAL_RESUME_GAP, ReconnectTest)
from signal_proxy import NewConnections

PING_TIMEOUT = 15  # s of livekit-server's, in which something must come


def leave(action, reason=models.UNKNOWN_REASON):
    return rtc.SignalResponse(
        leave=rtc.LeaveRequest(action=action, reason=reason))


def received_by_tcp(port):
    """Bytes that came on this process's TCP connections to that port."""
    total = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            sock = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue  # none, or closed by now
        with sock:
            with contextlib.suppress(OSError):
                if sock.type == socket.SOCK_STREAM \
                        and sock.getpeername()[1:2] == (port,):
                    info = sock.getsockopt(
                        socket.IPPROTO_TCP, socket.TCP_INFO, 136)
                    total += struct.unpack_from("=Q", info, 128)[0]
    return total


class Signalling(ReconnectTest):
    """The socket is lost; the SFU and the media are not."""

    def test_reset(self):
        self.start_call()
        self.assertEqual(self.proxy.cut("rst"), 1)
        self.resume()

    def test_end_of_stream(self):
        self.start_call()
        self.assertEqual(self.proxy.cut("fin"), 1)
        self.resume()

    def test_truncated_message(self):
        self.start_call()
        self.proxy.truncate()
        self.resume()

    def test_garbage(self):
        """No WebSocket frame begins like that."""
        self.start_call()
        self.proxy.inject_garbage(b"\xff" * 64)
        self.resume()

    def test_again_and_again(self):
        """Each resume leaves nothing that the next one stumbles over."""
        self.start_call()
        states = ()
        gaps = []
        for _ in range(5):
            self.receiver.reset_flows()
            self.proxy.cut()
            states += RESUMED
            self.recover(states, within=10, gap=RESUME_GAP)
            gaps.append(max(pad.flow.gap() for pad in self.audio()))
        print("gaps", gaps, flush=True)
        self.assertLessEqual(statistics.median(gaps), USUAL_RESUME_GAP, gaps)
        for link in self.proxy.upgrades[1:]:
            self.check_resume(link)

    def test_refused_for_a_while(self):
        self.start_call()
        self.proxy.new_connections(NewConnections.REFUSE)
        self.proxy.cut()
        self.wait_states(RESUMED[:1], within=5)
        self.hold(3, *RESUMED[:1])
        self.proxy.new_connections(NewConnections.PASS)
        self.resume(within=15)

    def test_no_answer_for_a_while(self):
        """An attempt that is accepted and not answered ends by itself."""
        self.start_call(timeout=4)
        self.proxy.new_connections(NewConnections.STALL)
        self.proxy.cut()
        self.wait_states(RESUMED[:1], within=5)
        self.proxy.wait_for(
            lambda: len(self.proxy.links) > 1 and self.proxy.links[1].closed,
            10, "the stalled attempt given up")
        self.proxy.new_connections(NewConnections.PASS)
        self.resume(within=15)

    def test_slow_join(self):
        """A thin line is no dead one."""
        self.start_call(rate=20_000)
        self.hold(2)
        self.check_states(UNTOUCHED)
        self.check_pads()
        self.check_media(RESUME_GAP)

    def test_slow_resume(self):
        """The SFU stops sending as it restarts ICE, until it has our answer:
        the media wait for the line."""
        self.start_call()
        self.proxy.slow(20_000)
        self.proxy.cut()
        self.resume(within=20, gap=SLOW_GAP)

    def test_leave_with_resume(self):
        """The server asks for a new socket."""
        self.start_call()
        self.proxy.inject_response(leave(rtc.LeaveRequest.RESUME))
        self.resume()

    def test_disconnect_signal_on_resume(self):
        """The resumed socket is closed at once, when all has been sent. The
        first resume may have become one before, or not; its ICE restart has
        begun and needs the second, which comes 0.3 s later."""
        self.start_call()
        self.proxy.simulate(disconnect_signal_on_resume=True)
        self.proxy.cut()
        self.proxy.wait_upgrades(3, 15)
        self.recover(RESUMED, RESUMED + RESUMED, gap=SLOW_GAP)

    def test_disconnect_signal_on_resume_no_messages(self):
        """The server hangs up before it says a word, once: it tries three
        times by itself and then answers with an error."""
        self.start_call()
        self.proxy.simulate(disconnect_signal_on_resume_no_messages=True)
        self.proxy.cut()
        self.recover(RESUMED, within=30, gap=RESUME_GAP)
        self.check_resume(self.proxy.upgrades[-1])
        self.assertGreater(len(self.proxy.links), 2)


class HalfOpen(ReconnectTest):
    """Nothing comes any more, and nobody says so."""

    seconds = 90
    long = True

    def test_frozen(self):
        self.start_call()
        self.proxy.freeze()
        self.hold(PING_TIMEOUT - 7)
        self.resume(within=PING_TIMEOUT + 10)


class Scenarios(ReconnectTest):
    """What the server simulates when it is asked to, by our own socket."""

    def test_node_failure(self):
        self.start_call()
        self.proxy.simulate(node_failure=True)
        self.recover(REFUSED)

    def test_migration(self):
        self.start_call()
        self.proxy.simulate(migration=True)
        self.recover(REFUSED)

    def test_server_leave(self):
        """The server goes down in good order: it will come back."""
        self.start_call()
        self.proxy.simulate(server_leave=True)
        self.recover(REJOINED)

    def test_leave_request_full_reconnect(self):
        """The server does nothing then, so what it would is done here."""
        self.start_call()
        self.proxy.simulate(leave_request_full_reconnect=True)
        self.receiver.wait_buffers(self.pads, 15, FLOW)
        self.check_states(UNTOUCHED)
        self.proxy.inject_response(leave(
            rtc.LeaveRequest.RECONNECT, models.STATE_MISMATCH))
        self.recover(REJOINED)

    def test_rejoin_again_and_again(self):
        self.start_call()
        states = ()
        for _ in range(3):
            self.proxy.inject_response(leave(rtc.LeaveRequest.RECONNECT))
            states += REJOINED
            self.recover(states)

    def test_resume_after_rejoin(self):
        """With the new session's sid."""
        self.start_call()
        self.proxy.inject_response(leave(rtc.LeaveRequest.RECONNECT))
        self.recover(REJOINED)
        sid, = (person.sid for person in self.livekit.participants(self.room)
                if person.identity == "recorder")
        self.assertNotEqual(sid, self.sid)
        self.proxy.cut()
        self.recover(REJOINED + RESUMED)
        self.assertEqual(self.proxy.upgrades[-1].query["sid"], sid)

    def test_switch_candidate_protocol(self):
        """To TCP, and back to UDP: an ICE restart with the socket alive."""
        port = self.own_server().ice_tcp_port
        self.start_call()
        for protocol in (rtc.TCP, rtc.UDP):
            self.proxy.simulate(switch_candidate_protocol=protocol)
            wait_until(
                lambda protocol=protocol: self.comes_by_tcp(port)
                == (protocol == rtc.TCP),
                15, f"media by protocol {protocol}")
        self.recover(UNTOUCHED)

    def comes_by_tcp(self, port):
        """Whether media do: a socket for them may be there unused."""
        before = received_by_tcp(port)
        self.receiver.wait_buffers(self.pads, 15, FLOW)
        return received_by_tcp(port) > before

    def test_subscriber_bandwidth(self):
        """Audio gets through a narrow line, and all through a wide one."""
        self.start_call()
        self.proxy.simulate(subscriber_bandwidth=60_000)
        before = [pad.buffers for pad in self.pads]
        self.receiver.wait_buffers(self.audio(), 150, FLOW)
        print("buffers while narrow", {
            str(pad): pad.buffers - count
            for pad, count in zip(self.pads, before)}, flush=True)
        self.proxy.simulate(subscriber_bandwidth=0)
        self.recover(UNTOUCHED, gap=RESUME_GAP)

    def test_speaker_update(self):
        self.start_call()
        self.proxy.simulate(speaker_update=1)
        self.receiver.wait_buffers(self.audio(), 75, FLOW)
        self.recover(UNTOUCHED, gap=RESUME_GAP)
        print("speakers", self.receiver.all(
            "matrixrtc-active-speakers", self.mark), flush=True)


if __name__ == "__main__":
    unittest.main()
