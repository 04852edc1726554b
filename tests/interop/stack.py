# SPDX-License-Identifier: LGPL-2.1-or-later
"""The servers together, and what a test needs of them.

The runner starts the servers once (Stack); each test runs in a process of its
own and finds them through the environment (InteropTest), so that a test which
crashes or hangs takes nothing with it.
"""

import json
import os
import pathlib
import shutil
import tempfile
import unittest
import uuid

from authorization_service import AuthorizationServer
from livekit_server import LiveKit, LiveKitServer
from publishers import Publishers
from homeserver import Matrix, SynapseServer, request

VARIABLE = "INTEROP_STACK"


class Stack:
    """Starts and stops the servers; used by the runner (and by benches)."""

    def __init__(self, binary, folder, matrix=True):
        self.livekit = LiveKitServer(binary, folder)
        self.synapse = SynapseServer(folder) if matrix else None
        self.authorization = None
        self.folder = folder

    def start(self):
        try:
            self.livekit.start()
            if self.synapse:
                self.synapse.start()
                self.authorization = AuthorizationServer(
                    self.folder,
                    {self.synapse.server_name: self.synapse.url},
                    self.livekit.url, self.livekit.key,
                    self.livekit.secret).start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        for server in (self.authorization, self.synapse, self.livekit):
            if server:
                server.stop()

    def environment(self):
        """What a test's process must have in its environment."""
        description = {"livekit": self.livekit.description()}
        if self.synapse:
            description["synapse"] = self.synapse.description()
            description["service_url"] = self.authorization.url
        return {VARIABLE: json.dumps(description)}


class Caller:
    """A Matrix user in a call, by one of the two ways that clients use."""

    def __init__(self, user, room_id, service_url, sticky):
        self.user = user
        self.room_id = room_id
        self.service_url = service_url
        self.sticky = sticky
        self.member_id = str(uuid.uuid4())

    def announce(self):
        self.user.join(self.room_id)
        if self.sticky:
            self.user.announce_by_sticky(
                self.room_id, self.service_url, self.member_id)
        else:
            self.user.announce_by_state(self.room_id, self.service_url)

    def sfu(self):
        """The SFU's url and a jwt, as the authorization service gives."""
        body = {"openid_token": self.user.openid_token()}
        if self.sticky:
            body.update(room_id=self.room_id, slot_id="m.call#ROOM", member={
                "id": self.member_id, "claimed_user_id": self.user.user_id,
                "claimed_device_id": self.user.device_id})
            return request("POST", self.service_url + "/get_token", body)
        body.update(room=self.room_id, device_id=self.user.device_id)
        return request("POST", self.service_url + "/sfu/get", body)


class InteropTest(unittest.TestCase):
    """Base of all cases: servers, publishers and a folder of its own."""

    seconds = 60  # the runner ends the test's process after that long
    long = False  # only with --long
    own_network = False  # in a network namespace, where nothing is yet

    def setUp(self):
        description = json.loads(os.environ[VARIABLE])
        self.livekit = LiveKit(**description["livekit"])
        self.matrix = Matrix(**description["synapse"])
        self.service_url = description["service_url"]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.room = "room-" + uuid.uuid4().hex[:12]
        self._publishers = None
        self._browser = None

    @property
    def publishers(self):
        if self._publishers is None:
            self._publishers = self._start(Publishers, "publishers")
        return self._publishers

    @property
    def browser(self):
        """Where participants of LiveKit's client for browsers live."""
        if self._browser is None:
            from browser import Browser  # benches do without Chromium
            self._browser = self._start(Browser, "browser")
        return self._browser

    @property
    def logs(self):
        return pathlib.Path(os.environ.get("INTEROP_LOGS", self.folder))

    def name_of(self, what):
        """What belongs to this case, among that of others."""
        return what + "-" + "-".join(self.id().split(".")[-2:])

    def _start(self, kind, name, **options):
        started = kind(self.logs, self.name_of(name), **options)
        self.addCleanup(started.stop)
        return started

    def join(self, name, index=0, **options):
        """A participant of self.room, straight to the SFU."""
        return self.publishers.join(
            name, self.livekit.url, self.livekit.token(self.room, name),
            index, **options)

    def publish_both(self, name, **video):
        """Audio and video of a participant; returns both sids."""
        return [self.publishers.publish_audio(name)["sid"],
                self.publishers.publish_video(name, **video)["sid"]]

    def new_user(self, name):
        return self.matrix.register(f"{name}-{uuid.uuid4().hex[:8]}")

    def token_file(self, user):
        """A file with the user's access token, for access-token-file."""
        path = self.folder / "access-token"
        path.write_text(user.access_token + "\n")
        return str(path)

    def matrix_call(self, count, sticky=lambda index: index % 2 == 1):
        """A Matrix room with count callers who are on the SFU, silent.

        Returns the recorder's user, the room id and the callers by name.
        """
        recorder = self.new_user("recorder")
        room_id = recorder.create_room()
        callers = {}
        for index in range(count):
            name = f"caller{index}"
            caller = Caller(self.new_user(name), room_id, self.service_url,
                            sticky(index))
            caller.announce()
            access = caller.sfu()
            caller.identity = self.publishers.join(
                name, access["url"], access["jwt"], index)["identity"]
            callers[name] = caller
        return recorder, room_id, callers
