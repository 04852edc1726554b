# SPDX-License-Identifier: LGPL-2.1-or-later
"""Participants of LiveKit's JavaScript client, in a headless Chromium.

Element Call is made with that client, and the SDK of publishers.py shares
none of its code: neither how it packs media nor how it encrypts them. A
Browser is ordered about like Publishers, but does not listen. Its orders and
answers go through a WebSocket, to a page of our own.

    with Browser(folder) as browser:
        browser.join("anna", livekit.url, livekit.token("room", "anna"),
                     encryption=OWN_KEYS)
        browser.set_key("anna", new_key(), 0)
        sid = browser.publish_video("anna", codec="vp9")["sid"]
        browser.leave("anna")
"""

import asyncio
import json
import os
import pathlib
import tempfile
import threading

from aiohttp import WSMsgType, web

import media
from orders import Orders
from processes import Child

PAGE = pathlib.Path(__file__).resolve().parent / "page"
MODULES = "INTEROP_NODE_MODULES"
# Out of reach: all but this machine. Not wanted: names instead of addresses
# in ICE candidates, and timers that are slow where nobody looks.
FLAGS = (
    "--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-timer-throttling",
    "--autoplay-policy=no-user-gesture-required",
    "--enable-logging=stderr")


class PageServer:
    """Serves the page, and passes orders and answers on.

    In a thread of its own, which also ends with the process.
    """

    def __init__(self, answers):
        self._answers = answers
        self._loop = asyncio.new_event_loop()
        self._runner = None
        self._socket = None
        self._thread = threading.Thread(
            target=self._loop.run_forever, daemon=True)

    def start(self):
        """Returns the page's URL."""
        self._thread.start()
        return f"http://127.0.0.1:{self._call(self._start())}/index.html"

    def stop(self):
        self._call(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def send(self, text):
        self._call(self._socket.send_str(text))

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(
            coroutine, self._loop).result(10)

    async def _start(self):
        library = (pathlib.Path(os.environ[MODULES]) / "livekit-client"
                   / "dist")
        application = web.Application()
        application.add_routes([
            web.get("/orders", self._orders),
            web.get("/pictures/{index}/{width}/{height}", self._pictures),
            web.get("/{file:livekit-client[a-z0-9.]*js}", lambda request:
                    self._file(library, request)),
            web.get("/{file:[a-z]*.(html|js)}", lambda request:
                    self._file(PAGE, request))])
        self._runner = web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return self._runner.addresses[0][1]

    @staticmethod
    async def _file(folder, request):
        return web.FileResponse(folder / request.match_info["file"])

    @staticmethod
    async def _pictures(request):
        index, width, height = (
            int(request.match_info[name])
            for name in ("index", "width", "height"))
        return web.Response(body=b"".join(
            media.pictures(width, height, media.colour(index))))

    async def _orders(self, request):
        self._socket = web.WebSocketResponse()
        await self._socket.prepare(request)
        async for message in self._socket:
            if message.type == WSMsgType.TEXT:
                self._answers.put(json.loads(message.data))
        self._answers.put({"error": "the page has gone"})
        return self._socket


class Browser(Orders):
    """Chromium with the page open. Use it from one thread."""

    def __init__(self, folder, name="browser"):
        super().__init__()
        self._server = PageServer(self._answers)
        # Its profile, and all else that it would leave at home.
        self._home = tempfile.TemporaryDirectory(
            prefix="browser-", ignore_cleanup_errors=True)
        self.child = Child(
            name, ["chromium", *FLAGS,
                   f"--user-data-dir={self._home.name}/profile",
                   self._server.start()],
            pathlib.Path(folder) / f"{name}.log",
            env={"HOME": self._home.name})
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            self.version, = self.wait(0)
        except BaseException:
            self.stop()
            raise

    def _watch(self):
        self.child.process.wait()
        self._answers.put(None)

    def _write(self, text):
        self._server.send(text)

    def join(self, name, url, token, index=0, encryption=None):
        """Joins; index chooses colour and tone. Returns identity and sid.

        encryption is encryption.SHARED or OWN_KEYS, or None for none.
        """
        return self.order("join", name=name, url=url, token=token,
                          index=index, tone=media.tone(index),
                          encryption=encryption)

    def statistics(self, name, sid):
        """The RTCOutboundRtpStreamStats of a video, None before its start."""
        return self.order("statistics", name=name, sid=sid)

    def stop(self):
        self.child.stop()
        self._server.stop()
        self._home.cleanup()
