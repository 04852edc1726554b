# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decodes all pads and tells by what is seen and heard whose they are.

That a pad has buffers says nothing about an encrypted call: what comes out
has to be somebody's picture and somebody's tone.
"""

import array
import sys
import time

from probe import RATE
from processes import Timeout
from receiver import GLib, Gst, Receiver, is_filler
from recognition import Recognition

WIDTH, HEIGHT = 320, 240
CHAINS = {
    "video": "queue name=in ! decodebin ! videoconvert ! videoscale ! "
             f"video/x-raw,format=I420,width={WIDTH},height={HEIGHT} ! "
             "appsink name=sink sync=false async=false "
             "emit-signals=true",
    "audio": "queue name=in ! decodebin ! audioconvert ! audioresample ! "
             f"audio/x-raw,format=S16LE,channels=1,rate={RATE} ! "
             "appsink name=sink sync=false async=false "
             "emit-signals=true",
}


class Picture:
    """An I420 picture as the recognition wants it."""

    def __init__(self, data):
        self.data = data

    def get_plane(self, plane):
        size = WIDTH * HEIGHT
        start = (0, size, size * 5 // 4)[plane]
        return self.data[start:start + (size if plane == 0 else size // 4)]


class Sound:
    """Samples as the recognition wants them."""

    def __init__(self, data):
        self.data = array.array("h", data)
        if sys.byteorder == "big":
            self.data.byteswap()


class Track(Recognition):
    """What was decoded of one track."""

    def __init__(self):
        super().__init__()
        self.seen = []  # (time, index or None) of each picture
        self.taken = 0
        self.bin = None

    def __repr__(self):
        return f"{self.counts} of {self.taken}"

    def take(self, kind, data):
        self.taken += 1
        if kind == "audio":
            self.hear(Sound(data))
            return
        before = dict(self.counts)
        self.see(Picture(data))
        changed = [index for index, count in self.counts.items()
                   if count != before.get(index, 0)]
        self.seen.append((time.monotonic(), changed[0] if changed else None))


class Decoder(Receiver):
    """A Receiver that looks at its pads."""

    track = Track  # what it makes for each

    def __init__(self, **properties):
        self.tracks = {}  # track sid -> Track
        super().__init__(**properties)

    def give_key(self, identity, index, key):
        self.src.emit("set-media-key", identity, index, GLib.Bytes.new(key))

    def attach(self, pad):
        kind = pad.name.partition("_")[0]
        track = self.tracks.setdefault(pad.track_sid, self.track())
        track.bin = Gst.parse_bin_from_description(CHAINS[kind], False)
        # A decoder that waits for data must not hold up the others.
        track.bin.set_property("async-handling", True)
        track.bin.add_pad(Gst.GhostPad.new(
            "sink", track.bin.get_by_name("in").get_static_pad("sink")))
        track.bin.get_by_name("sink").connect(
            "new-sample", self._sample, kind, track)
        self.pipeline.add(track.bin)
        track.bin.sync_state_with_parent()
        pad.pad.link(track.bin.get_static_pad("sink"))

    def detach(self, pad):
        """The bin stays: it has had its EOS."""

    def _probe(self, gst_pad, info, pad):
        if is_filler(info):
            return Gst.PadProbeReturn.DROP
        return super()._probe(gst_pad, info, pad)

    def _sample(self, sink, kind, track):
        buffer = sink.emit("pull-sample").get_buffer()
        with self._changed:
            track.take(kind, buffer.extract_dup(0, buffer.get_size()))
            self._changed.notify_all()
        return Gst.FlowReturn.OK

    def count(self, sid, index):
        """How often the index-th participant was recognised on a track."""
        with self._changed:
            track = self.tracks.get(sid)
            return track.counts.get(index, 0) if track else 0

    def wait_recognised(self, sids, index, count=5, timeout=10):
        """Waits until each track was recognised so often more than now."""
        wanted = {sid: self.count(sid, index) + count for sid in sids}
        try:
            self.wait_for(
                lambda: all(self.count(sid, index) >= n
                            for sid, n in wanted.items()),
                timeout, f"participant {index} on {wanted}")
        except Timeout as error:
            raise Timeout(f"decoded: {self.tracks}; {error}") from None

    def pictures_between(self, sid, start, end):
        """Whose pictures were decoded in that time."""
        with self._changed:
            return [index for when, index in self.tracks[sid].seen
                    if start <= when < end]
