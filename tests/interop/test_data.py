# SPDX-License-Identifier: LGPL-2.1-or-later
"""What participants send as data, and what they tell of themselves."""

import unittest

from receiver import Receiver
from signal_proxy import SignalProxy
from stack import InteropTest

DATA = "matrixrtc-data"
UPDATED = "matrixrtc-participant-updated"
PAYLOAD = bytes(range(256))


class DataTest(InteropTest):

    def join_free(self, name):
        """A participant who may say who he is."""
        return self.publishers.join(
            name, self.livekit.url, self.livekit.token(
                self.room, name, can_update_own_metadata=True))

    def receive(self, url=None):
        receiver = Receiver(
            livekit_url=url or self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(receiver.close)
        receiver.play()
        receiver.wait_state("connected", 10)
        return receiver

    @staticmethod
    def payloads(receiver):
        return [event["payload"] for event in receiver.all(DATA)]

    def wait_payload(self, receiver, payload, timeout=10):
        """The first message with that payload."""
        receiver.wait_for(lambda: payload in self.payloads(receiver), timeout,
                          f"a message with {payload[:20]}")
        return receiver.all(DATA)[self.payloads(receiver).index(payload)]


class Data(DataTest):

    def test_user_packets(self):
        self.livekit.create_room(self.room)
        sid = self.join("anna")["sid"]
        receiver = self.receive()
        self.publishers.publish_data("anna", PAYLOAD, reliable=True,
                                     topic="chat")
        event = self.wait_payload(receiver, PAYLOAD)
        self.assertEqual(
            (event["identity"], event["sid"], event["name"], event["topic"],
             event["reliable"]), ("anna", sid, "anna", "chat", True))
        # Lossy ones may get lost, if seldom here.
        for number in range(10):
            self.publishers.publish_data("anna", b"lossy%d" % number,
                                         reliable=False)
        receiver.wait_for(
            lambda: len(receiver.all(DATA)) > 5, 10, "lossy messages")
        for event in receiver.all(DATA)[1:]:
            self.assertTrue(event["payload"].startswith(b"lossy"))
            self.assertFalse(event["reliable"])
            self.assertNotIn("topic", event.data)
        receiver.require_no_error()

    def test_long_ones(self):
        """In order, and whole."""
        self.livekit.create_room(self.room)
        self.join("anna")
        receiver = self.receive()
        sent = [bytes([number]) * 14_000 for number in range(20)]
        for payload in sent:
            self.publishers.publish_data("anna", payload, reliable=True)
        self.wait_payload(receiver, sent[-1])
        self.assertTrue(self.payloads(receiver) == sent)
        receiver.require_no_error()

    def test_server(self):
        """What the server sends is nobody's. Other than what participants do,
        it isn't kept for those whose data channels aren't open yet."""
        self.livekit.create_room(self.room)
        self.join("anna")
        receiver = self.receive()
        self.publishers.publish_data("anna", b"open", reliable=True)
        self.wait_payload(receiver, b"open")
        self.livekit.send_data(self.room, b"from above", "news")
        event = self.wait_payload(receiver, b"from above")
        self.assertEqual((event["identity"], event["sid"], event["topic"]),
                         ("", "", "news"))
        receiver.require_no_error()

    def test_streams(self):
        """These aren't told, and what comes after them is."""
        self.livekit.create_room(self.room)
        self.join("anna")
        receiver = self.receive()
        self.publishers.send_text("anna", "a text in a stream", "lk.chat")
        self.publishers.publish_data("anna", b"after it", reliable=True)
        self.wait_payload(receiver, b"after it")
        self.assertEqual(self.payloads(receiver), [b"after it"])
        receiver.require_no_error()

    def test_resume(self):
        """Each is told once, whatever the signalling does meanwhile."""
        self.livekit.create_room(self.room)
        self.join("anna")
        proxy = SignalProxy(self.livekit.port).start()
        self.addCleanup(proxy.stop)
        receiver = self.receive(proxy.url)
        sent = [b"%d" % number for number in range(30)]
        for payload in sent[:10]:
            self.publishers.publish_data("anna", payload, reliable=True)
        mark = receiver.mark()
        proxy.cut()
        receiver.wait_state("signal-reconnecting", 5, mark)
        for payload in sent[10:20]:
            self.publishers.publish_data("anna", payload, reliable=True)
        receiver.wait_state("connected", 10, mark)
        for payload in sent[20:]:
            self.publishers.publish_data("anna", payload, reliable=True)
        self.wait_payload(receiver, sent[-1])
        self.assertEqual(self.payloads(receiver), sent)
        receiver.require_no_error()


class Details(DataTest):

    @staticmethod
    def attributes(person):
        return {attribute["key"]: attribute["value"]
                for attribute in person["attributes"]}

    def wait_updated(self, receiver, mark, condition):
        """The server tells of who publishes nothing each 3 s or so."""
        receiver.wait_for(
            lambda: any(event.kind == UPDATED and condition(event)
                        for event in receiver.events[mark:]),
            10, "such an update")

    def test_updates(self):
        self.livekit.create_room(self.room)
        self.join_free("anna")
        self.publishers.describe("anna", metadata="early",
                                 attributes={"hand": "down"})
        receiver = self.receive()
        receiver.wait_for(
            lambda: any(
                person["metadata"] == "early"
                and self.attributes(person) == {"hand": "down"}
                for person in receiver.participants()), 10, "details")
        mark = receiver.mark()
        self.publishers.describe("anna", name="Anna K.")
        self.wait_updated(receiver, mark,
                          lambda event: event["name"] == "Anna K.")
        self.publishers.describe("anna", metadata='{"role": "host"}')
        self.wait_updated(
            receiver, mark,
            lambda event: event["metadata"] == '{"role": "host"}')
        self.publishers.describe("anna", attributes={"lk.a b": "up"})
        self.wait_updated(
            receiver, mark, lambda event: self.attributes(event.data)
            == {"hand": "down", "lk.a b": "up"})
        person, = receiver.participants()
        self.assertEqual((person["name"], person["metadata"]),
                         ("Anna K.", '{"role": "host"}'))
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
