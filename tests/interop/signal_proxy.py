# SPDX-License-Identifier: LGPL-2.1-or-later
"""A TCP proxy before livekit-server's port that breaks what it is told to.

    with SignalProxy(port) as proxy:
        receiver = Receiver(livekit_url=proxy.url, ...)
        proxy.cut()                                  # RST to both sides
        proxy.wait_upgrades(2, 5)[-1].query["sid"]   # who came back, and how
        proxy.simulate(node_failure=True)            # as if the client asked

Media don't come this way, only the signalling (and RoomService, if it is asked
through the proxy). The proxy runs on a thread of its own; all of it is told
and asked from one other thread.
"""

import asyncio
import contextlib
import enum
import hashlib
import socket
import struct
import threading
import urllib.parse

from livekit.protocol import rtc

import websocket_frames
from processes import Timeout

HEAD_END = b"\r\n\r\n"
PIECES = 20  # a second, of a slow connection


class NewConnections(enum.Enum):
    """What becomes of those who connect."""

    PASS = "pass"
    REFUSE = "refuse"  # as if nobody listened
    STALL = "stall"  # accepted, and then nothing


class Way:
    """One direction of a connection."""

    def __init__(self, link, reader, writer):
        self.link = link
        self.reader = reader
        self.writer = writer
        self.frames = None  # once it is a WebSocket
        self._inserts = []  # waiting for the end of a message
        self._turn = asyncio.Lock()

    async def run(self):
        """Passes bytes on until the sender ends; the receiver is then told."""
        while data := await self.reader.read(1 << 16):
            if self.link.frozen:
                continue
            for piece in self.frames.feed(data) if self.frames else [data]:
                await self._pass(piece)
        if not self.link.frozen and self.writer.can_write_eof():
            self.writer.write_eof()

    async def _pass(self, piece):
        async with self._turn:
            if self.frames is None:
                await self._write(piece)
                return
            if self.link.must_truncate(self, piece):
                await self._write(piece[:len(piece) // 2])
                self.link.cut("fin")
                return
            await self._write(piece)
            self.frames.passed(piece)
            if not self.frames.within_message:
                inserts, self._inserts = self._inserts, []
                await self._write(b"".join(inserts))

    async def insert(self, data):
        """Bytes of our own, between two messages."""
        async with self._turn:
            if self.frames.within_message:
                self._inserts.append(data)
            else:
                await self._write(data)

    async def _write(self, data):
        """With as many bytes a second as the link may have."""
        while data:
            rate = self.link.rate
            size = max(1, rate // PIECES) if rate else len(data)
            self.writer.write(data[:size])
            await self.writer.drain()
            if rate:
                await asyncio.sleep(size / rate)
            data = data[size:]


class Link:
    """A client's connection, and the proxy's to the server for it.

    Attributes to look at: request, the request line (without a token); query,
    its parameters; token, a hash that tells one token from another; extensions
    that the client offered; status, of the server's answer; closed.
    """

    def __init__(self, reader, writer, proxy):
        self._client = reader, writer
        self._proxy = proxy
        self._writers = [writer]
        self._truncate = False
        self.to_server = self.to_client = None
        self.rate = proxy.rate
        self.frozen = False
        self.request = self.token = self.extensions = self.status = None
        self.query = {}
        self.closed = False

    async def run(self, stall):
        """Until both sides have ended, or it is cut."""
        try:
            await self._read_request(stall)
        except (OSError, EOFError):
            # One side is gone without a goodbye: so must be the other.
            self.cut()
        finally:
            self.closed = True
            for writer in self._writers:
                writer.close()
            self._proxy.changed()

    async def _read_request(self, stall):
        reader, writer = self._client
        head = await reader.readuntil(HEAD_END)
        self._note_request(head.decode("latin-1"))
        if stall:
            self.frozen = True
            await reader.read(-1)
            return
        server_reader, server_writer = await asyncio.open_connection(
            "127.0.0.1", self._proxy.server_port)
        self._writers.append(server_writer)
        self.to_server = Way(self, reader, server_writer)
        self.to_client = Way(self, server_reader, writer)
        server_writer.write(head)
        head = await server_reader.readuntil(HEAD_END)
        self.status = int(head.split(None, 2)[1])
        if self.status == 101:
            self.to_server.frames = websocket_frames.Frames()
            self.to_client.frames = websocket_frames.Frames()
        writer.write(head)
        self._proxy.changed()
        await asyncio.gather(self.to_server.run(), self.to_client.run())

    def _note_request(self, head):
        first, *lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value
                   in (line.partition(":") for line in lines)}
        method, target, version = first.split()
        url = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(
            url.query, keep_blank_values=True))
        token = query.pop("access_token", headers.get("authorization", ""))
        self.token = hashlib.sha256(
            token.removeprefix("Bearer ").encode()).hexdigest()
        self.query = query
        self.extensions = headers.get("sec-websocket-extensions", "")
        self.request = (f"{method} {url.path}?"
                        f"{urllib.parse.urlencode(query)} {version}")
        self._proxy.changed()

    @property
    def open(self):
        """Whether it is a WebSocket that lives."""
        return self.status == 101 and not self.closed

    def must_truncate(self, way, frame):
        return self._truncate and way is self.to_client \
            and websocket_frames.is_data(frame)

    async def truncate(self):
        """Ends the link in the middle of the server's next data frame."""
        self._truncate = True
        # That may be any frame: then the ping comes too late.
        with contextlib.suppress(ConnectionError):
            await self.to_server.insert(websocket_frames.make(
                rtc.SignalRequest(ping=1).SerializeToString(), masked=True))

    def cut(self, how="rst"):
        """Ends both sides."""
        for writer in self._writers:
            if how == "rst" and not writer.is_closing():
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


class SignalProxy:
    """The proxy, from the outside."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.rate = None
        self.links = []  # all there ever were, oldest first
        self._mode = NewConnections.PASS
        self._condition = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, daemon=True)
        self._server = None
        # Keeps the port ours while nobody listens on it.
        self._reservation = self._socket(0)
        self.port = self._reservation.getsockname()[1]

    @staticmethod
    def _socket(port):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        return sock

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._thread.start()
        self._do(self._listen())
        return self

    def stop(self):
        if self._loop.is_closed():
            return
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        self._reservation.close()

    # Faults

    def new_connections(self, mode):
        """What becomes of those who connect from now on."""
        self._do(self._set_mode(mode))

    def cut(self, how="rst"):
        """Ends all connections, by 'rst' or 'fin'; returns how many."""
        return self._do(self._for_each(lambda link: link.cut(how)))

    def freeze(self):
        """Lets nothing through any more on the present connections, and tells
        neither side; what is sent is lost."""
        def freeze(link):
            link.frozen = True
        return self._do(self._for_each(freeze))

    def slow(self, rate):
        """Bytes a second for each direction, also of connections that are to
        come; None is no limit."""
        def slow(link):
            link.rate = rate
        self.rate = rate
        return self._do(self._for_each(slow))

    def truncate(self):
        """Ends the newest WebSocket within the next message of the server,
        which is asked for one."""
        self._do(self._newest().truncate())

    # Messages of our own, on the newest WebSocket

    def inject(self, request):
        """A SignalRequest to the server as if the client had sent it."""
        self._insert("to_server", websocket_frames.make(
            request.SerializeToString(), masked=True))

    def simulate(self, **scenario):
        """One field of SimulateScenario, such as node_failure=True."""
        self.inject(rtc.SignalRequest(
            simulate=rtc.SimulateScenario(**scenario)))

    def inject_response(self, response):
        """A SignalResponse to the client as if the server had sent it."""
        self._insert("to_client", websocket_frames.make(
            response.SerializeToString(), masked=False))

    def inject_garbage(self, data):
        """Any bytes to the client, between two messages of the server."""
        self._insert("to_client", data)

    # What there was

    def changed(self):
        with self._condition:
            self._condition.notify_all()

    @property
    def upgrades(self):
        """The links that became WebSockets, oldest first."""
        return [link for link in self.links if link.status == 101]

    def wait_for(self, condition, timeout, what):
        """Waits until condition() is true; asked whenever something happens
        to a link."""
        with self._condition:
            if not self._condition.wait_for(condition, timeout):
                raise Timeout(f"not within {timeout} s: {what}; there were "
                              f"{[link.request for link in self.links]}")

    def wait_upgrades(self, count, timeout):
        """Waits for that many WebSockets since the start; returns them."""
        self.wait_for(lambda: len(self.upgrades) >= count, timeout,
                      f"{count} WebSockets")
        return self.upgrades

    # On the proxy's thread

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(
            coroutine, self._loop).result(10)

    async def _for_each(self, action):
        links = [link for link in self.links if not link.closed]
        for link in links:
            action(link)
        return len(links)

    def _newest(self):
        return next(link for link in reversed(self.links) if link.open)

    def _insert(self, way, data):
        self._do(getattr(self._newest(), way).insert(data))

    async def _listen(self):
        self._server = await asyncio.start_server(
            self._accept, sock=self._socket(self.port))

    async def _set_mode(self, mode):
        self._mode = mode
        if mode == NewConnections.REFUSE:
            self._server.close()
        elif not self._server.is_serving():
            await self._listen()

    async def _accept(self, reader, writer):
        link = Link(reader, writer, self)
        with self._condition:
            self.links.append(link)
        await link.run(self._mode == NewConnections.STALL)

    async def _end(self):
        self._server.close()
        for link in self.links:
            link.cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
