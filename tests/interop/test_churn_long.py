# SPDX-License-Identifier: LGPL-2.1-or-later
"""A call in which somebody always comes, goes or mutes costs nothing that
stays, and nobody's media is late."""

import unittest

from processes import wait_until
from receiver import Receiver
from resources import fd_kinds, settled, thread_names, usage
from stack import InteropTest

FIRST_BUFFER = 1.5  # s from a track's announcement to its first buffer
PRESENT = 6  # participants, before and after each round
GHOST = 40  # s until the server notices those whose goodbye was lost
WARM = 2  # rounds after which nothing grows any more
# See test_leaks.py. Elements are counted: there is no slack.
SLACK = {"threads": 2, "fds": 4, "rss": 3 * 1024, "elements": 0}
# KiB that stay of each track until the connection ends: libsrtp's keys of its
# SSRC, which with NSS are large, and which srtpdec keeps (its remove-key hands
# libsrtp the SSRC in the wrong byte order, in the newest version too).
PER_TRACK = 36
TINY = {"width": 160, "height": 120, "fps": 10, "bitrate": 100_000}


class Growth:
    """What the process uses from round to round. Publishers are a process of
    their own: what grows is the element's."""

    def __init__(self, case, receiver):
        self.case = case
        self.receiver = receiver
        self.warm = self.kinds = None
        self.number = 0
        self.ended = 0  # tracks, since WARM rounds

    def measure(self):
        return {**usage(), "elements": self.receiver.elements().total()}

    def end_round(self, ended=0, **figures):
        """Prints one line of the table. That many tracks ended in the round;
        more figures of it may be given."""
        self.receiver.require_no_error()
        self.receiver.forget()
        self.number += 1
        self.ended += ended
        print(f"round {self.number}: {self.measure()} {figures or ''}",
              flush=True)
        if self.number == WARM:
            self.warm = settled(self.measure)
            self.kinds = self.receiver.elements()
            self.ended = 0

    def require_none(self):
        """Fails if anything is more than it was after WARM rounds."""
        end = settled(self.measure)
        report = (f"after {WARM}: {self.warm}; after {self.number}: {end}; "
                  f"more elements {self.receiver.elements() - self.kinds}; "
                  f"files {fd_kinds()}; threads {thread_names()}")
        print(report, flush=True)
        slacks = {**SLACK, "rss": SLACK["rss"] + PER_TRACK * self.ended}
        for name, slack in slacks.items():
            self.case.assertLessEqual(
                end[name], self.warm[name] + slack, f"{name}: {report}")


def announced(receiver, sid, since=0, **data):
    """The events that tell of a track with these data, oldest first."""
    wanted = {"sid": sid, **data}.items()
    return [event for event in receiver.all(
                "matrixrtc-participant-joined", since)
            + receiver.all("matrixrtc-participant-updated", since)
            if any(wanted <= {
                name: value for name, value in track.items()
                if name in ("sid", "muted")}.items()
                for track in event["tracks"])]


class ChurnRounds(InteropTest):
    """A few rounds of each, in every run."""

    seconds = 150
    once = True  # what stays of another GStreamer's is not ours
    rounds = 6
    changes = 12

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.tracks = {}  # name -> sids
        self.count = 0  # participants there ever were
        self.receiver = Receiver(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(self.receiver.close)

    def start(self):
        self.receiver.play()
        self.receiver.wait_state("connected", 10)
        self.receiver.wait_flowing(self.sids(), 10)
        self.growth = Growth(self, self.receiver)

    def sids(self):
        return sum(self.tracks.values(), [])

    def change(self, leavers, joiners):
        """Some leave and some join, all at once; returns the sids of those
        who left."""
        names = [f"p{self.count + i}" for i in range(joiners)]
        orders = [self.publishers.send("leave", name=name)
                  for name in leavers]
        orders += [self.publishers.send(
            "join", name=name, url=self.livekit.url,
            index=(self.count + i) % 8,
            token=self.livekit.token(self.room, name))
            for i, name in enumerate(names)]
        self.count += joiners
        self.publishers.wait(*orders)
        orders = []
        for name in names:
            orders += [
                self.publishers.send("publish_audio", name=name),
                self.publishers.send("publish_video", name=name, **TINY)]
        answers = self.publishers.wait(*orders)
        gone = sum((self.tracks.pop(name) for name in leavers), [])
        for i, name in enumerate(names):
            self.tracks[name] = [answer["sid"] for answer
                                 in answers[2 * i:2 * i + 2]]
        return gone

    def wait_left(self, names):
        """Waits until the server knows that they have left.

        It isn't always told: the SDK may close its socket too early.
        """
        wait_until(
            lambda: not set(names) & self.livekit.identities(self.room),
            GHOST, f"{names} have left")

    def wait_gone(self, sids):
        self.receiver.wait_for(
            lambda: not set(sids) & {pad.track_sid for pad
                                     in self.receiver.present()},
            5, f"pads of {sids} removed")

    def latest(self, sids):
        """The longest time from announcement to first buffer. What is told of
        one participant comes at most four times a second, and may be later."""
        self.receiver.wait_for(
            lambda: all(announced(self.receiver, sid) for sid in sids), 2,
            f"{sids} are announced")
        first = {event.pad.track_sid: event.time
                 for event in self.receiver.all("pad-buffer")}
        delays = {sid: first[sid] - announced(self.receiver, sid)[0].time
                  for sid in sids}
        sid = max(delays, key=delays.get)
        delays[sid] = max(0, delays[sid])
        self.assertLess(delays[sid], FIRST_BUFFER, sid)
        return round(delays[sid], 3)

    def test_two_leave_and_three_join(self):
        """Those who came first and those who came last leave by turns; one
        more does when media flow, so that the number stays."""
        self.change([], PRESENT)
        self.start()
        for number in range(self.rounds):
            before = set(self.sids())
            names = list(self.tracks)
            leavers = names[-2:] if number % 2 else names[:2]
            gone = self.change(leavers, 3)
            self.receiver.wait_flowing(self.sids(), FIRST_BUFFER + 5)
            latest = self.latest(set(self.sids()) - before)
            gone += self.change([names[2]], 0)
            self.wait_left([*leavers, names[2]])
            self.wait_gone(gone)
            self.growth.end_round(len(gone), latest=latest)
        self.growth.require_none()

    def one_track(self, kind):
        self.join("anna")
        self.tracks["anna"] = [self.publish(kind)]
        self.start()
        return self.tracks["anna"][0]

    def publish(self, kind):
        if kind == "audio":
            return self.publishers.publish_audio("anna")["sid"]
        return self.publishers.publish_video("anna", **TINY)["sid"]

    def mute(self, kind):
        sid = self.one_track(kind)
        pad, = self.receiver.present()
        for _ in range(self.changes):
            for muted in (True, False):
                mark = self.receiver.mark()
                self.publishers.mute("anna", sid, muted)
                self.receiver.wait_for(
                    lambda mark=mark, muted=muted: announced(
                        self.receiver, sid, mark, muted=muted),
                    5, f"{sid} is told to be muted: {muted}")
            before = pad.buffers
            wait_until(lambda before=before: pad.buffers > before + 2,
                       FIRST_BUFFER, "media after unmuting", 0.01)
            self.assertEqual(self.receiver.present(), [pad])
            self.growth.end_round()
        self.growth.require_none()

    def test_mute_audio(self):
        self.mute("audio")

    def test_mute_video(self):
        self.mute("video")

    def publish_again(self, kind):
        sid = self.one_track(kind)
        for _ in range(self.changes):
            self.publishers.unpublish("anna", sid)
            self.wait_gone([sid])
            sid = self.publish(kind)
            self.receiver.wait_flowing([sid], FIRST_BUFFER + 5)
            self.growth.end_round(1, latest=self.latest([sid]))
        self.growth.require_none()

    def test_publish_audio(self):
        self.publish_again("audio")

    def test_publish_video(self):
        self.publish_again("video")


class ChurnLong(ChurnRounds):
    """The same for as long as a long call: what goes in small pieces shows
    late."""

    seconds = 550
    rounds = 50
    changes = 200
    long = True


if __name__ == "__main__":
    unittest.main()
