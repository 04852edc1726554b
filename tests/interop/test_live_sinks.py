# SPDX-License-Identifier: LGPL-2.1-or-later
"""A participant is passed on live, by SRT, RTMP, RTSP and HLS.

Each is one gst-launch-1.0 line as a user would write it, towards ffmpeg, which
listens and writes a file (or reads the playlist): that is played back.
"""

import pathlib
import signal
import subprocess
import unittest

import media
import probe
from processes import Child, free_ports, tail, wait_until
from stack import InteropTest

WIDTH, HEIGHT = 320, 240
SECONDS = 5
TIMEOUT = 40
PUBLISHER = 1
RTSP_SERVER = pathlib.Path(__file__).resolve().parent / "rtsp_server.py"
TO_AAC = ("! opusdec ! audioconvert ! audioresample ! avenc_aac "
          "! aacparse ")


def is_bound(kind, port):
    """Whether a socket of any process waits there."""
    sockets = pathlib.Path(f"/proc/net/{kind}").read_text("ascii").splitlines()
    listening = "0A" if kind == "tcp" else "07"
    return any(
        fields[1].endswith(f":{port:04X}") and fields[3] == listening
        for fields in map(str.split, sockets[1:]))


def length(path):
    """How many seconds are in a file that is being written."""
    try:
        [times] = probe.packet_times(path).values()
    except (AssertionError, ValueError):  # there is no header, or no packet yet
        return 0
    return times[-1] - times[0]


class LiveSinks(InteropTest):

    seconds = 120
    once = True  # what the pads give has tests of its own

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.join("ana", PUBLISHER)
        self.publish_both("ana", codec="h264", width=WIDTH, height=HEIGHT)
        self.file = self.folder / "received.mkv"

    def launch(self, pipeline):
        """What a user types, with the call's two pads linked."""
        call = (f"matrixrtcsrc name=call livekit-url={self.livekit.url} "
                f"livekit-token={self.livekit.token(self.room, 'relay')} ")
        launched = Child("gst-launch-1.0",
                         ["gst-launch-1.0", "-e", *(call + pipeline).split()],
                         self.folder / "launch.log")
        self.addCleanup(launched.stop)
        return launched

    def listen(self, kind, port, *options):
        """An ffmpeg that writes the first SECONDS of what it's sent."""
        server = Child(
            "ffmpeg", ["ffmpeg", "-nostdin", "-v", "warning", *options,
                       "-t", SECONDS, "-c", "copy", "-sn", self.file],
            self.folder / "ffmpeg.log")
        self.addCleanup(server.stop)
        wait_until(lambda: is_bound(kind, port), 10, "ffmpeg listens")
        return server

    def wait_written(self, server, launched):
        wait_until(lambda: not (server.running() and launched.running()),
                   TIMEOUT, "the end of the file")
        if server.running():
            server.process.wait(10)
        self.assertEqual(server.process.returncode, 0, tail(server.log)
                         + tail(launched.log))

    def check(self, path, audio):
        """path: what was received; audio: its codec."""
        codecs = [stream["codec_name"] for stream in probe.streams(path)]
        self.assertCountEqual(codecs, ["h264", audio])
        self.check_pictures(path, codecs.index("h264"))
        self.check_sound(path, codecs.index(audio))

    def check_pictures(self, path, index):
        pictures = probe.pictures(path, index, WIDTH, HEIGHT)
        self.assertGreater(len(pictures), SECONDS)
        for luma, u, v, _plane in pictures:
            self.assertGreater(luma, 60, "a black picture")
            self.assertAlmostEqual(u, media.colour(PUBLISHER)[0], delta=14)
            self.assertAlmostEqual(v, media.colour(PUBLISHER)[1], delta=14)

    def check_sound(self, path, index):
        values = probe.samples(path, index)
        self.assertGreater(len(values), (SECONDS - 2) * probe.RATE)
        self.assertGreater(probe.share_of_tone(
            values[probe.RATE:2 * probe.RATE], media.tone(PUBLISHER)), 0.8)

    def test_srt(self):
        port, = free_ports("udp")
        server = self.listen("udp", port, "-i",
                             f"srt://127.0.0.1:{port}?mode=listener")
        launched = self.launch(
            "mpegtsmux name=mux alignment=7 "
            f"! srtsink uri=srt://127.0.0.1:{port} "
            "call.video_0 ! queue ! mux. call.audio_0 ! queue ! mux.")
        self.wait_written(server, launched)
        self.check(self.file, "opus")

    def test_rtmp(self):
        port, = free_ports("tcp")
        url = f"rtmp://127.0.0.1:{port}/live/call"
        server = self.listen("tcp", port, "-listen", 1, "-i", url)
        launched = self.launch(
            f"flvmux name=mux streamable=true ! rtmp2sink location={url} "
            "call.video_0 ! queue ! mux.video "
            f"call.audio_0 ! queue {TO_AAC} ! mux.audio")
        self.wait_written(server, launched)
        self.check(self.file, "aac")

    def test_rtsp(self):
        server = Child("RTSP server",
                       ["/usr/bin/python3", RTSP_SERVER, self.folder],
                       self.folder / "rtsp.log", stdout=subprocess.PIPE)
        self.addCleanup(server.stop)
        url = f"rtsp://127.0.0.1:{int(server.read_line(10))}"
        files = [self.folder / f"{name}.mkv" for name in ("video", "audio")]
        launched = self.launch(
            f"rtspclientsink name=video protocols=tcp location={url}/video "
            f"rtspclientsink name=audio protocols=tcp location={url}/audio "
            "call.video_0 ! queue ! video.sink_0 "
            "call.audio_0 ! queue ! audio.sink_0")
        wait_until(lambda: min(map(length, files)) > SECONDS
                   or not launched.running(), TIMEOUT, "enough", 1)
        launched.require_running()
        self.check_pictures(files[0], 0)
        self.check_sound(files[1], 0)

    def test_hls(self):
        playlist = self.folder / "call.m3u8"
        launched = self.launch(
            "hlssink2 name=out target-duration=2 max-files=0 "
            f"location={self.folder}/call%05d.ts playlist-location={playlist} "
            "call.video_0 ! queue ! out.video "
            f"call.audio_0 ! queue {TO_AAC} ! out.audio")
        wait_until(lambda: len(list(self.folder.glob("call*.ts"))) > 4
                   or not launched.running(), TIMEOUT, "some segments")
        launched.require_running()
        launched.process.send_signal(signal.SIGINT)
        launched.process.wait(10)
        self.check(playlist, "aac")


if __name__ == "__main__":
    unittest.main()
