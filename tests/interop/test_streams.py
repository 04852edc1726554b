# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is chosen of a call comes over the network, and nothing else does."""

import collections
import unittest

from receiver import Gst
from test_selection import CountingReceiver, ReceptionTest

NAMES = tuple(f"person{index:02}" for index in range(20))
VIDEO = {"width": 160, "height": 96, "fps": 5, "bitrate": 60_000}
AUDIO_TYPES = {111, 63}  # Opus, and RED with it, in LiveKit's offers
QUIET_SECONDS = 3


class Packets:
    """Packets of media by their payload types, as they come in: headers of
    SRTP are in clear."""

    def __init__(self):
        self.counts = collections.Counter()

    def take(self, data):
        # Of RFC 7983, and of RFC 5761: 192 to 223 are reports.
        if 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:
            self.counts[data[1] & 0x7f] += 1

    def take_all(self):
        """Those since the last time."""
        counts, self.counts = self.counts, collections.Counter()
        return counts


class WireReceiver(CountingReceiver):
    """Looks at each packet, and knows which streams there are to choose."""

    def __init__(self, **properties):
        self.packets = Packets()
        self.collection = None
        self.selected = None
        super().__init__(**properties)

    def _count(self, pad, info):
        self.packets.take(info.get_buffer().extract_dup(0, 2))
        return super()._count(pad, info)

    def _message(self, bus, message, data):
        if message.src == self.src and \
                message.type == Gst.MessageType.STREAM_COLLECTION:
            with self._changed:
                self.collection = message.parse_stream_collection()
                self._changed.notify_all()
        elif message.src == self.src and \
                message.type == Gst.MessageType.STREAMS_SELECTED:
            with self._changed:
                self.selected = {
                    message.streams_selected_get_stream(i).get_stream_id()
                    for i in range(message.streams_selected_get_size())}
                self._changed.notify_all()
        return super()._message(bus, message, data)

    def streams(self):
        """The ids of all streams in the call."""
        if self.collection is None:
            return set()
        return {self.collection.get_stream(i).get_stream_id()
                for i in range(self.collection.get_size())}

    def choose(self, streams, timeout=5):
        """Returns when the SFU has been asked."""
        self.selected = None
        self.src.send_event(Gst.Event.new_select_streams(sorted(streams)))
        self.wait_for(lambda: self.selected is not None, timeout,
                      "that streams are selected")


class StreamsTest(ReceptionTest):

    def receive(self, url, **properties):
        receiver = WireReceiver(
            livekit_url=url,
            livekit_token=self.livekit.token(self.room, "recorder"),
            **properties)
        self.addCleanup(receiver.close)
        receiver.play()
        return receiver


class Streams(StreamsTest):

    seconds = 180

    def publish(self, names):
        """What all publish, their sounds first, and their pictures."""
        self.livekit.create_room(self.room)
        sids = []
        for index, name in enumerate(names):
            self.join(name, index)
            sids.append(self.publish_both(name, **VIDEO))
        return zip(*sids)

    def check_quiet(self, receiver, sounds):
        """No packet of anything but sounds, for a while."""
        receiver.packets.take_all()
        receiver.hold(sounds, QUIET_SECONDS)
        counts = receiver.packets.take_all()
        self.assertLessEqual(set(counts), AUDIO_TYPES)
        self.assertGreater(sum(counts.values()), 0)
        return counts

    def test_audio_of_a_crowd(self):
        sounds, pictures = self.publish(NAMES)
        receiver = self.receive(self.livekit.url, media="audio")
        receiver.wait_flowing(sounds, 30)
        # Since the very first packet.
        self.assertLessEqual(set(receiver.packets.counts), AUDIO_TYPES)
        counts = self.check_quiet(receiver, sounds)
        print(f"packets by type in {QUIET_SECONDS} s: {dict(counts)}")
        self.assertEqual(receiver.streams(),
                         {f"{name}/audio/microphone" for name in NAMES})

        # The counter would see them.
        receiver.set(media="audio+video")
        receiver.wait_flowing(sounds + pictures, 30)
        self.assertFalse(set(receiver.packets.take_all()) <= AUDIO_TYPES)
        receiver.require_no_error()

    def test_selection(self):
        names = NAMES[:3]
        sounds, pictures = self.publish(names)
        ids = [f"{name}/audio/microphone" for name in names]
        receiver = self.receive(self.livekit.url)
        receiver.wait_flowing(sounds + pictures, 20)
        self.assertEqual(receiver.streams(),
                         {*ids, *(f"{name}/video/camera" for name in names)})
        receiver.choose(ids[:2])
        receiver.wait_only(sounds[:2], 10)
        self.check_quiet(receiver, sounds[:2])

        # What comes later is nobody's choice.
        late = self.publishers.publish_video(names[0], **VIDEO)["sid"]
        receiver.wait_for(lambda: len(receiver.streams()) == 7, 10,
                          "that another stream is offered")
        self.check_quiet(receiver, sounds[:2])

        receiver.choose([ids[2], f"{names[1]}/video/camera"])
        chosen = [sounds[2], pictures[1]]
        receiver.wait_flowing(chosen, 10)
        receiver.wait_only(chosen, 10)
        receiver.choose(receiver.streams())
        receiver.wait_flowing((*sounds, *pictures, late), 10)
        receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
