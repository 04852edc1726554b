# SPDX-License-Identifier: LGPL-2.1-or-later
"""When flashes are seen and beeps are heard, by the timestamps of the pads."""

import array
import sys
import time

from receiver import Gst, Receiver

CHAINS = {
    "video": "queue name=in ! vp8dec ! videoconvert ! "
             "video/x-raw,format=GRAY8 ! "
             "appsink name=sink sync=false async=false emit-signals=true",
    "audio": "queue name=in ! opusdec ! audioconvert ! audioresample ! "
             "audio/x-raw,format=S16LE,channels=1,rate=48000 ! "
             "appsink name=sink sync=false async=false emit-signals=true",
}
BRIGHT = 128
LOUD = 2000
QUIET_TIME = 0.3  # s between two pulses


class Pulses(Receiver):
    """A Receiver that notes the beginning of each pulse.

    Packets of the kind late ("audio", "video") seem to come later by delay
    seconds.
    """

    def __init__(self, late=None, delay=0.0, **properties):
        self.starts = {}  # track sid -> (timestamp, monotonic time), in seconds
        self._last = {}  # track sid -> when there was light or sound last
        self._late = late
        self._delay = round(delay * Gst.SECOND)
        super().__init__(**properties)
        self._handlers.append(
            self.src.connect("deep-element-added", self._element_added))

    def _element_added(self, _src, _bin, element):
        factory = element.get_factory()
        if self._late and factory \
                and factory.get_name() == "rtpjitterbuffer":
            element.get_static_pad("sink").add_probe(
                Gst.PadProbeType.BUFFER, self._delay_packet)

    def _delay_packet(self, pad, info):
        caps = pad.get_current_caps()
        if caps and caps.get_structure(0).get_string("media") == self._late:
            buffer = info.get_buffer()
            buffer.dts += self._delay
            if buffer.pts != Gst.CLOCK_TIME_NONE:
                buffer.pts += self._delay
        return Gst.PadProbeReturn.OK

    def attach(self, pad):
        kind = pad.name.partition("_")[0]
        decoder = Gst.parse_bin_from_description(CHAINS[kind], False)
        decoder.set_property("async-handling", True)
        decoder.add_pad(Gst.GhostPad.new(
            "sink", decoder.get_by_name("in").get_static_pad("sink")))
        decoder.get_by_name("sink").connect(
            "new-sample", self._sample, kind, pad.track_sid)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.pad.link(decoder.get_static_pad("sink"))

    def detach(self, pad):
        """The bin stays: it has had its EOS."""

    def _sample(self, sink, kind, sid):
        buffer = sink.emit("pull-sample").get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        when = buffer.pts / Gst.SECOND
        if kind == "video":
            if data[len(data) // 2] > BRIGHT:
                self._note(sid, when)
            return Gst.FlowReturn.OK
        samples = array.array("h", data)
        if sys.byteorder == "big":
            samples.byteswap()
        for i, sample in enumerate(samples):
            if abs(sample) > LOUD:
                self._note(sid, when + i / 48000)
                break
        return Gst.FlowReturn.OK

    def _note(self, sid, when):
        """There is light or sound at that time."""
        with self._changed:
            if when - self._last.get(sid, -1) > QUIET_TIME:
                self.starts.setdefault(sid, []).append(
                    (when, time.monotonic()))
                self._changed.notify_all()
            self._last[sid] = when

    def count(self, sid):
        with self._changed:
            return len(self.starts.get(sid, ()))

    def wait_pulses(self, sids, count, timeout):
        """Waits until there were so many of each track more than now."""
        wanted = {sid: self.count(sid) + count for sid in sids}
        self.wait_for(lambda: all(self.count(sid) >= n
                                  for sid, n in wanted.items()),
                      timeout, f"pulses {wanted}; now {self.starts}")

    def skews(self, sid, other, count):
        """(monotonic time, how much later than the other track's it is) of each
        of the last pulses of a track, but for the newest: the other's may be
        on its way."""
        with self._changed:
            others = [when for when, _time in self.starts[other]]
            return [(seen, when - nearest(others, when))
                    for when, seen in self.starts[sid][-count - 1:-1]]


def nearest(times, when):
    return min(times, key=lambda t: abs(t - when))
