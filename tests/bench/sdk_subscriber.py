# SPDX-License-Identifier: LGPL-2.1-or-later
"""The LiveKit SDK as a receiver, with first-buffer.c's orders and answers.

    start url=URL token=TOKEN single=no|default   joins, takes all tracks
    stop                                          leaves

single=no is the classic protocol, with a peer connection for each direction.
"""

import asyncio
import sys
import time

from livekit import rtc


def say(text):
    print(text, flush=True)


class Subscriber:
    """One connection; its frames are taken and dropped."""

    def __init__(self):
        self.room = rtc.Room()
        self.room.on("track_subscribed", self._subscribed)
        self.tasks = []
        self.start = None

    def _elapsed(self):
        return (time.monotonic() - self.start) * 1000

    async def join(self, url, token, single):
        options = rtc.RoomOptions(auto_subscribe=True)
        if single == "no":
            options.single_peer_connection = False
        self.start = time.monotonic()
        await self.room.connect(url, token, options)

    async def leave(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.room.disconnect()

    def _subscribed(self, track, _publication, _participant):
        self.tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track):
        video = track.kind == rtc.TrackKind.KIND_VIDEO
        name = f"{'video' if video else 'audio'}_{track.sid}"
        say(f"pad {name} {self._elapsed():.1f}")
        stream = rtc.VideoStream(track) if video else rtc.AudioStream(track)
        waiting = True
        try:
            async for event in stream:
                # An audio stream begins with silence of the SDK's own making
                # if nothing has arrived yet; a tone does not.
                if waiting and (video or any(event.frame.data)):
                    waiting = False
                    say(f"first {name} {self._elapsed():.1f} decoded")
        finally:
            await stream.aclose()


async def main():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    subscriber = None
    say("ready")
    async for line in reader:
        order, *words = line.decode().split()
        if order == "start":
            subscriber = Subscriber()
            try:
                await subscriber.join(**dict(
                    word.split("=", 1) for word in words))
            except Exception as error:  # pylint: disable=broad-except
                say(f"error {error}")
        elif order == "stop" and subscriber:
            await subscriber.leave()
            subscriber = None
            say("stopped")


if __name__ == "__main__":
    asyncio.run(main())
