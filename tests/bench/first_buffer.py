# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon every track's first buffer comes, and what receiving costs.

matrixrtcsrc, the LiveKit SDK and (if asked for) livekitwebrtcsrc take turns in
one room of one livekit-server, in a network of their own. Each turn is a
fresh process that joins (cold), receives for a while, leaves, and joins again
(warm). The SDK has a second turn in which it speaks the classic protocol, as
the other two do: the newer one, its default, saves a wait of the server's.
Started by prepare_bench.py.
"""

import json
import os
import statistics
import sys
import time

from bench import end, options_of, print_table, run, spread
from receivers import (
    OTHER_PLUGINS, ROOM, BenchError, Kinds, Receiver, Server)
import encryption
from livekit_server import LiveKit
from publishers import Publishers

ENCRYPTED_ROOM = "encrypted-bench"
PASSPHRASE = "of-the-bench"
PARTICIPANTS = 3
VIDEO = {"codec": "vp8", "width": 640, "height": 360, "fps": 15,
         "bitrate": 500_000}
# The SFU asks a publisher for a key frame once in a while only, so a receiver
# that comes right after another one would have to wait for its own.
PAUSE = 1.5
TRACKS = 2 * PARTICIPANTS

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


def kinds(make, encrypted):
    """What is measured, in the order of the turns."""
    if encrypted:
        return [make.matrixrtcsrc("matrixrtcsrc, encrypted",
                                  room=ENCRYPTED_ROOM,
                                  **{"e2ee-passphrase": PASSPHRASE}),
                make.matrixrtcsrc("matrixrtcsrc")]
    result = [
        make.matrixrtcsrc("matrixrtcsrc"),
        make.sdk("SDK", "default"),
        make.sdk("SDK, classic", "no"),
    ]
    if OTHER_PLUGINS in os.environ:
        result.append(make.livekitwebrtcsrc("livekitwebrtcsrc"))
    return result


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
        result = join_times(
            "cold", receiver.join(token(kind.room), TRACKS))
        time.sleep(1)
        cpu, start = receiver.cpu(), time.monotonic()
        time.sleep(seconds)
        result["cpu"] = ((receiver.cpu() - cpu) * seconds
                         / (time.monotonic() - start))
        result["threads"] = receiver.status("Threads")
        result["rss"] = receiver.status("VmHWM") / 1024
        receiver.leave()
        time.sleep(PAUSE)
        result.update(join_times(
            "warm", receiver.join(token(kind.room), TRACKS)))
        receiver.leave()
    finally:
        receiver.stop()
    time.sleep(PAUSE)
    return result


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
            compared = kinds(Kinds(options.build, folder, livekit.url),
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
    return end(failures)


def main():
    parser = options_of(
        "first-buffer", "The time to the first buffer of every track, and "
        "what receiving costs.", rounds=10)
    parser.add_argument("--encrypted", action="store_true",
                        help="only matrixrtcsrc, in an encrypted call and in "
                        "the same one without encryption")
    return run(measure, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
