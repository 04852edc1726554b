# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real livekit-server on loopback, with its tokens and its RoomService."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess

from processes import Child, free_ports, wait_until

VERSION = "1.13.5"
MODULE = "github.com/livekit/livekit-server/cmd/server"


def build(cache):
    """Builds the pinned server into the cache, once; returns its path."""
    folder = cache / f"livekit-server-{VERSION}"
    binary = folder / "server"
    if not binary.exists():
        print("interop: building livekit-server", VERSION, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["go", "install", f"{MODULE}@v{VERSION}"], check=True,
                       env={**os.environ, "GOBIN": str(folder)})
    return binary


class LiveKitServer:
    """One server process; everything it listens on is one address.

    It offers its own TURN server, since it would else tell its clients to
    ask public STUN servers. With auto_create whoever joins a room makes it,
    as is needed where rooms are lost with a server that was killed. What is
    in enter is put before its command, for a server in another network
    namespace.
    """

    def __init__(self, binary, folder, auto_create=False,
                 address="127.0.0.1", enter=()):
        self.binary = binary
        self.folder = folder
        self.auto_create = auto_create
        self.address = address
        self.enter = enter
        self.name = "livekit"
        self.key = "key" + secrets.token_hex(6)
        self.secret = secrets.token_hex(24)
        self.child = None
        self.port = self.ice_tcp_port = None

    @property
    def url(self):
        return f"ws://{self.address}:{self.port}"

    @property
    def log(self):
        return self.folder / f"{self.name}.log"

    def start(self, attempts=3):
        for attempt in range(attempts):
            try:
                self._start_once()
                return self
            except (RuntimeError, AssertionError):
                self.stop()
                if attempt + 1 == attempts:
                    raise
        return self

    def _start_once(self):
        self.port, self.ice_tcp_port, udp, turn = free_ports(
            "tcp", "tcp", "udp", "udp")
        config = {
            "port": self.port,
            "bind_addresses": [self.address],
            "keys": {self.key: self.secret},
            "logging": {"level": "info"},
            "rtc": {
                "node_ip": self.address,
                "use_external_ip": False,
                "enable_loopback_candidate": True,
                "ips": {"includes": [self.address + "/32"]},
                "udp_port": udp,
                "tcp_port": self.ice_tcp_port,
            },
            "turn": {
                "enabled": True,
                "udp_port": turn,
                "bind_addresses": [self.address],
                "relay_range_start": 40000,
                "relay_range_end": 59999,
                "allow_restricted_peer_cidrs": [self.address + "/32"],
            },
            "room": {"auto_create": self.auto_create},
        }
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(config))  # JSON is YAML
        self.start_again()

    def start_again(self):
        """Starts what the configuration file describes."""
        self.child = Child(
            self.name, [*self.enter, self.binary, "--config",
                        self.folder / f"{self.name}.json"], self.log)
        wait_until(self._listening, 15, f"{self.name} listens")

    def _listening(self):
        self.child.require_running()
        with socket.socket() as sock:
            return sock.connect_ex((self.address, self.port)) == 0

    def stop(self):
        if self.child:
            self.child.stop()
            self.child = None

    def kill(self):
        """Ends the process without a word to anybody."""
        self.child.process.kill()
        self.child.process.wait()

    def pause(self):
        """Holds the process, whose sockets stay."""
        self.child.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        """Lets a paused process run."""
        self.child.process.send_signal(signal.SIGCONT)

    def description(self):
        """What another process needs to use this server."""
        return {"address": self.address, "port": self.port,
                "key": self.key, "secret": self.secret}


class LiveKit:
    """Tokens and server calls for a running server (any process)."""

    def __init__(self, address, port, key, secret):
        self.port = port
        self.url = f"ws://{address}:{port}"
        self.http_url = f"http://{address}:{port}"
        self.key = key
        self.secret = secret

    def token(self, room, identity, name=None, secret=None, **grants):
        """A JWT to join room as identity; grants as in VideoGrants."""
        from livekit import api
        token = api.AccessToken(self.key, secret or self.secret)
        token.with_identity(identity).with_name(name or identity)
        token.with_grants(
            api.VideoGrants(room_join=True, room=room, **grants))
        return token.to_jwt()

    def _call(self, function):
        from livekit import api

        async def call():
            async with api.LiveKitAPI(self.http_url, self.key,
                                      self.secret) as client:
                return await function(client.room)
        return asyncio.run(call())

    def create_room(self, name, **options):
        """Creates a room; options as in CreateRoomRequest."""
        from livekit import api
        options.setdefault("empty_timeout", 300)
        return self._call(lambda room: room.create_room(
            api.CreateRoomRequest(name=name, **options)))

    def delete_room(self, name):
        from livekit import api
        return self._call(
            lambda room: room.delete_room(api.DeleteRoomRequest(room=name)))

    def remove_participant(self, name, identity):
        from livekit import api
        return self._call(lambda room: room.remove_participant(
            api.RoomParticipantIdentity(room=name, identity=identity)))

    def send_data(self, name, payload, topic):
        """Data of nobody to all in a room."""
        from livekit import api
        from livekit.protocol import models
        return self._call(lambda room: room.send_data(api.SendDataRequest(
            room=name, data=payload, topic=topic,
            kind=models.DataPacket.Kind.RELIABLE)))

    def participants(self, name):
        """Those who are in the room now; empty if there is no such room."""
        from livekit import api
        try:
            answer = self._call(lambda room: room.list_participants(
                api.ListParticipantsRequest(room=name)))
        except api.TwirpError as error:
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return []
            raise
        return list(answer.participants)

    def identities(self, name):
        return {participant.identity for participant
                in self.participants(name)}

    def connected(self, name):
        """The identities of those whose join was completed.

        A join that the client gives up half-way can stay in the server's
        list after the server has closed it ("removing participant without
        connection"), seen with 1.13.5. Nobody in the room sees it.
        """
        from livekit.protocol import models
        states = (models.ParticipantInfo.JOINED, models.ParticipantInfo.ACTIVE)
        return {participant.identity for participant
                in self.participants(name) if participant.state in states}
