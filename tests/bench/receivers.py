# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes that receive a room, what they cost, and the server they ask."""

import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))
from livekit_server import LiveKitServer  # noqa: E402  pylint: disable=C0413
from processes import Child  # noqa: E402  pylint: disable=C0413

TIMEOUT = 20
ROOM = "bench"
# Where livekitwebrtcsrc is, if it is to be measured.
OTHER_PLUGINS = "BENCH_LIVEKITWEBRTCSRC"

RTP = ("application/x-rtp", "application/x-rtp")
ENCODED = ("audio/x-opus", "video/x-vp8")
RAW = ("audio/x-raw", "video/x-raw")


class BenchError(Exception):
    """A receiver did not do what it was told to."""


class Server(LiveKitServer):
    """A livekit-server with its media on the bench's second interface."""

    def start_again(self):
        path = self.folder / f"{self.name}.json"
        config = json.loads(path.read_text())
        address = os.environ["BENCH_ADDRESS"]
        config["rtc"].update(
            node_ip=address, ips={"includes": [f"{address}/32"]})
        config["turn"].update(
            bind_addresses=[address],
            allow_restricted_peer_cidrs=[f"{address}/32"])
        path.write_text(json.dumps(config))
        super().start_again()


class Kind:
    """One of the receivers to compare."""

    def __init__(self, name, command, properties, env, room, media):
        self.name = name
        self.command = command
        self.properties = properties
        self.env = env
        self.room = room
        self.media = media  # the names of the caps that its tracks may have


class Kinds:
    """Makes them, for one server and one build."""

    def __init__(self, build, folder, url):
        self.build = build.absolute()
        self.folder = folder
        self.url = url

    def _gstreamer(self, name, element, plugins, caps, properties, room):
        """An element that first-buffer.c plays, with its pads of such caps."""
        return Kind(
            name, [self._built("tests/bench/first-buffer"), element, *caps],
            properties,
            {"GST_PLUGIN_PATH": str(plugins),
             "GST_REGISTRY": str(self.folder / f"registry-{element}.bin")},
            room, caps)

    def _built(self, name):
        path = self.build / name
        if not path.exists():
            raise BenchError(f"{path} is not there; build it first")
        return path

    def _room_token(self, properties):
        return lambda token: {"livekit-url": self.url, "livekit-token": token,
                              **properties}

    def matrixrtcsrc(self, name, caps=ENCODED, room=ROOM, **properties):
        plugin = self._built("ext/matrixrtc/libgstmatrixrtc.so")
        return self._gstreamer(name, "matrixrtcsrc", plugin.parent, caps,
                               self._room_token(properties), room)

    def webrtcbin(self, name):
        """The least that can be made of it: barewebrtcsrc.c."""
        return self._gstreamer(name, "barewebrtcsrc", self.folder, RTP,
                               self._room_token({}), ROOM)

    def livekitwebrtcsrc(self, name, caps=ENCODED):
        """Without a STUN server, as all here: its default is a public one."""
        return self._gstreamer(
            name, "livekitwebrtcsrc", os.environ[OTHER_PLUGINS], caps,
            lambda token: {"stun-server": "", "signaller::ws-url": self.url,
                           "signaller::auth-token": token,
                           "signaller::room-name": ROOM}, ROOM)

    def sdk(self, name, single):
        return Kind(
            name, [sys.executable, HERE / "sdk_subscriber.py"],
            lambda token: {"url": self.url, "token": token, "single": single},
            {}, ROOM, ("decoded",))


class Receiver:
    """A process that receives, and its orders and answers."""

    def __init__(self, kind, folder):
        self.kind = kind
        self.child = Child(
            kind.name, kind.command, folder / f"{kind.name}.log", kind.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._wait("ready")

    def _read(self):
        for line in self.child.process.stdout:
            self._answers.put(line.decode().split())
        self._answers.put(["error", "it ended"])

    def _wait(self, word, timeout=TIMEOUT):
        """The next answer of that name."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                answer = self._answers.get(
                    timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise BenchError(f"{self.kind.name}: no {word}") from None
            if answer[0] == "error":
                raise BenchError(
                    f"{self.kind.name}: {' '.join(answer[1:])}")
            if answer[0] == word:
                return answer

    def _order(self, *words):
        self.child.process.stdin.write((" ".join(words) + "\n").encode())
        self.child.process.stdin.flush()

    def join(self, token, tracks, timeout=TIMEOUT):
        """Joins; the times of the tracks' first buffers by the pads' names."""
        self._order("start", *(
            f"{name}={value}"
            for name, value in self.kind.properties(token).items()))
        times = {}
        while len(times) < tracks:
            _word, name, milliseconds, media = self._wait("first", timeout)
            if media not in self.kind.media:
                raise BenchError(f"{self.kind.name}: {name} gives {media}")
            times[name] = float(milliseconds)
        return times

    def leave(self):
        self._order("stop")
        self._wait("stopped")

    def cpu(self):
        """The seconds of CPU that the process has used."""
        stat = pathlib.Path(f"/proc/{self.child.process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def switches(self):
        """How often its present threads have made way for another."""
        total = 0
        tasks = pathlib.Path(f"/proc/{self.child.process.pid}/task")
        for status in tasks.glob("*/status"):
            try:
                counts = re.findall(r"ctxt_switches:\s+(\d+)",
                                    status.read_text())
            except OSError:  # it has just ended
                continue
            total += sum(map(int, counts))
        return total

    def status(self, name):
        """A number of the kernel's about the process."""
        text = pathlib.Path(
            f"/proc/{self.child.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

    def stop(self):
        self.child.stop()
