# SPDX-License-Identifier: LGPL-2.1-or-later
"""Any number of participants in one process of their own, on command.

The LiveKit SDK brings its own threads and its own libwebrtc, which must not
be in the process whose threads, memory and media are measured. Publishers
starts that process and gives orders as JSON lines; every order returns when
it has been carried out. Times in the answers are of the monotonic clock,
which is the same for all processes of the machine.

    with Publishers(folder) as publishers:
        publishers.join("anna", livekit.url, livekit.token("room", "anna"))
        sid = publishers.publish_video("anna", codec="vp8")["sid"]
        publishers.mute("anna", sid)
        publishers.leave("anna")
"""

import asyncio
import json
import pathlib
import queue
import subprocess
import sys
import threading

from processes import Child, Timeout


class PublisherError(Exception):
    """The SDK could not do what was asked."""


class Publishers:
    """The process, from the outside. Use it from one thread."""

    def __init__(self, folder, name="publishers"):
        self.child = Child(
            name, [sys.executable, __file__],
            pathlib.Path(folder) / f"{name}.log",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers = queue.Queue()
        self._count = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read(self):
        for line in self.child.process.stdout:
            self._answers.put(json.loads(line))
        self._answers.put(None)

    def send(self, command, **arguments):
        """Gives an order without waiting; returns its number for wait()."""
        self._count += 1
        line = json.dumps(
            {"number": self._count, "command": command, **arguments})
        self.child.process.stdin.write(line.encode() + b"\n")
        self.child.process.stdin.flush()
        return self._count

    def wait(self, *numbers, timeout=30):
        """The results of orders sent before, in the order of numbers."""
        results = {}
        while len(results) < len(numbers):
            try:
                answer = self._answers.get(timeout=timeout)
            except queue.Empty:
                raise Timeout("the publishers do not answer") from None
            if answer is None:
                self.child.process.wait(5)
                self.child.require_running()
            if "error" in answer:
                raise PublisherError(answer["error"])
            results[answer["number"]] = answer["result"]
        return [results[number] for number in numbers]

    def order(self, command, **arguments):
        return self.wait(self.send(command, **arguments))[0]

    def join(self, name, url, token, index=0, subscribe=False):
        """Joins; index chooses colour and tone. Returns identity and sid."""
        return self.order("join", name=name, url=url, token=token,
                          index=index, subscribe=subscribe)

    def publish_audio(self, name):
        """Publishes a tone; returns sid and time."""
        return self.order("publish_audio", name=name)

    def publish_video(self, name, **options):
        """Publishes a moving picture (options: see Participant)."""
        return self.order("publish_video", name=name, **options)

    def unpublish(self, name, sid):
        return self.order("unpublish", name=name, sid=sid)

    def mute(self, name, sid, muted=True):
        return self.order("mute", name=name, sid=sid, muted=muted)

    def leave(self, name):
        return self.order("leave", name=name)

    def report(self, name):
        """What a subscribing participant has received up to now."""
        return self.order("report", name=name)

    def stop(self):
        self.child.stop()
        self._reader.join(5)


class Worker:
    """The process, from the inside."""

    def __init__(self):
        self.participants = {}

    async def join(self, name, index, **options):
        from participant import Participant
        participant = Participant(index)
        result = await participant.join(**options)
        self.participants[name] = participant
        return result

    async def leave(self, name):
        await self.participants.pop(name).leave()

    async def mute(self, name, sid, muted):
        self.participants[name].mute(sid, muted)

    async def report(self, name):
        return self.participants[name].report()

    async def obey(self, number, command, **arguments):
        """Carries out one order and prints its answer."""
        answer = {"number": number}
        try:
            if command in ("publish_audio", "publish_video", "unpublish"):
                who = self.participants[arguments.pop("name")]
                function = getattr(who, command)
            else:
                function = getattr(self, command)
            answer["result"] = await function(**arguments)
        except Exception as error:  # pylint: disable=broad-except
            answer["error"] = f"{command}: {type(error).__name__}: {error}"
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    async def run(self):
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        tasks = set()  # orders run side by side: keep them from being freed
        async for line in reader:
            task = asyncio.create_task(self.obey(**json.loads(line)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    asyncio.run(Worker().run())
