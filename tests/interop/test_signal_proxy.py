# SPDX-License-Identifier: LGPL-2.1-or-later
"""The proxy that breaks signalling breaks it as it says, and nothing else.

With clients that are not ours: a plain WebSocket, and LiveKit's SDK.
"""

import asyncio
import base64
import contextlib
import gzip
import time
import unittest

import aiohttp
from livekit.protocol import models, rtc

from processes import wait_until
from signal_proxy import NewConnections, SignalProxy
from stack import InteropTest

QUERY = {"protocol": "15", "auto_subscribe": "0", "sdk": "python"}
PATIENCE = 5  # s


def join_request(link):
    """What the SDK asks for, all in one parameter."""
    wrapped = rtc.WrappedJoinRequest.FromString(base64.urlsafe_b64decode(
        link.query["join_request"] + "=="))
    data = wrapped.join_request
    if wrapped.compression == rtc.WrappedJoinRequest.GZIP:
        data = gzip.decompress(data)
    return rtc.JoinRequest.FromString(data)


class Proxy(InteropTest):

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.proxy = SignalProxy(self.livekit.port).start()
        self.addCleanup(self.proxy.stop)
        self.token = self.livekit.token(self.room, "plain")

    @contextlib.asynccontextmanager
    async def socket(self, compress=0):
        """A WebSocket by way of the proxy."""
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(
                    self.proxy.url + "/rtc", params=QUERY, compress=compress,
                    headers={"Authorization": "Bearer " + self.token}
                    ) as websocket:
                yield websocket

    @staticmethod
    async def message(websocket, kind):
        """The next message of that kind."""
        while True:
            message = await websocket.receive(PATIENCE)
            if message.type != aiohttp.WSMsgType.BINARY:
                raise AssertionError(f"no {kind} but {message}")
            response = rtc.SignalResponse.FromString(message.data)
            if response.WhichOneof("message") == kind:
                return getattr(response, kind)

    @staticmethod
    async def end(websocket):
        """How the socket ends: its last message."""
        while True:
            message = await websocket.receive(PATIENCE)
            if message.type != aiohttp.WSMsgType.BINARY:
                return message

    async def pings(self, compress):
        """Both ways, with messages that are passed and such that aren't."""
        async with self.socket(compress) as websocket:
            join = await self.message(websocket, "join")
            self.assertEqual(join.participant.identity, "plain")
            await websocket.send_bytes(rtc.SignalRequest(
                ping_req=rtc.Ping(timestamp=1)).SerializeToString())
            pong = await self.message(websocket, "pong_resp")
            self.assertEqual(pong.last_ping_timestamp, 1)
            self.proxy.inject(rtc.SignalRequest(
                ping_req=rtc.Ping(timestamp=2)))
            pong = await self.message(websocket, "pong_resp")
            self.assertEqual(pong.last_ping_timestamp, 2)
            self.proxy.inject_response(rtc.SignalResponse(pong=3))
            self.assertEqual(await self.message(websocket, "pong"), 3)
            await websocket.send_bytes(rtc.SignalRequest(
                ping_req=rtc.Ping(timestamp=4)).SerializeToString())
            pong = await self.message(websocket, "pong_resp")
            self.assertEqual(pong.last_ping_timestamp, 4)

    def test_messages(self):
        asyncio.run(self.pings(0))
        link, = self.proxy.upgrades
        self.assertEqual(link.extensions, "")
        self.assertEqual(link.query, QUERY)
        self.assertNotIn(self.token, link.request)

    def test_messages_with_deflate(self):
        """What is injected isn't compressed, which is legal."""
        asyncio.run(self.pings(15))
        link, = self.proxy.upgrades
        self.assertIn("permessage-deflate", link.extensions)

    def test_requests(self):
        """Connections are counted, and tokens told apart but not shown."""
        asyncio.run(self.pings(0))
        self.token = self.livekit.token(self.room, "plain", hidden=True)
        asyncio.run(self.pings(0))
        self.assertEqual(len(self.proxy.links), 2)
        first, second = self.proxy.wait_upgrades(2, PATIENCE)
        self.assertNotEqual(first.token, second.token)
        self.assertEqual(first.request, second.request)

    def test_cut(self):
        async def cut(how):
            async with self.socket() as websocket:
                await self.message(websocket, "join")
                self.assertEqual(self.proxy.cut(how), 1)
                return await self.end(websocket)

        for how in ("rst", "fin"):
            message = asyncio.run(cut(how))
            self.assertNotEqual(message.type, aiohttp.WSMsgType.CLOSE)
        self.proxy.wait_for(
            lambda: all(link.closed for link in self.proxy.links),
            PATIENCE, "both links closed")

    def test_refuse(self):
        """And back on the same port."""
        async def connect():
            async with self.socket() as websocket:
                await self.message(websocket, "join")

        asyncio.run(connect())
        for _ in range(2):
            self.proxy.new_connections(NewConnections.REFUSE)
            with self.assertRaises(aiohttp.ClientConnectorError) as error:
                asyncio.run(connect())
            self.assertIsInstance(error.exception.os_error,
                                  ConnectionRefusedError)
            self.proxy.new_connections(NewConnections.PASS)
            asyncio.run(connect())
        self.assertEqual(len(self.proxy.links), 3)

    def test_stall(self):
        async def connect():
            async with asyncio.timeout(1):
                async with self.socket():
                    self.fail("an answer came")

        self.proxy.new_connections(NewConnections.STALL)
        with self.assertRaises(TimeoutError):
            asyncio.run(connect())
        self.assertEqual(self.proxy.upgrades, [])
        link, = self.proxy.links
        self.assertEqual(link.query, QUERY)
        self.proxy.wait_for(lambda: link.closed, PATIENCE, "link closed")

    def test_freeze(self):
        """The socket is there, and nothing comes of anything."""
        async def freeze():
            async with self.socket() as websocket:
                await self.message(websocket, "join")
                self.assertEqual(self.proxy.freeze(), 1)
                await websocket.send_bytes(rtc.SignalRequest(
                    ping_req=rtc.Ping(timestamp=1)).SerializeToString())
                with self.assertRaises(TimeoutError):
                    async with asyncio.timeout(1):
                        await self.message(websocket, "pong_resp")
                self.assertFalse(websocket.closed)
                self.assertEqual(self.proxy.cut(), 1)

        asyncio.run(freeze())

    def test_slow(self):
        async def join():
            start = time.monotonic()
            async with self.socket() as websocket:
                response = await self.message(websocket, "join")
            return response.ByteSize(), time.monotonic() - start

        self.proxy.slow(1000)
        size, took = asyncio.run(join())
        self.assertGreater(took, size / 1000 * 0.8)
        self.proxy.slow(None)
        _, took = asyncio.run(join())
        self.assertLess(took, size / 1000 / 2)

    def test_truncate(self):
        async def truncate():
            async with self.socket() as websocket:
                await self.message(websocket, "join")
                self.proxy.truncate()
                return await self.end(websocket)

        self.assertNotEqual(asyncio.run(truncate()).type,
                            aiohttp.WSMsgType.CLOSE)

    def test_garbage(self):
        async def garbage():
            async with self.socket() as websocket:
                await self.message(websocket, "join")
                self.proxy.inject_garbage(b"\xff" * 100)
                return await self.end(websocket)

        self.assertEqual(asyncio.run(garbage()).type,
                         aiohttp.WSMsgType.ERROR)

    def join_sdk(self):
        """A subscriber of LiveKit's SDK by way of the proxy."""
        self.join("anna", 3)
        sid = self.publishers.publish_audio("anna")["sid"]
        own = self.publishers.join(
            "sdk", self.proxy.url, self.livekit.token(self.room, "sdk"),
            subscribe=True)["sid"]
        self.publishers.wait_recognised("sdk", sid, 3)
        return sid, own

    def test_sdk_resumes(self):
        sid, own = self.join_sdk()
        before = self.proxy.upgrades
        self.proxy.cut()
        links = self.proxy.wait_upgrades(len(before) + 1, 10)
        request = join_request(links[-1])
        self.assertTrue(request.reconnect)
        self.assertEqual(request.participant_sid, own)
        self.publishers.wait_recognised("sdk", sid, 3)

    def test_sdk_is_dropped(self):
        """The server takes what is injected for the client's."""
        sid, own = self.join_sdk()
        self.proxy.simulate(node_failure=True)

        def is_back():
            found = [person for person in self.livekit.participants(self.room)
                     if person.identity == "sdk"]
            return len(found) == 1 and found[0].sid != own \
                and found[0].state == models.ParticipantInfo.ACTIVE
        wait_until(is_back, 20, "the subscriber is there anew", 0.2)
        self.publishers.wait_recognised("sdk", sid, 3)


if __name__ == "__main__":
    unittest.main()
