# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon every track's first buffer comes, and what receiving costs.

matrixrtcsrc, the LiveKit SDK and (if asked for) livekitwebrtcsrc take turns in
one room of one livekit-server, in a network of their own. Each turn is a
fresh process that joins (cold), receives for a while, leaves, and joins again
(warm). The SDK has a second turn in which it speaks the classic protocol, as
the other two do: the newer one, its default, saves a wait of the server's.
Started by prepare_bench.py.
"""

import argparse
import json
import os
import pathlib
import queue
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))
import encryption  # noqa: E402  pylint: disable=C0413
from livekit_server import (  # noqa: E402  pylint: disable=C0413
    LiveKit, LiveKitServer)
from processes import Child  # noqa: E402  pylint: disable=C0413
from publishers import Publishers  # noqa: E402  pylint: disable=C0413

ROOM = "bench"
ENCRYPTED_ROOM = "encrypted-bench"
PASSPHRASE = "of-the-bench"
PARTICIPANTS = 3
VIDEO = {"codec": "vp8", "width": 640, "height": 360, "fps": 15,
         "bitrate": 500_000}
TIMEOUT = 20
# The SFU asks a publisher for a key frame once in a while only, so a receiver
# that comes right after another one would have to wait for its own.
PAUSE = 1.5

METRICS = {
    "cold": "first join, every track, ms",
    "cold_audio": "first join, audio tracks, ms",
    "cold_video": "first join, video tracks, ms",
    "warm": "second join, every track, ms",
    "warm_audio": "second join, audio tracks, ms",
    "warm_video": "second join, video tracks, ms",
    "cpu": "CPU, s in {seconds:g} s",
    "threads": "threads",
    "rss": "peak memory, MiB",
}


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

    def __init__(self, name, command, properties, env=None, room=ROOM):
        self.name = name
        self.command = command
        self.properties = properties
        self.env = env or {}
        self.room = room


def kinds(build, folder, url, other_plugins, encrypted):
    """What is measured, in the order of the turns."""
    binary = build / "tests" / "bench" / "first-buffer"
    plugin = build / "ext" / "matrixrtc"
    for path in (binary, plugin / "libgstmatrixrtc.so"):
        if not path.exists():
            raise BenchError(f"{path} is not there; build it first")

    def gstreamer(element, plugins, properties, name=None, room=ROOM):
        return Kind(
            name or element,
            [binary, element, "audio/x-opus", "video/x-vp8"], properties,
            {"GST_PLUGIN_PATH": str(plugins),
             "GST_REGISTRY": str(folder / f"registry-{element}.bin")}, room)

    def sdk(name, single):
        return Kind(
            name, [sys.executable, HERE / "sdk_subscriber.py"],
            lambda token: {"url": url, "token": token, "single": single})

    plain = gstreamer(
        "matrixrtcsrc", plugin,
        lambda token: {"livekit-url": url, "livekit-token": token})
    if encrypted:
        return [gstreamer(
            "matrixrtcsrc", plugin,
            lambda token: {"livekit-url": url, "livekit-token": token,
                           "e2ee-passphrase": PASSPHRASE},
            "matrixrtcsrc, encrypted", ENCRYPTED_ROOM), plain]

    result = [
        plain,
        sdk("SDK", "default"),
        sdk("SDK, classic", "no"),
    ]
    if other_plugins:
        # Without a STUN server, as the others: its default is a public one.
        result.append(gstreamer(
            "livekitwebrtcsrc", other_plugins,
            lambda token: {"stun-server": "", "signaller::ws-url": url,
                           "signaller::auth-token": token,
                           "signaller::room-name": ROOM}))
    return result


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

    def _wait(self, word):
        """The next answer of that name."""
        deadline = time.monotonic() + TIMEOUT
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

    def join(self, token):
        """Joins; the time of every track's first buffer by the pad's name."""
        self._order("start", *(
            f"{name}={value}"
            for name, value in self.kind.properties(token).items()))
        times = {}
        while len(times) < 2 * PARTICIPANTS:
            _word, name, milliseconds, media = self._wait("first")
            if media not in ("audio/x-opus", "video/x-vp8", "decoded"):
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

    def status(self, name):
        """A number of the kernel's about the process."""
        text = pathlib.Path(
            f"/proc/{self.child.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

    def stop(self):
        self.child.stop()


def join_times(prefix, times):
    """The metrics of one join."""
    audio = [value for name, value in times.items()
             if name.startswith("audio")]
    video = [value for name, value in times.items()
             if name.startswith("video")]
    if len(audio) != PARTICIPANTS or len(video) != PARTICIPANTS:
        raise BenchError(f"these are not the tracks: {sorted(times)}")
    return {prefix: max(times.values()), f"{prefix}_audio": max(audio),
            f"{prefix}_video": max(video)}


def take_turn(kind, folder, token, seconds):
    """Measures one process; returns its metrics."""
    receiver = Receiver(kind, folder)
    try:
        result = join_times("cold", receiver.join(token(kind.room)))
        time.sleep(1)
        cpu, start = receiver.cpu(), time.monotonic()
        time.sleep(seconds)
        result["cpu"] = ((receiver.cpu() - cpu) * seconds
                         / (time.monotonic() - start))
        result["threads"] = receiver.status("Threads")
        result["rss"] = receiver.status("VmHWM") / 1024
        receiver.leave()
        time.sleep(PAUSE)
        result.update(join_times("warm", receiver.join(token(kind.room))))
        receiver.leave()
    finally:
        receiver.stop()
    time.sleep(PAUSE)
    return result


def spread(values, digits):
    """Median, least and most as text."""
    if not values:
        return "-"
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}-{max(values):.{digits}f})")


def print_table(header, rows):
    """A Markdown table, aligned for reading as it is."""
    rows = [header, ["---"] * len(header), *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("| " + " | ".join(
            cell.ljust(width) for cell, width in zip(row, widths)) + " |")


def report(rounds, names, seconds):
    """Prints what was measured, and the ratios within each round."""
    values, ratios = [], []
    for metric, label in METRICS.items():
        label = label.format(seconds=seconds)
        digits = 2 if metric == "cpu" else 0
        values.append([label, *(
            spread([turn[name][metric] for turn in rounds if name in turn],
                   digits) for name in names)])
        ratios.append([label, *(
            spread([turn[names[0]][metric] / turn[name][metric]
                    for turn in rounds if names[0] in turn and name in turn],
                   2) for name in names[1:])])
    print("Median (least-most):\n")
    print_table(["What", *names], values)
    print(f"\n{names[0]} as a ratio to another, within each round:\n")
    print_table(["What", *(f"to {name}" for name in names[1:])], ratios)


def publish(publishers, livekit, room):
    """The participants whose tracks are received."""
    kind = encryption.SHARED if room == ENCRYPTED_ROOM else None
    livekit.create_room(room)
    for index in range(PARTICIPANTS):
        name = f"publisher{index}-{room}"
        publishers.join(name, livekit.url, livekit.token(room, name), index,
                        encryption=kind)
        if kind:
            publishers.set_key(name, PASSPHRASE, 0)
        publishers.publish_audio(name)
        publishers.publish_video(name, **VIDEO)
    time.sleep(3)  # until the encoders have found their bitrate


def measure(options, folder):
    """All rounds; returns the exit status."""
    server = Server(os.environ["BENCH_LIVEKIT_SERVER"], folder).start()
    livekit = LiveKit(**server.description())
    rounds, failures, count = [], 0, 0

    def token(room):
        nonlocal count
        count += 1
        return livekit.token(room, f"receiver{count}",
                             can_publish=False)

    try:
        with Publishers(folder) as publishers:
            compared = kinds(options.build.absolute(), folder, livekit.url,
                             os.environ.get("BENCH_LIVEKITWEBRTCSRC"),
                             options.encrypted)
            for room in {kind.room for kind in compared}:
                publish(publishers, livekit, room)
            for kind in compared:  # fills the registries and the page cache
                take_turn(kind, folder, token, 0)
            for number in range(options.rounds):
                rounds.append({})
                for kind in compared:
                    try:
                        turn = take_turn(kind, folder, token, options.seconds)
                    except BenchError as error:
                        failures += 1
                        print(f"bench: round {number + 1}: {error}",
                              file=sys.stderr, flush=True)
                        continue
                    rounds[-1][kind.name] = turn
                    print(f"bench: round {number + 1}: {kind.name}: cold "
                          f"{turn['cold']:.0f} ms, warm {turn['warm']:.0f} ms,"
                          f" {turn['cpu']:.2f} s of CPU",
                          file=sys.stderr, flush=True)
    finally:
        server.stop()
    if options.json:
        options.json.write_text(json.dumps(rounds, indent=1) + "\n")
    report(rounds, [kind.name for kind in compared], options.seconds)
    if failures:
        print(f"\n{failures} turns failed and are not in the tables")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=(
        "The time to the first buffer of every track, and what receiving "
        "costs."))
    parser.add_argument("--build", type=pathlib.Path, required=True,
                        help="the build folder, with tests enabled")
    parser.add_argument("--with-livekitwebrtcsrc", action="store_true",
                        help="build livekitwebrtcsrc if it is not in the "
                        "cache, and measure it too")
    parser.add_argument("--encrypted", action="store_true",
                        help="only matrixrtcsrc, in an encrypted call and in "
                        "the same one without encryption")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10,
                        help="how long CPU time is counted in each round")
    parser.add_argument("--json", type=pathlib.Path,
                        help="write all values there")
    parser.add_argument("--cache", metavar="DIR",
                        help="the cache of the interop tests; the bench's "
                        "own is beside it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="matrixrtc-bench-") as folder:
        try:
            return measure(options, pathlib.Path(folder))
        except (BenchError, AssertionError, RuntimeError, OSError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
