# SPDX-License-Identifier: LGPL-2.1-or-later
"""One participant of a LiveKit room: publishes synthetic media, or listens.

Runs inside the process of publishers.py. It keeps to a picture clock of its
own instead of the SDK's, so that a late picture does not delay the next.
"""

import asyncio
import time

from livekit import rtc

import encryption as e2ee
import media
from reception import Reception

CODECS = {"vp8": rtc.VideoCodec.VP8, "h264": rtc.VideoCodec.H264,
          "vp9": rtc.VideoCodec.VP9, "av1": rtc.VideoCodec.AV1}


async def ticks(rate):
    """The times of the monotonic clock that are multiples of 1 / rate."""
    count = int(time.monotonic() * rate) + 1
    while True:
        await asyncio.sleep(max(0, count / rate - time.monotonic()))
        yield count / rate
        count += 1


class Participant:
    """A connection to a room, with its local tracks."""

    def __init__(self, index):
        self.index = index
        self.room = rtc.Room()
        self.feeds = {}  # track sid -> (task, source, track)
        self.encrypted = False
        self.is_silent = False
        self.reception = Reception(self.room)

    async def join(self, url, token, subscribe=False, encryption=None):
        options = rtc.RoomOptions(auto_subscribe=subscribe)
        if encryption:
            options.encryption = e2ee.sdk_options(encryption)
            self.encrypted = True
        await asyncio.wait_for(self.room.connect(url, token, options), 20)
        local = self.room.local_participant
        return {"sid": local.sid, "identity": local.identity}

    async def leave(self):
        for sid in list(self.feeds):
            await self._stop_feed(sid)
        self.reception.stop()
        await self.room.disconnect()

    async def publish_audio(self, dtx=False, red=True):
        feed = rtc.AudioSource(media.SAMPLE_RATE, 1, queue_size_ms=200)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", feed)
        return await self._publish(
            track, feed, self._feed_audio(feed, media.tone(self.index)),
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=dtx,
                # The server can't take encrypted sound out of RED.
                red=red and not self.encrypted))

    async def publish_video(self, codec="vp8", width=320, height=240, fps=15,
                            bitrate=300_000, noise=0, simulcast=False):
        feed = rtc.VideoSource(width, height)
        track = rtc.LocalVideoTrack.create_video_track("camera", feed)
        pictures = media.pictures(width, height, media.colour(self.index),
                                  noise)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, video_codec=CODECS[codec],
            simulcast=simulcast, video_encoding=rtc.VideoEncoding(
                max_bitrate=bitrate, max_framerate=fps))
        return await self._publish(
            track, feed,
            self._feed_video(feed, pictures, width, height, fps), options)

    async def publish_beeps(self, drift=0):
        """A beep at each full second of the monotonic clock. A sound card with
        drift gives so much more samples in a second than it says."""
        feed = rtc.AudioSource(media.SAMPLE_RATE, 1, queue_size_ms=0)
        track = rtc.LocalAudioTrack.create_audio_track("beeps", feed)
        return await self._publish(
            track, feed, self._feed_beeps(feed, drift),
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False))

    async def publish_flashes(self, width=320, height=240, fps=30):
        """A flash at each full second of the monotonic clock."""
        feed = rtc.VideoSource(width, height)
        track = rtc.LocalVideoTrack.create_video_track("flashes", feed)
        return await self._publish(
            track, feed, self._feed_flashes(feed, width, height, fps),
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False,
                video_codec=CODECS["vp8"],
                video_encoding=rtc.VideoEncoding(
                    max_bitrate=500_000, max_framerate=fps)))

    async def _publish(self, track, feed, loop, options):
        task = asyncio.create_task(loop)
        try:
            publication = await asyncio.wait_for(
                self.room.local_participant.publish_track(track, options), 20)
        except BaseException:
            task.cancel()
            raise
        self.feeds[publication.sid] = (task, feed, track)
        return {"sid": publication.sid, "time": time.monotonic()}

    async def publish_data(self, payload, **options):
        """payload is hexadecimal; options as in the SDK."""
        await self.room.local_participant.publish_data(
            bytes.fromhex(payload), **options)

    async def send_text(self, text, topic):
        """As a stream of text, which is of several packets."""
        await self.room.local_participant.send_text(text, topic=topic)

    async def describe(self, name=None, metadata=None, attributes=None):
        """Sets what others see of us; None: as it is."""
        local = self.room.local_participant
        if name is not None:
            await local.set_name(name)
        if metadata is not None:
            await local.set_metadata(metadata)
        if attributes is not None:
            await local.set_attributes(attributes)

    async def set_key(self, key, index, identity=None):
        keys = self.room.e2ee_manager.key_provider
        if isinstance(key, str):
            keys.set_shared_key(e2ee.key_bytes(key), index)
        else:
            keys.set_key(identity or self.room.local_participant.identity,
                         e2ee.key_bytes(key), index)

    async def use_key(self, index):
        """Of all tracks that are published now."""
        for cryptor in self.room.e2ee_manager.frame_cryptors():
            if cryptor.track_sid in self.feeds:
                cryptor.set_key_index(index)

    async def rotate_every(self, keys, seconds):
        for key, index in keys:
            await self.set_key(key, index)
            await self.use_key(index)
            await asyncio.sleep(seconds)

    async def be_silent(self, silent):
        """As somebody who says nothing, unlike one who is muted."""
        self.is_silent = silent

    async def unpublish(self, sid):
        await self.room.local_participant.unpublish_track(sid)
        await self._stop_feed(sid)

    def mute(self, sid, muted):
        track = self.feeds[sid][2]
        if muted:
            track.mute()
        else:
            track.unmute()

    async def _stop_feed(self, sid):
        task, feed, _track = self.feeds.pop(sid)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await feed.aclose()

    async def _feed_audio(self, feed, frequency):
        samples = media.sine(frequency)
        tone, silence = (rtc.AudioFrame(block, media.SAMPLE_RATE, 1,
                                        len(block) // 2)
                         for block in (samples, bytes(len(samples))))
        while True:
            # Waits while the queue is full.
            await feed.capture_frame(silence if self.is_silent else tone)

    @staticmethod
    async def _feed_beeps(feed, drift):
        frames = [rtc.AudioFrame(samples, media.SAMPLE_RATE, 1,
                                 len(samples) // 2)
                  for samples in (bytes(960), media.sine(1000, 10))]
        async for now in ticks(100 * (1 + drift)):
            await feed.capture_frame(frames[media.is_pulse(now)])

    @staticmethod
    async def _feed_flashes(feed, width, height, fps):
        frames = [rtc.VideoFrame(width, height, rtc.VideoBufferType.I420,
                                 bytes([luma]) * (width * height)
                                 + bytes([128]) * (width * height // 2))
                  for luma in (16, 235)]
        async for now in ticks(fps):
            feed.capture_frame(frames[media.is_pulse(now)],
                               timestamp_us=round(now * 1e6))

    @staticmethod
    async def _feed_video(feed, pictures, width, height, fps):
        frames = [rtc.VideoFrame(width, height,
                                 rtc.VideoBufferType.I420, picture)
                  for picture in pictures]
        start = time.monotonic()
        count = 0
        while True:
            feed.capture_frame(frames[count % len(frames)],
                               timestamp_us=round(count * 1e6 / fps))
            # Skip what is over already rather than sending a burst.
            count = max(count + 1, int((time.monotonic() - start) * fps))
            await asyncio.sleep(
                max(0, start + count / fps - time.monotonic()))
