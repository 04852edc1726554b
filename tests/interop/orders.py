# SPDX-License-Identifier: LGPL-2.1-or-later
"""Orders to participants that live in another process, and their answers.

Orders are JSON objects with a number of their own, and so are the answers;
every order returns when it has been carried out. What is the same for all
who can be given orders is here; how lines get there is theirs.
"""

import json
import queue

from processes import Timeout


class PublisherError(Exception):
    """The SDK could not do what was asked."""


class Orders:
    """Participants of another process. Use it from one thread.

    Subclasses have `child` and `_write`, and put answers, and None once there
    will be no more of them, into `_answers`.
    """

    def __init__(self):
        self._answers = queue.Queue()
        self._results = {}
        self._count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _write(self, text):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def send(self, command, **arguments):
        """Gives an order without waiting; returns its number for wait()."""
        self._count += 1
        self._write(json.dumps(
            {"number": self._count, "command": command, **arguments}))
        return self._count

    def wait(self, *numbers, timeout=30):
        """The results of orders sent before, in the order of numbers."""
        while not all(number in self._results for number in numbers):
            try:
                answer = self._answers.get(timeout=timeout)
            except queue.Empty:
                raise Timeout("the publishers do not answer") from None
            if answer is None:
                self.child.process.wait(5)
                self.child.require_running()
                raise PublisherError("the publishers have gone")
            if "error" in answer:
                raise PublisherError(answer["error"])
            self._results[answer["number"]] = answer["result"]
        return [self._results.pop(number) for number in numbers]

    def order(self, command, **arguments):
        return self.wait(self.send(command, **arguments))[0]

    def publish_audio(self, name, **options):
        """Publishes a tone (options: see Participant, page.js); returns sid and
        time."""
        return self.order("publish_audio", name=name, **options)

    def publish_video(self, name, **options):
        """Publishes a moving picture (options: see Participant, page.js)."""
        return self.order("publish_video", name=name, **options)

    def set_key(self, name, key, index, identity=None):
        """What name takes from now on for identity's key at that index.

        Text is a passphrase of the whole call, without an identity. Bytes are
        one participant's; without an identity they are name's own. A
        participant of the Python SDK then still sends with the index of
        before, until use_key; one in a browser sends with it at once.
        """
        if isinstance(key, bytes):
            key = {"hex": key.hex()}
        self.order("set_key", name=name, key=key, index=index,
                   identity=identity)

    def rotate_every(self, name, keys, seconds):
        """name sends with the first of keys now and, every so many seconds,
        with the next. keys are pairs of bytes and index.

        Returns at once with a number for wait(), which then waits until the
        last key has been in use for that long.
        """
        return self.send("rotate_every", name=name, seconds=seconds, keys=[
            ({"hex": key.hex()}, index) for key, index in keys])

    def leave(self, name):
        return self.order("leave", name=name)
