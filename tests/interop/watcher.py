# SPDX-License-Identifier: LGPL-2.1-or-later
"""matrixrtcsrc in a pipeline, with an eye on when its buffers come and what
their timestamps are."""

import time

from processes import Timeout, wait_until
from receiver import STATE_MESSAGE, Gst, Receiver, is_filler, plain


class Flow:
    """The buffers of one pad since the last reset()."""

    def __init__(self):
        self.last = time.monotonic()  # when a buffer came
        self.pts = None  # of the last buffer
        self.start = None  # when the first one came, and its timestamp
        self.jumps = []  # back: (timestamp before, timestamp after)
        self.reset()

    def reset(self):
        self.longest = 0  # s without a buffer
        self.disconts = 0

    def take(self, buffer):
        now = time.monotonic()
        self.longest = max(self.longest, now - self.last)
        self.last = now
        if buffer.has_flags(Gst.BufferFlags.DISCONT):
            self.disconts += 1
        if buffer.pts == Gst.CLOCK_TIME_NONE:
            return
        if self.pts is not None and buffer.pts < self.pts:
            self.jumps.append((self.pts, buffer.pts))
        self.pts = buffer.pts
        if self.start is None:
            self.start = now, buffer.pts

    def gap(self):
        """The longest time without a buffer, in s; it may last still."""
        return max(self.longest, time.monotonic() - self.last)

    def drift(self):
        """By how many s timestamps went otherwise than time did."""
        start, pts = self.start
        return (self.pts - pts) / Gst.SECOND - (self.last - start)


class Watcher(Receiver):
    """A Receiver whose Pads have a flow too."""

    def attach(self, pad):
        pad.flow = Flow()
        super().attach(pad)

    def _probe(self, gst_pad, info, pad):
        if is_filler(info):
            pass
        elif info.type & Gst.PadProbeType.BUFFER:
            pad.flow.take(info.get_buffer())
        elif info.type & Gst.PadProbeType.BUFFER_LIST:
            buffers = info.get_buffer_list()
            for index in range(buffers.length()):
                pad.flow.take(buffers.get(index))
        return super()._probe(gst_pad, info, pad)

    def reset_flows(self):
        for pad in self.present():
            pad.flow.reset()

    def states(self, since=0):
        """The connection states that were told of, which must make a chain."""
        events = self.all(STATE_MESSAGE, since)
        for before, after in zip(events, events[1:]):
            if after["old"] != before["new"]:
                raise AssertionError(f"no chain of states: {events}")
        return tuple(event["new"] for event in events)

    def wait_buffers(self, pads, count, timeout):
        """Waits until each of these pads had that many buffers more."""
        wanted = {pad: pad.buffers + count for pad in pads}
        try:
            wait_until(lambda: all(pad.buffers >= wanted[pad]
                                   for pad in pads), timeout, "buffers")
        except Timeout:
            still = [pad for pad in pads if pad.buffers < wanted[pad]]
            raise Timeout(
                f"less than {count} buffers within {timeout} s: {still}; "
                f"connection-state {self.state()}; "
                f"{self.states()}") from None

    def stats(self):
        """The stats property as a dict."""
        return plain(self.src.get_property("stats"))
