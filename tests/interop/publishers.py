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
import subprocess
import sys
import threading

from orders import Orders
from processes import Child


class Publishers(Orders):
    """The process, from the outside. Use it from one thread.

    What is in enter is put before its command.
    """

    def __init__(self, folder, name="publishers", enter=()):
        super().__init__()
        self.child = Child(
            name, [*enter, sys.executable, __file__],
            pathlib.Path(folder) / f"{name}.log",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.child.process.stdout:
            self._answers.put(json.loads(line))
        self._answers.put(None)

    def _write(self, text):
        self.child.process.stdin.write(text.encode() + b"\n")
        self.child.process.stdin.flush()

    def join(self, name, url, token, index=0, subscribe=False,
             encryption=None):
        """Joins; index chooses colour and tone. Returns identity and sid.

        encryption is encryption.SHARED or OWN_KEYS, or None for none.
        """
        return self.order("join", name=name, url=url, token=token,
                          index=index, subscribe=subscribe,
                          encryption=encryption)

    def publish_beeps(self, name, **options):
        """Publishes a beep at each full second; returns sid and time."""
        return self.order("publish_beeps", name=name, **options)

    def publish_flashes(self, name, **options):
        """Publishes a flash at each full second (options: Participant)."""
        return self.order("publish_flashes", name=name, **options)

    def use_key(self, name, index):
        """name sends with the key that was set at this index."""
        return self.order("use_key", name=name, index=index)

    def rotate(self, name, key, index):
        """A new key, used at once."""
        self.set_key(name, key, index)
        self.use_key(name, index)

    def unpublish(self, name, sid):
        return self.order("unpublish", name=name, sid=sid)

    def mute(self, name, sid, muted=True):
        return self.order("mute", name=name, sid=sid, muted=muted)

    def be_silent(self, name, silent=True):
        """The tones of name are silence."""
        return self.order("be_silent", name=name, silent=silent)

    def publish_data(self, name, payload, **options):
        """name sends bytes to all (options: reliable, topic)."""
        return self.order("publish_data", name=name, payload=payload.hex(),
                          **options)

    def send_text(self, name, text, topic):
        return self.order("send_text", name=name, text=text, topic=topic)

    def describe(self, who, **options):
        """What who tells of himself (options: see Participant), with a token
        that allows to."""
        return self.order("describe", who=who, **options)

    def report(self, name):
        """What a subscribing participant has received up to now."""
        return self.order("report", name=name)

    def wait_recognised(self, name, sid, index, count=5, timeout=15):
        """Waits until name has received the index-th participant's picture
        or tone on that track, count times more than up to now."""
        return self.order("wait_recognised", name=name, sid=sid, index=index,
                          count=count, timeout=timeout)

    def wait_encryption(self, name, identity, state, timeout=15):
        """Waits until name has been told of that state of identity's media:
        ok, missing_key, decryption_failed."""
        return self.order("wait_encryption", name=name, identity=identity,
                          state=state, timeout=timeout)

    def stop(self):
        self.child.stop()
        self._reader.join(5)


# Orders that a participant carries out, and those that his reception does.
OF_PARTICIPANTS = ("publish_audio", "publish_video", "publish_beeps",
                   "publish_flashes", "unpublish", "set_key", "use_key",
                   "rotate_every", "publish_data", "send_text", "be_silent")
OF_RECEPTIONS = ("wait_recognised", "wait_encryption")


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

    async def describe(self, who, **options):
        await self.participants[who].describe(**options)

    async def report(self, name):
        return self.participants[name].reception.report()

    async def obey(self, number, command, **arguments):
        """Carries out one order and prints its answer."""
        answer = {"number": number}
        try:
            if command in OF_PARTICIPANTS:
                who = self.participants[arguments.pop("name")]
                function = getattr(who, command)
            elif command in OF_RECEPTIONS:
                who = self.participants[arguments.pop("name")].reception
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
