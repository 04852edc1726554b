# SPDX-License-Identifier: LGPL-2.1-or-later
"""Encoded media in files, for publishers that only have to send them."""

import math
import struct

import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402  pylint: disable=C0413

SECONDS = 10
FPS = 15
SIZE = (320, 180)
BITRATE = 150_000
AUDIO_PACKETS = 50  # a second
PAYLOAD = 1180  # bytes of a packet that are media

AUDIO = (f"audiotestsrc num-buffers={SECONDS * AUDIO_PACKETS} "
         "samplesperbuffer=960 wave=ticks ! audio/x-raw,rate=48000 "
         "! opusenc frame-size=20 bitrate=32000 ! oggmux "
         "! filesink location=")
# A key frame each second: nobody makes one when it is asked for.
VIDEO = (f"videotestsrc num-buffers={SECONDS * FPS} pattern=ball "
         f"! video/x-raw,width={SIZE[0]},height={SIZE[1]},framerate={FPS}/1 "
         f"! vp8enc deadline=1 target-bitrate={BITRATE} end-usage=cbr "
         f"keyframe-max-dist={FPS} ! appsink name=frames sync=false")


def _run(pipeline):
    message = pipeline.get_bus().timed_pop_filtered(
        60 * Gst.SECOND, Gst.MessageType.ERROR | Gst.MessageType.EOS)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise RuntimeError("the media can't be encoded")


def make_audio(path):
    """An Ogg file of Opus."""
    Gst.init(None)
    pipeline = Gst.parse_launch(AUDIO + str(path))
    pipeline.set_state(Gst.State.PLAYING)
    _run(pipeline)


def make_video(path):
    """An IVF file of VP8. Returns how many packets it makes in a second."""
    Gst.init(None)
    pipeline = Gst.parse_launch(VIDEO)
    sink = pipeline.get_by_name("frames")
    pipeline.set_state(Gst.State.PLAYING)
    frames = []
    while sample := sink.emit("try-pull-sample", 60 * Gst.SECOND):
        buffer = sample.get_buffer()
        frames.append(buffer.extract_dup(0, buffer.get_size()))
    _run(pipeline)
    with open(path, "wb") as ivf:
        ivf.write(struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP80", *SIZE,
                              FPS, 1, len(frames), 0))
        for time, frame in enumerate(frames):
            ivf.write(struct.pack("<IQ", len(frame), time) + frame)
    return sum(math.ceil(len(frame) / PAYLOAD) for frame in frames) / SECONDS
