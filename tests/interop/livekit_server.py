# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real livekit-server on loopback, with its tokens and its RoomService."""

import asyncio
import json
import os
import secrets
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
    """One server process; everything it listens on is 127.0.0.1.

    It offers its own TURN server, since it would else tell its clients to
    ask public STUN servers.
    """

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.name = "livekit"
        self.key = "key" + secrets.token_hex(6)
        self.secret = secrets.token_hex(24)
        self.child = None
        self.port = None

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

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
        self.port, tcp, udp, turn = free_ports("tcp", "tcp", "udp", "udp")
        config = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "keys": {self.key: self.secret},
            "logging": {"level": "info"},
            "rtc": {
                "node_ip": "127.0.0.1",
                "use_external_ip": False,
                "enable_loopback_candidate": True,
                "ips": {"includes": ["127.0.0.1/32"]},
                "udp_port": udp,
                "tcp_port": tcp,
            },
            "turn": {
                "enabled": True,
                "udp_port": turn,
                "bind_addresses": ["127.0.0.1"],
                "relay_range_start": 40000,
                "relay_range_end": 59999,
                "allow_restricted_peer_cidrs": ["127.0.0.0/8"],
            },
            "room": {"auto_create": False},
        }
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(config))  # JSON is YAML
        self.start_again()

    def start_again(self):
        """Starts what the configuration file describes."""
        self.child = Child(
            self.name, [self.binary, "--config",
                        self.folder / f"{self.name}.json"],
            self.folder / f"{self.name}.log")
        wait_until(self._listening, 15, f"{self.name} listens")

    def _listening(self):
        self.child.require_running()
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.child:
            self.child.stop()
            self.child = None

    def description(self):
        """What another process needs to use this server."""
        return {"port": self.port, "key": self.key, "secret": self.secret}


class LiveKit:
    """Tokens and server calls for a running server (any process)."""

    def __init__(self, port, key, secret):
        self.url = f"ws://127.0.0.1:{port}"
        self.http_url = f"http://127.0.0.1:{port}"
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
