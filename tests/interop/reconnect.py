# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all cases of a lost connection do: a call, something that breaks, and
a look at what became of states, pads and media."""

import os

from livekit_server import LiveKit, LiveKitServer
from processes import Timeout
from signal_proxy import SignalProxy
from stack import InteropTest
from watcher import Watcher

TINY = {"width": 160, "height": 120, "fps": 10, "bitrate": 100_000}

# The states after connected, by what happens.
UNTOUCHED = ()
RESUMED = ("signal-reconnecting", "connected")
REJOINED = ("reconnecting", "connected")
REFUSED = ("signal-reconnecting", "reconnecting", "connected")

SLOW_GAP = 2  # s: the SFU's ICE restart has to wait for our answer
RESUME_GAP = 1  # s: audio comes every 20 ms; with room for a busy machine
USUAL_RESUME_GAP = 0.2  # s: what most resumes must keep to
DRIFT = 1  # s: the timestamps of a live source keep to the clock
FLOW = 5  # s from connected to media of every track


class ReconnectTest(InteropTest):
    """A call with anna and bert in it, who publish audio and video."""

    def own_server(self):
        """A livekit-server for this case alone, that may be killed. From now
        on the case's participants go there."""
        server = LiveKitServer(os.environ["INTEROP_LIVEKIT_SERVER"],
                               self.folder, auto_create=True).start()
        self.addCleanup(server.stop)
        self.livekit = LiveKit(**server.description())
        return server

    def start_call(self, rate=None, **properties):
        """Everybody is there, and every track flows. The signalling has that
        many bytes a second."""
        self.livekit.create_room(self.room)
        tracks = []
        for index, name in enumerate(("anna", "bert")):
            self.join(name, index)
            tracks += self.publish_both(name, **TINY)
        self.proxy = SignalProxy(self.livekit.port).start()
        self.addCleanup(self.proxy.stop)
        self.proxy.slow(rate)
        self.watch(tracks, livekit_url=self.proxy.url,
                   livekit_token=self.livekit.token(self.room, "recorder"),
                   **properties)
        self.sid, = (person.sid for person
                     in self.livekit.participants(self.room)
                     if person.identity == "recorder")

    def watch(self, tracks, **properties):
        self.receiver = Watcher(**properties)
        self.addCleanup(self.receiver.close)
        self.receiver.play()
        self.receiver.wait_state("connected", 15)
        self.receiver.wait_flowing(tracks, 10)
        self.pads = self.receiver.present()
        self.assertEqual(len(self.pads), len(tracks))
        # Nothing of the start is to be counted as the fault's.
        self.receiver.wait_buffers(self.pads, 3, FLOW)
        self.mark = self.receiver.mark()
        self.receiver.reset_flows()

    def audio(self):
        return [pad for pad in self.pads if pad.name.startswith("audio")]

    def states(self):
        return self.receiver.states(self.mark)

    def wait_states(self, *alternatives, within):
        """Waits for one of these sequences of states, no more and no less."""
        try:
            self.receiver.wait_for(lambda: self.states() in alternatives,
                                   within, f"{alternatives}")
        except Timeout as error:
            raise Timeout(f"states {self.states()}: {error}") from None

    def hold(self, seconds, *states):
        """Sees that the states stay like that for so long."""
        with self.assertRaises(Timeout, msg=f"states {self.states()}"):
            self.receiver.wait_for(lambda: self.states() != states, seconds,
                                   "another state")

    def recover(self, *alternatives, within=15, gap=None):
        """Waits for the end of one of these sequences of states; media of the
        same pads must flow then, as if nothing had happened. An audio track
        may have been without a buffer for gap seconds."""
        self.wait_states(*alternatives, within=within)
        self.receiver.wait_buffers(self.pads, 5, FLOW)
        self.check_states(*alternatives)
        self.check_pads()
        self.check_media(gap)
        self.check_stats()

    def check_resume(self, link):
        """It asked for our own session."""
        self.assertEqual(link.query["reconnect"], "1")
        self.assertEqual(link.query["sid"], self.sid)

    def resume(self, within=10, gap=RESUME_GAP):
        """Waits for the first resume and checks what was asked for."""
        self.recover(RESUMED, within=within, gap=gap)
        first, second = self.proxy.upgrades
        self.assertNotIn("reconnect", first.query)
        self.check_resume(second)

    def check_states(self, *alternatives):
        self.assertIn(self.states(), alternatives)
        for kind in ("error", "warning"):
            self.assertEqual(self.receiver.all(kind), [])

    def check_pads(self):
        """They are the ones that they were: none came, ended or went."""
        for kind in ("pad-added", "pad-eos", "pad-removed"):
            self.assertEqual(self.receiver.all(kind, self.mark), [])
        self.assertEqual(self.receiver.present(), self.pads)

    def check_media(self, gap=None, pads=None):
        pads = pads or self.pads
        gaps = {str(pad): round(pad.flow.gap(), 3) for pad in pads}
        print(f"{self.id()}: states {self.states()}, longest time without a "
              f"buffer {gaps}", flush=True)
        for pad in pads:
            self.assertEqual(pad.flow.jumps, [], f"{pad} jumps back")
            self.assertLess(abs(pad.flow.drift()), DRIFT, pad)
            if gap and pad in self.audio():
                self.assertLessEqual(pad.flow.gap(), gap, pad)
            if "reconnecting" in self.states():
                self.assertGreater(pad.flow.disconts, 0,
                                   f"no DISCONT on {pad}")

    def check_stats(self):
        """The element has counted what the states tell."""
        stats = self.receiver.stats()
        states = self.states()
        print(f"{self.id()}: {stats}", flush=True)
        self.assertEqual(stats["reconnects"], states.count("reconnecting"))
        self.assertEqual(stats["resumes"], sum(
            pair == RESUMED for pair in zip(states, states[1:])))
        if states:
            self.assertGreater(stats["longest-media-gap"], 0)

    def wait_failed(self, reason=None, within=10, before=()):
        """Waits until it is given up, after the states in before, with one
        error, and returns that."""
        error = self.receiver.wait_event("error", within, self.mark)
        self.receiver.wait_state("failed", 5, self.mark)
        self.assertEqual(self.states(), (*before, "failed"))
        self.assertEqual(self.receiver.state(), "failed")
        self.assertEqual(error["details"]["code"], "CONNECTION_LOST_ERROR")
        if reason:
            self.assertIn(reason, error["debug"])
        self.assertEqual(len(self.receiver.all("error")), 1)
        self.assertEqual(self.receiver.all("warning"), [])
        return error

    def wait_ended(self, pads, within=5):
        """Waits until these pads had their EOS, and checks the others."""
        self.receiver.wait_for(
            lambda: {event.pad for event in self.receiver.all(
                "pad-eos", self.mark)} >= set(pads), within, "EOS")
        ended = {event.pad
                 for event in self.receiver.all("pad-eos", self.mark)}
        self.assertEqual(ended, set(pads))
