# SPDX-License-Identifier: LGPL-2.1-or-later
"""People come and go, tracks come and go: pads follow, nothing breaks."""

import unittest

from processes import wait_until
from receiver import Receiver
from stack import InteropTest

FIRST_BUFFER = 3  # s from publishing to the first buffer


class Churn(InteropTest):

    seconds = 110

    def setUp(self):
        super().setUp()
        self.livekit.create_room(self.room)
        self.receiver = Receiver(
            livekit_url=self.livekit.url,
            livekit_token=self.livekit.token(self.room, "recorder"))
        self.addCleanup(self.receiver.close)

    def start(self, tracks):
        self.receiver.play()
        self.receiver.wait_state("connected", 10)
        self.receiver.wait_flowing(tracks, 5)

    def test_two_leave_and_three_join(self):
        """Five rounds; the SFU reuses m-lines of those who left."""
        tracks = {}  # name -> sids
        for index in range(3):
            name = f"p{index}"
            self.join(name, index)
            tracks[name] = self.publish_both(name, width=160, height=120)
        count = 3
        self.start(sum(tracks.values(), []))
        for number in range(5):
            with self.subTest(round=number):
                mark = self.receiver.mark()
                self.receiver.require_no_error()
                leavers = list(tracks)[:2]
                joiners = [f"p{count + i}" for i in range(3)]
                orders = [self.publishers.send("leave", name=name)
                          for name in leavers]
                orders += [self.publishers.send(
                    "join", name=name, url=self.livekit.url, index=count + i,
                    token=self.livekit.token(self.room, name))
                    for i, name in enumerate(joiners)]
                self.publishers.wait(*orders)
                gone = sum((tracks.pop(name) for name in leavers), [])
                count += 3
                orders = []
                for name in joiners:
                    orders.append(self.publishers.send(
                        "publish_audio", name=name))
                    orders.append(self.publishers.send(
                        "publish_video", name=name, width=160, height=120))
                published = self.publishers.wait(*orders)
                for i, name in enumerate(joiners):
                    tracks[name] = [answer["sid"] for answer
                                    in published[2 * i:2 * i + 2]]
                pads = self.receiver.wait_flowing(
                    sum(tracks.values(), []), FIRST_BUFFER + 2)
                self.check_new_pads(mark, published, pads)
                self.check_gone(mark, gone)
        self.receiver.require_no_error()

    def check_new_pads(self, mark, published, pads):
        first = {event.pad.track_sid: event.time for event
                 in self.receiver.all("pad-buffer", mark)}
        for answer in published:
            sid = answer["sid"]
            self.assertLess(first[sid] - answer["time"], FIRST_BUFFER, sid)
            self.assertEqual(
                pads[sid].pad.get_property("track-sid"), sid)

    def check_gone(self, mark, gone):
        """Pads of those who left got EOS, then went."""
        def removed():
            return set(gone) <= {event.pad.track_sid for event in
                                 self.receiver.all("pad-removed", mark)}
        self.receiver.wait_for(removed, 5, "pads of leavers removed")
        for event in self.receiver.all("pad-removed", mark):
            if event.pad.track_sid in gone:
                self.assertTrue(event.pad.eos, f"no EOS on {event.pad}")

    def test_unpublish_and_publish_again(self):
        """A new track is a new pad, also of the same person."""
        self.join("anna")
        track = self.publishers.publish_video("anna")["sid"]
        self.start([track])
        for _ in range(3):
            mark = self.receiver.mark()
            self.publishers.unpublish("anna", track)
            self.check_gone(mark, [track])
            track = self.publishers.publish_video("anna")["sid"]
            pads = self.receiver.wait_flowing([track], FIRST_BUFFER)
            self.assertEqual(pads[track].identity, "anna")
        self.receiver.require_no_error()

    def test_mute_keeps_the_pad(self):
        """Muting stops buffers and says so; the pad stays."""
        self.join("anna")
        audio, video = self.publish_both("anna")
        self.start([audio, video])
        pads = {pad.track_sid: pad for pad in self.receiver.present()}
        for sid in (audio, video):
            pad = pads[sid]
            for muted in (True, False):
                mark = self.receiver.mark()
                self.publishers.mute("anna", sid, muted)
                self.receiver.wait_event(
                    "matrixrtc-participant-updated", 5, mark,
                    identity="anna")
                wait_until(
                    lambda pad=pad, muted=muted:
                    pad.pad.get_property("muted") == muted,
                    2, f"the pad's muted is {muted}")
            before = pad.buffers
            wait_until(lambda pad=pad, before=before:
                       pad.buffers > before + 3, 5, "media after unmuting")
            self.assertFalse(pad.removed)
            self.assertFalse(pad.eos)
        self.receiver.require_no_error()


if __name__ == "__main__":
    unittest.main()
