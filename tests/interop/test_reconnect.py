# SPDX-License-Identifier: LGPL-2.1-or-later
"""The connection breaks, and comes back or does not."""

import os
import pathlib
import time
import unittest

from livekit_server import LiveKit, LiveKitServer
from processes import wait_until
from proxy import Proxy
from receiver import STATE_MESSAGE, Gst, Receiver
from stack import InteropTest

BROKEN = {"signal-reconnecting", "reconnecting", "disconnected"}


class Reconnect(InteropTest):

    seconds = 90

    def receiver_at(self, port, livekit, **properties):
        receiver = Receiver(
            livekit_url=f"ws://127.0.0.1:{port}",
            livekit_token=livekit.token(self.room, "recorder"), **properties)
        self.addCleanup(receiver.close)
        return receiver

    def wait_broken(self, receiver, mark):
        receiver.wait_for(
            lambda: any(event["new"] in BROKEN for event in
                        receiver.all(STATE_MESSAGE, mark)),
            20, "the loss is told")

    def behind_proxy(self, **properties):
        """A playing receiver whose signalling goes through a proxy."""
        self.livekit.create_room(self.room)
        self.join("anna")
        self.sids = self.publish_both("anna")
        proxy = Proxy(int(self.livekit.url.rpartition(":")[2]))
        self.addCleanup(proxy.stop)
        receiver = self.receiver_at(proxy.port, self.livekit, **properties)
        receiver.play()
        receiver.wait_state("connected", 10)
        receiver.wait_flowing(self.sids, 5)
        return proxy, receiver

    def test_signalling_breaks_and_comes_back(self):
        """Resumed: the pads stay and media goes on, three times."""
        proxy, receiver = self.behind_proxy()
        pads = receiver.present()
        for _ in range(3):
            mark = receiver.mark()
            proxy.drop()
            self.wait_broken(receiver, mark)
            receiver.wait_state("connected", 15, mark)
            before = {pad: pad.buffers for pad in pads}
            wait_until(lambda before=before: all(
                pad.buffers > count + 10 for pad, count in before.items()),
                5, "media after the resume")
            self.join(f"late{mark}", 1)
            sid = self.publishers.publish_audio(f"late{mark}")["sid"]
            receiver.wait_flowing([sid], 5)
        self.assertFalse([event for event in receiver.all("pad-removed")
                          if event.pad in pads])
        receiver.require_no_error()

    def test_signalling_never_comes_back(self):
        """reconnect-timeout is kept, and the error says what it was."""
        proxy, receiver = self.behind_proxy(reconnect_timeout=4)
        mark = receiver.mark()
        start = time.monotonic()
        proxy.drop(refuse=True)
        event = receiver.wait_event("error", 20, mark)
        self.assertGreater(time.monotonic() - start, 2)
        self.assertEqual(event["details"].get("code"),
                         "CONNECTION_LOST_ERROR", event)
        self.assertTrue(event["error"].matches(
            Gst.ResourceError.quark(), Gst.ResourceError.READ), event)
        receiver.wait_state("failed", 5, mark)
        self.assertLess(receiver.close(), 3)

    def test_stop_while_reconnecting(self):
        proxy, receiver = self.behind_proxy()
        mark = receiver.mark()
        proxy.drop(refuse=True)
        self.wait_broken(receiver, mark)
        self.assertLess(receiver.ready(8), 3)
        self.assertEqual(receiver.state(), "stopped")
        receiver.require_no_error()

    def test_server_restarts(self):
        """A new server knows nobody: a full reconnect, and media again."""
        server = LiveKitServer(os.environ["INTEROP_LIVEKIT_SERVER"],
                               pathlib.Path(self.folder), "livekit-restart")
        server.start()
        self.addCleanup(server.stop)
        livekit = LiveKit(**server.description())
        livekit.create_room(self.room)
        self.publishers.join("anna", livekit.url,
                             livekit.token(self.room, "anna"))
        first = self.publishers.publish_audio("anna")["sid"]
        receiver = self.receiver_at(server.port, livekit)
        receiver.play()
        receiver.wait_flowing([first], 10)
        mark = receiver.mark()
        server.child.stop()
        self.wait_broken(receiver, mark)
        server.start_again()
        livekit.create_room(self.room)
        receiver.wait_state("connected", 40, mark)
        self.publishers.join("bert", livekit.url,
                             livekit.token(self.room, "bert"), 1)
        second = self.publishers.publish_audio("bert")["sid"]
        receiver.wait_flowing([second], 5)
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
