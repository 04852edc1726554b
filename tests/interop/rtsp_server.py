# SPDX-License-Identifier: LGPL-2.1-or-later
"""An RTSP server that records what is sent: H.264 to /video, Opus to /audio.

Usage: rtsp_server.py FOLDER

It prints its port, writes video.mkv and audio.mkv there, and ends by a signal.
Whoever records both of one session would have to know their order.
"""

import sys

import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

CHAINS = {"video": "rtph264depay name=depay0 ! h264parse",
          "audio": "rtpopusdepay name=depay0 ! opusparse"}


def recorder(chain, path):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {chain} ! matroskamux streamable=true "
                       f"! filesink buffer-mode=unbuffered location={path} )")
    factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    return factory


def main():
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    for name, chain in CHAINS.items():
        server.get_mount_points().add_factory(
            f"/{name}", recorder(chain, f"{sys.argv[1]}/{name}.mkv"))
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
