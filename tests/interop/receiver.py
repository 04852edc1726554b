# SPDX-License-Identifier: LGPL-2.1-or-later
"""matrixrtcsrc in a pipeline, and everything it tells, as one list of events.

Callbacks come on the element's threads. They only append to the list; a test
waits for what it wants to see in it, with a deadline.
"""

import collections
import gc
import threading
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402  pylint: disable=C0413

from processes import Timeout  # noqa: E402  pylint: disable=C0413

Gst.init(None)

STATE_MESSAGE = "matrixrtc-connection-state"


class Event:
    """Something that happened: kind is a bus message's structure name,
    'error', 'warning', 'eos', or 'pad-added', 'pad-removed', 'pad-buffer'
    (the first one), 'pad-eos'."""

    def __init__(self, kind, pad=None, **data):
        self.time = time.monotonic()
        self.kind = kind
        self.pad = pad
        self.data = data

    def __getitem__(self, name):
        return self.data[name]

    def __repr__(self):
        pad = f" {self.pad}" if self.pad else ""
        return f"{self.kind}{pad} {self.data}"


class Pad:
    """What is known of a source pad, also after its removal."""

    def __init__(self, pad):
        self.pad = pad
        self.name = pad.get_name()
        self.identity = pad.get_property("participant-identity")
        self.track_sid = pad.get_property("track-sid")
        self.sink = None
        self.buffers = 0
        self.caps = None
        self.eos = False
        self.removed = False

    def __repr__(self):
        return f"{self.name} ({self.identity} {self.track_sid})"


def is_filler(info):
    """Whether it stands in for media that doesn't come."""
    return bool(info.type & Gst.PadProbeType.BUFFER) \
        and info.get_buffer().has_flags(Gst.BufferFlags.GAP)


def plain(structure):
    """A GstStructure as a dict; what Python can't hold becomes text."""
    result = {}
    for index in range(structure.n_fields()):
        name = structure.nth_field_name(index)
        found, values = structure.get_list(name)
        if found:
            items = [values.get_nth(i) for i in range(values.n_values)]
            result[name] = [
                plain(item) if isinstance(item, Gst.Structure) else item
                for item in items]
            continue
        try:
            value = structure.get_value(name)
        except TypeError:
            value = None
        if isinstance(value, Gst.Structure):
            value = plain(value)
        elif isinstance(value, GLib.Bytes):
            value = value.get_data()  # it is gone with the structure
        result[name] = value
    return result


class Receiver:
    """A pipeline with one matrixrtcsrc; each pad gets a fakesink.

    Subclasses change attach() to do something else with the pads.
    """

    def __init__(self, **properties):
        self.events = []
        self.pads = {}
        self._changed = threading.Condition()
        self.pipeline = Gst.Pipeline.new(None)
        self.src = Gst.ElementFactory.make("matrixrtcsrc")
        if self.src is None:
            raise RuntimeError(
                "there is no element matrixrtcsrc: give --build DIR or set "
                "GST_PLUGIN_PATH; gst-inspect-1.0 -b tells of plugins that "
                "could not be loaded")
        self.set(**properties)
        self.pipeline.add(self.src)
        self._handlers = [
            self.src.connect("pad-added", self._pad_added),
            self.src.connect("pad-removed", self._pad_removed)]
        self.pipeline.get_bus().set_sync_handler(self._message, None)

    def set(self, **properties):
        """Sets properties of the element; '_' stands for '-'."""
        for name, value in properties.items():
            name = name.replace("_", "-")
            if self.src.find_property(name) is None:
                raise AssertionError(f"there is no property {name}")
            if isinstance(value, str):
                Gst.util_set_object_arg(self.src, name, value)
            else:
                self.src.set_property(name, value)

    def track_stats(self):
        """The numbers of all tracks at one moment, by their sids."""
        stats = plain(self.src.get_property("stats"))
        return {track["track-sid"]: track for track in stats["tracks"]}

    # Events

    def _add(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def forget(self):
        """Empties the list: who measures memory must not fill it."""
        with self._changed:
            self.events.clear()

    def mark(self):
        """The present end of the list, for since= below."""
        with self._changed:
            return len(self.events)

    def wait_for(self, condition, timeout, what):
        """Waits until condition() is true; it is asked at every event."""
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise Timeout(
                    f"not within {timeout} s: {what}; connection-state "
                    f"{self.state()}; last of {len(self.events)} events: "
                    + "\n  ".join(map(repr, self.events[-12:])))

    def all(self, kind, since=0, **data):
        """The events of that kind which have these data."""
        with self._changed:
            return [event for event in self.events[since:]
                    if event.kind == kind and all(
                        event.data.get(name) == value
                        for name, value in data.items())]

    def wait_event(self, kind, timeout, since=0, **data):
        """The first event of that kind with these data."""
        self.wait_for(lambda: self.all(kind, since, **data), timeout,
                      f"{kind} {data or ''}")
        return self.all(kind, since, **data)[0]

    def wait_state(self, state, timeout, since=0):
        """The message that tells of a connection state."""
        return self.wait_event(STATE_MESSAGE, timeout, since, new=state)

    def wait_flowing(self, tracks, timeout):
        """Waits until each of these tracks has a pad with a buffer."""
        wanted = set(tracks)

        def flowing():
            return wanted <= {pad.track_sid for pad in self.present()
                              if pad.buffers}
        try:
            self.wait_for(flowing, timeout, "buffers of every track")
        except Timeout as error:
            lacking = wanted - {pad.track_sid for pad in self.present()
                                if pad.buffers}
            raise Timeout(f"without buffers: {sorted(lacking)}; pads: "
                          f"{self.present()}; {error}") from None
        return {pad.track_sid: pad for pad in self.present()}

    def present(self):
        """The pads that are there now."""
        with self._changed:
            return [pad for pad in self.pads.values() if not pad.removed]

    def elements(self):
        """The pipeline's elements, those in others too, counted by kind."""
        iterator = self.pipeline.iterate_recurse()
        kinds = collections.Counter()
        while True:
            result, element = iterator.next()
            if result == Gst.IteratorResult.DONE:
                return kinds
            if result == Gst.IteratorResult.RESYNC:
                iterator.resync()
                kinds.clear()
            elif result == Gst.IteratorResult.OK:
                kinds[type(element).__name__] += 1
            else:
                raise AssertionError("the pipeline can't be iterated")

    def require_no_error(self):
        errors = self.all("error")
        if errors:
            raise AssertionError(f"errors on the bus: {errors}")

    # State

    def state(self):
        """The connection-state property's nick."""
        return self.src.get_property("connection-state").value_nick

    def participants(self):
        """The participants property as a list of dicts."""
        structure = self.src.get_property("participants")
        if structure is None:
            return []
        if structure.get_name() != "matrixrtc-participants":
            raise AssertionError(structure.to_string())
        return plain(structure)["participants"]

    def set_state(self, state, timeout=5):
        """Changes the pipeline's state; returns the seconds that took.

        On a thread of its own: a change of state that hangs must fail a
        test, not hold it.
        """
        result = []

        def change():
            result.append(self.pipeline.set_state(state))
        start = time.monotonic()
        thread = threading.Thread(target=change, daemon=True)
        thread.start()
        thread.join(timeout)
        if not result:
            raise Timeout(f"set_state({state.value_nick}) hangs")
        if result[0] == Gst.StateChangeReturn.FAILURE \
                and state > Gst.State.READY:
            raise AssertionError(f"could not go to {state.value_nick}")
        return time.monotonic() - start

    def play(self):
        return self.set_state(Gst.State.PLAYING)

    def ready(self, timeout=5):
        return self.set_state(Gst.State.READY, timeout)

    def close(self, timeout=5):
        """To NULL; also safe after a failure."""
        return self.set_state(Gst.State.NULL, timeout)

    def release(self):
        """Lets go of the element, which must be in NULL.

        Returns a function that tells whether it has been freed.

        The handlers hold us and we hold the element, in a way that Python's
        garbage collector does not see through.
        """
        freed = []
        for handler in self._handlers:
            self.src.disconnect(handler)
        self.pipeline.get_bus().set_sync_handler(None, None)
        self.pipeline.remove(self.src)
        self.events.clear()
        self.pads.clear()
        self.src.weak_ref(lambda: freed.append(True))
        self.src = self.pipeline = None

        def is_freed():
            gc.collect()
            return bool(freed)
        return is_freed

    # Callbacks of the element's threads

    def _message(self, bus, message, _data):
        structure = message.get_structure()
        if message.type in (Gst.MessageType.ERROR, Gst.MessageType.WARNING):
            if message.type == Gst.MessageType.ERROR:
                error, debug = message.parse_error()
                details, kind = message.parse_error_details(), "error"
            else:
                error, debug = message.parse_warning()
                details, kind = message.parse_warning_details(), "warning"
            self._add(Event(kind, error=error, debug=debug,
                            source=message.src.get_name(),
                            details=plain(details) if details else {}))
        elif message.type == Gst.MessageType.EOS:
            self._add(Event("eos"))
        elif message.type == Gst.MessageType.ELEMENT and structure:
            self._add(Event(structure.get_name(), **plain(structure)))
        # A handler that drops a message has to free it, which Python can't:
        # let them pass, and take those from the queue that passed before.
        while bus.pop():
            pass
        return Gst.BusSyncReply.PASS

    def _pad_added(self, _element, gst_pad):
        pad = Pad(gst_pad)
        with self._changed:
            self.pads[gst_pad] = pad
        gst_pad.add_probe(
            Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
            | Gst.PadProbeType.EVENT_DOWNSTREAM, self._probe, pad)
        self.attach(pad)
        self._add(Event("pad-added", pad))

    def _pad_removed(self, _element, gst_pad):
        with self._changed:
            pad = self.pads.get(gst_pad)
        if pad is None:
            return
        pad.removed = True
        self.detach(pad)
        self._add(Event("pad-removed", pad))
        with self._changed:
            self.pads.pop(gst_pad, None)
        pad.pad = None

    def _probe(self, gst_pad, info, pad):
        if info.type & Gst.PadProbeType.EVENT_DOWNSTREAM:
            if info.get_event().type == Gst.EventType.EOS:
                pad.eos = True
                self._add(Event("pad-eos", pad))
            return Gst.PadProbeReturn.OK
        if is_filler(info):
            return Gst.PadProbeReturn.OK
        if pad.buffers == 0:
            # Before it counts: who sees a buffer may look at its caps.
            caps = gst_pad.get_current_caps()
            pad.caps = caps.get_structure(0).copy() if caps else None
        pad.buffers += 1
        if pad.buffers == 1:
            self._add(Event("pad-buffer", pad))
        return Gst.PadProbeReturn.OK

    def attach(self, pad):
        """Gives a new pad a sink that takes everything at once."""
        pad.sink = Gst.ElementFactory.make("fakesink")
        pad.sink.set_property("sync", False)
        pad.sink.set_property("async", False)
        self.pipeline.add(pad.sink)
        pad.sink.sync_state_with_parent()
        if pad.pad.link(pad.sink.get_static_pad("sink")) \
                != Gst.PadLinkReturn.OK:
            self._add(Event("error", pad, error="pad does not link"))

    def detach(self, pad):
        """Removes the sink of a pad that went."""
        if pad.sink:
            pad.sink.set_state(Gst.State.NULL)
            self.pipeline.remove(pad.sink)
            pad.sink = None
