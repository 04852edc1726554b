# SPDX-License-Identifier: LGPL-2.1-or-later
"""A TCP forwarder on loopback that can fail on command.

Put before the SFU's signalling it makes the network break for signalling
only: media goes by UDP and does not pass here.
"""

import asyncio
import threading


class Proxy:
    """Forwards connections to a port of this machine."""

    def __init__(self, target):
        self.target = target
        self.port = None
        self.accepted = 0
        self._refusing = False
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(self._listen())

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(
            coroutine, self._loop).result(5)

    async def _listen(self):
        server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port or 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _accept(self, reader, writer):
        self.accepted += 1
        if self._refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(
                "127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, far_writer),
                             self._pump(far_reader, writer))

    async def _pump(self, reader, writer):
        self._writers.add(writer)
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def drop(self, refuse=False):
        """Resets all connections; with refuse the next ones too."""
        async def abort():
            self._refusing = refuse
            for writer in list(self._writers):
                writer.transport.abort()
        self._call(abort())

    def stop(self):
        self.drop(refuse=True)
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
