# SPDX-License-Identifier: LGPL-2.1-or-later
"""What receiving costs, by the number of participants.

webrtcbin alone, matrixrtcsrc in each of its outputs, the LiveKit SDK and (if
asked for) livekitwebrtcsrc take turns in rooms of more and more participants,
who send media from files. Each turn is a fresh process. Started by
prepare_bench.py.
"""

import collections
import json
import os
import subprocess
import sys
import time

import recorded
from bench import end, options_of, print_table, run, spread
from receivers import (
    ENCODED, OTHER_PLUGINS, RAW, ROOM, RTP, BenchError, Kinds, Receiver,
    Server)
from livekit_server import LiveKit
from processes import Child, tail

# Tracks of audio and of video.
CASES = ((1, 1), (4, 4), (16, 16), (48, 16), (48, 48), (100, 16))
# More than that nobody decodes on two cores.
MOST_DECODED = 4
SETTLE_SECONDS = 2  # key frames are asked for, buffers fill
JOIN_SECONDS = 60

METRICS = {
    "cpu": ("CPU, s in each s", 3),
    "switches": ("context switches for each packet", 2),
    "threads": ("threads", 0),
    "rss": ("peak memory, MiB", 0),
    "first": ("first buffer of every track, ms", 0),
}


class Publishers:
    """The Go program that sends the files."""

    def __init__(self, folder, livekit, files):
        self.folder = folder
        self.livekit = livekit
        self.files = files
        self.child = None

    def send(self, audio, video):
        """So many tracks of each kind, once all are there."""
        self.stop()
        self.child = Child(
            "publishers",
            [os.environ["BENCH_PUBLISHERS"], "-url", self.livekit.url,
             "-key", self.livekit.key, "-secret", self.livekit.secret,
             "-room", ROOM, "-audio", str(audio), "-video", str(video),
             "-ogg", self.files[0], "-ivf", self.files[1]],
            self.folder / "publishers.log", stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        if self.child.process.stdout.readline() != b"ready\n":
            raise BenchError(
                f"the publishers don't publish: {tail(self.child.log, 3)}")

    def stop(self):
        if self.child:
            self.child.process.stdin.close()
            self.child.process.wait(20)
            self.child = None


def kinds(make, only):
    """What is measured, in the order of the turns."""
    def ours(output, caps):
        return make.matrixrtcsrc(f"matrixrtcsrc, {output}", caps,
                                 output=output)

    result = [
        make.webrtcbin("webrtcbin"),
        ours("rtp", RTP), ours("encoded", ENCODED), ours("decoded", RAW),
        make.sdk("SDK", "no"),
    ]
    if OTHER_PLUGINS in os.environ:
        result += [make.livekitwebrtcsrc("livekitwebrtcsrc, rtp", RTP),
                   make.livekitwebrtcsrc("livekitwebrtcsrc, encoded")]
    return [kind for kind in result if not only or kind.name in only]


def is_too_much(kind, video):
    """Whether it would only show how many cores there are."""
    return kind.name in ("SDK", "matrixrtcsrc, decoded") \
        and video > MOST_DECODED


def take_turn(kind, folder, token, tracks, packets, seconds):
    """Measures one process; packets are those that come in a second."""
    receiver = Receiver(kind, folder)
    try:
        times = receiver.join(token, tracks, JOIN_SECONDS)
        time.sleep(SETTLE_SECONDS)
        cpu, switches = receiver.cpu(), receiver.switches()
        start = time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - start
        result = {
            "cpu": (receiver.cpu() - cpu) / took,
            "switches": (receiver.switches() - switches) / took / packets,
            "threads": receiver.status("Threads"),
            "rss": receiver.status("VmHWM") / 1024,
            "first": max(times.values()),
        }
        receiver.leave()
    finally:
        receiver.stop()
    return result


def describe(audio, video):
    return f"{audio} audio, {video} video"


def report(turns, names):
    """turns: those of each case and kind."""
    for metric, (label, digits) in METRICS.items():
        rows = []
        for case in CASES:
            cells = [spread([turn[metric] for turn in turns[case, name]],
                            digits) for name in names]
            if any(cell != "-" for cell in cells):
                rows.append([describe(*case), *cells])
        print(f"\n{label}; median (least-most):\n")
        print_table(["Tracks", *names], rows)


def measure(options, folder):
    """All rounds; returns the exit status."""
    files = folder / "audio.ogg", folder / "video.ivf"
    recorded.make_audio(files[0])
    video_packets = recorded.make_video(files[1])
    server = Server(os.environ["BENCH_LIVEKIT_SERVER"], folder).start()
    livekit = LiveKit(**server.description())
    turns, failures, count = collections.defaultdict(list), 0, 0
    publishers = Publishers(folder, livekit, files)
    compared = kinds(Kinds(options.build, folder, livekit.url), options.only)
    livekit.create_room(ROOM)
    try:
        for audio, video in CASES[:options.cases]:
            publishers.send(audio, video)
            packets = audio * recorded.AUDIO_PACKETS + video * video_packets
            for number in range(options.rounds):
                for kind in compared:
                    if is_too_much(kind, video):
                        continue
                    count += 1
                    token = livekit.token(ROOM, f"receiver{count}",
                                          can_publish=False)
                    what = (f"bench: {describe(audio, video)}, round "
                            f"{number + 1}: {kind.name}: ")
                    try:
                        turn = take_turn(kind, folder, token, audio + video,
                                         packets, options.seconds)
                    except BenchError as error:
                        failures += 1
                        print(what + str(error), file=sys.stderr, flush=True)
                        continue
                    turns[(audio, video), kind.name].append(turn)
                    print(what + f"{turn['cpu']:.3f} s of CPU in each s",
                          file=sys.stderr, flush=True)
    finally:
        publishers.stop()
        server.stop()
    names = [kind.name for kind in compared]
    if options.json:
        options.json.write_text(json.dumps(
            [{"audio": case[0], "video": case[1], "receiver": name,
              "turns": taken} for (case, name), taken in turns.items()],
            indent=1) + "\n")
    report(turns, names)
    return end(failures)


def main():
    parser = options_of("receiving", "What receiving costs.", rounds=3)
    parser.add_argument("--cases", type=int, default=len(CASES),
                        help="only so many of the cases")
    parser.add_argument("--only", action="append", metavar="RECEIVER",
                        help="only this one; may be given again")
    return run(measure, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
