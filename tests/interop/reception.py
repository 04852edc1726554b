# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a participant of publishers.py receives: how much, and whose it is."""

import asyncio

from livekit import rtc
from livekit.rtc._proto import e2ee_pb2

from probe import RATE
from recognition import Recognition


class Reception:
    """Listens to all tracks that a room subscribes to."""

    def __init__(self, room):
        self.room = room
        self.received = {}  # track sid -> what came of it
        self.encryption = {}  # identity -> all states there were, in order
        self._listeners = {}  # track sid -> task
        self._changed = asyncio.Event()
        room.on("track_subscribed", self._subscribed)
        room.on("track_unsubscribed", self._unsubscribed)
        room.on("e2ee_state_changed", self._encryption_changed)

    def stop(self):
        for sid in list(self._listeners):
            self._stop_listener(sid)

    def report(self):
        """What was received, and who is there, as this participant sees."""
        return {"tracks": self.received, "encryption": self.encryption,
                "participants": sorted(self.room.remote_participants)}

    async def wait_recognised(self, sid, index, count, timeout):
        wanted = self._recognised(sid, index) + count
        await self._wait_until(
            lambda: self._recognised(sid, index) >= wanted, timeout)

    async def wait_encryption(self, identity, state, timeout):
        await self._wait_until(
            lambda: state in self.encryption.get(identity, ()), timeout)

    def _recognised(self, sid, index):
        return self.received.get(sid, {}).get("recognised", {}).get(index, 0)

    async def _wait_until(self, condition, timeout):
        """Asks condition() whenever something has happened."""
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(
                f"not within {timeout} s, there is {self.report()}") from None

    def _notify(self):
        self._changed.set()
        self._changed = asyncio.Event()

    def _encryption_changed(self, participant, state):
        self.encryption.setdefault(participant.identity, []).append(
            e2ee_pb2.EncryptionState.Name(state).lower())
        self._notify()

    def _subscribed(self, track, publication, participant):
        recognition = Recognition()
        self.received[track.sid] = {
            "identity": participant.identity, "frames": 0,
            "recognised": recognition.counts,
            "kind": "video" if track.kind == rtc.TrackKind.KIND_VIDEO
                    else "audio", "mime": publication.mime_type}
        self._listeners[track.sid] = asyncio.create_task(
            self._listen(track, recognition))

    def _unsubscribed(self, track, _publication, _participant):
        self._stop_listener(track.sid)

    def _stop_listener(self, sid):
        task = self._listeners.pop(sid, None)
        if task:
            task.cancel()

    async def _listen(self, track, recognition):
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
            take = recognition.see
        else:
            stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)
            take = recognition.hear
        try:
            async for event in stream:
                self.received[track.sid]["frames"] += 1
                take(event.frame)
                self._notify()
        finally:
            await stream.aclose()
