# SPDX-License-Identifier: LGPL-2.1-or-later
"""Records all pads into one Matroska file, as an application would.

The muxer wants to know all its tracks before the first buffer, so pads are
collected behind blocked queues and linked when all of them are there.
"""

from receiver import Gst, Receiver


class Recorder(Receiver):
    """A Receiver whose pads go to a file."""

    def __init__(self, path, **properties):
        super().__init__(**properties)
        self.path = path
        self.tracks = []  # (Pad, queue, probe id), in the file's order
        self._written = {}  # Pad -> (first, last) timestamp

    def attach(self, pad):
        queue = Gst.ElementFactory.make("queue")
        for limit in ("max-size-buffers", "max-size-bytes", "max-size-time"):
            queue.set_property(limit, 0)
        self.pipeline.add(queue)
        block = queue.get_static_pad("src").add_probe(
            Gst.PadProbeType.BLOCK_DOWNSTREAM,
            lambda *_: Gst.PadProbeReturn.OK)
        # An allocation query would wait behind the block, and the media with
        # it; nobody there has memory to offer.
        queue.get_static_pad("sink").add_probe(
            Gst.PadProbeType.QUERY_DOWNSTREAM, self._no_allocation)
        queue.sync_state_with_parent()
        pad.pad.link(queue.get_static_pad("sink"))
        self.tracks.append((pad, queue, block))

    @staticmethod
    def _no_allocation(_gst_pad, info):
        if info.get_query().type == Gst.QueryType.ALLOCATION:
            return Gst.PadProbeReturn.DROP
        return Gst.PadProbeReturn.OK

    def detach(self, pad):
        """The queue stays: what is in it belongs to the file."""

    def start_file(self, count, timeout=10):
        """Waits for that many pads with media, then muxes them."""
        self.wait_for(
            lambda: sum(1 for pad, _, _ in self.tracks if pad.buffers)
            >= count, timeout, f"{count} pads with buffers")
        mux = Gst.ElementFactory.make("matroskamux")
        sink = Gst.ElementFactory.make("filesink")
        sink.set_property("location", str(self.path))
        sink.set_property("async", False)
        for element in (mux, sink):
            self.pipeline.add(element)
        mux.link(sink)
        sources = []
        for pad, queue, _block in self.tracks:
            last = queue
            if pad.caps.get_name() == "video/x-h264":
                last = Gst.ElementFactory.make("h264parse")
                self.pipeline.add(last)
                queue.link(last)
                last.sync_state_with_parent()
            kind = pad.name.partition("_")[0]
            target = mux.request_pad_simple(kind + "_%u")
            target.add_probe(Gst.PadProbeType.BUFFER, self._count, pad)
            sources.append((last.get_static_pad("src"), target))
        for source, target in sources:
            source.link(target)
        for element in (sink, mux):
            element.sync_state_with_parent()
        for _pad, queue, block in self.tracks:
            queue.get_static_pad("src").remove_probe(block)

    def _count(self, _gst_pad, info, pad):
        pts = info.get_buffer().pts
        if pts == Gst.CLOCK_TIME_NONE:
            return Gst.PadProbeReturn.OK
        with self._changed:
            first, _last = self._written.get(pad, (pts, pts))
            self._written[pad] = (first, pts)
            self._changed.notify_all()
        return Gst.PadProbeReturn.OK

    def wait_recorded(self, seconds, timeout):
        """Waits until every track of the file is that long."""
        def enough():
            return len(self._written) == len(self.tracks) and all(
                last - first >= seconds * Gst.SECOND
                for first, last in self._written.values())
        self.wait_for(enough, timeout, f"{seconds} s of every track")

    def finish(self, timeout=10):
        """Ends the file as gst-launch-1.0 -e does, and waits until it is
        written."""
        self.pipeline.send_event(Gst.Event.new_eos())
        self.wait_event("eos", timeout)
