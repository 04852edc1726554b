# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small MatrixRTC authorization service: Matrix identity to LiveKit JWT.

Speaks the interface of the service that deployments run, as strictly as that
one does (unknown fields are refused), so that a client that is only nearly
right fails here too. Federation is replaced by a fixed table from server name
to homeserver URL: there is no TLS and no name resolution on loopback.

Run as a program it reads its configuration as one JSON line from standard
input and prints the port it listens on.
"""

import asyncio
import base64
import hashlib
import json
import logging
import subprocess
import sys

from homeserver import quote, request
from processes import Child

SLOT = "m.call#ROOM"
OPENID = {"access_token": str, "token_type": str, "matrix_server_name": str,
          "expires_in": int}
MEMBER = {"id": str, "claimed_user_id": str, "claimed_device_id": str}
DELAY = {"delay_id": str, "delay_timeout": int, "delay_cs_api_url": str}
GET_TOKEN = {"room_id": str, "slot_id": str, "openid_token": OPENID,
             "member": MEMBER, **DELAY}
SFU_GET = {"room": str, "device_id": str, "openid_token": OPENID, **DELAY}


def hashed(*parts):
    """Unpadded base64 of the SHA-256 of a compact JSON array of strings."""
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    for char in "&<>\u2028\u2029":  # as Go's encoder writes them
        text = text.replace(char, f"\\u{ord(char):04x}")
    digest = hashlib.sha256(text.encode()).digest()
    return base64.b64encode(digest).decode().rstrip("=")


class Refusal(Exception):
    """An answer with an errcode."""

    def __init__(self, status, errcode, text):
        super().__init__(text)
        self.status = status
        self.errcode = errcode


def check_fields(body, shape, where="body"):
    """Refuses wrong types and fields that shape does not name."""
    if not isinstance(body, dict):
        raise Refusal(400, "M_NOT_JSON", f"{where} is not an object")
    for name, value in body.items():
        wanted = shape.get(name)
        if wanted is None:
            raise Refusal(400, "M_NOT_JSON", f"unknown field {name}")
        if isinstance(wanted, dict):
            check_fields(value, wanted, name)
        elif not isinstance(value, wanted) or isinstance(value, bool):
            raise Refusal(400, "M_NOT_JSON", f"wrong type of {name}")


def require(body, *names):
    """Refuses absent or empty fields (dots lead into objects)."""
    for name in names:
        value = body
        for part in name.split("."):
            value = value.get(part, {}) if value else None
        if not value:
            raise Refusal(400, "M_BAD_JSON", f"missing {name}")


def check_delay(body):
    if ("delay_id" in body) != ("delay_timeout" in body):
        raise Refusal(400, "M_BAD_JSON", "delay_id and delay_timeout")


class Service:
    """The HTTP handlers."""

    def __init__(self, config):
        self.homeservers = config["homeservers"]
        self.livekit_url = config["livekit_url"]
        self.key = config["key"]
        self.secret = config["secret"]
        self.http = None
        self.counts = {}  # user id -> OpenID tokens he showed, jwts he got

    async def verified_user(self, openid):
        """The user who got this OpenID token, as his homeserver says."""
        server = openid["matrix_server_name"]
        base = self.homeservers.get(server)
        if base is None:
            raise Refusal(401, "M_UNAUTHORIZED", f"cannot reach {server}")
        async with self.http.get(
                base + "/_matrix/federation/v1/openid/userinfo",
                params={"access_token": openid["access_token"]}) as answer:
            if answer.status != 200:
                raise Refusal(401, "M_UNAUTHORIZED", "token refused")
            subject = (await answer.json())["sub"]
        if subject.partition(":")[2] != server:
            raise Refusal(401, "M_UNAUTHORIZED", "server does not match")
        tokens, _jwts = self.counts.setdefault(subject, (set(), []))
        tokens.add(openid["access_token"])
        return subject

    async def get_token(self, body):
        check_fields(body, GET_TOKEN)
        require(body, "room_id", "slot_id", "member.id",
                "member.claimed_user_id", "member.claimed_device_id",
                "openid_token.access_token",
                "openid_token.matrix_server_name")
        check_delay(body)
        user = await self.verified_user(body["openid_token"])
        member = body["member"]
        if user != member["claimed_user_id"]:
            raise Refusal(401, "M_UNAUTHORIZED", "not the claimed user")
        return await self.admit(
            user, hashed(body["room_id"], body["slot_id"]),
            hashed(user, member["claimed_device_id"], member["id"]))

    async def sfu_get(self, body):
        check_fields(body, SFU_GET)
        require(body, "room", "openid_token.access_token",
                "openid_token.matrix_server_name")
        check_delay(body)
        user = await self.verified_user(body["openid_token"])
        return await self.admit(user, hashed(body["room"], SLOT),
                                f"{user}:{body.get('device_id', '')}")

    async def admit(self, user, room, identity):
        """Makes the room, which the SFU itself will not, and the JWT."""
        from livekit import api
        try:
            async with api.LiveKitAPI(
                    self.livekit_url.replace("ws", "http", 1), self.key,
                    self.secret) as client:
                await client.room.create_room(api.CreateRoomRequest(
                    name=room, empty_timeout=300, departure_timeout=20))
        except api.TwirpError as error:
            raise Refusal(500, "M_UNKNOWN", str(error)) from error
        token = api.AccessToken(self.key, self.secret)
        token.with_identity(identity).with_grants(api.VideoGrants(
            room_join=True, room=room, can_publish=True, can_subscribe=True,
            can_update_own_metadata=True))
        jwt = token.to_jwt()
        self.counts[user][1].append(jwt)
        return {"url": self.livekit_url, "jwt": jwt}

    async def count(self, message):
        """For tests: how many OpenID tokens a user has shown, and how many
        jwts he got."""
        from aiohttp import web
        tokens, jwts = self.counts.get(message.query["user_id"], ((), ()))
        return web.json_response(
            {"openid_tokens": len(tokens), "jwts": len(jwts)})

    def handler(self, endpoint):
        """Wraps an endpoint: JSON in, JSON or an errcode out."""
        from aiohttp import web

        async def handle(message):
            try:
                try:
                    body = json.loads(await message.text())
                except ValueError as error:
                    raise Refusal(400, "M_NOT_JSON", str(error)) from error
                return web.json_response(await endpoint(body))
            except Refusal as refusal:
                logging.info("refused: %s %s", refusal.errcode, refusal)
                return web.json_response(
                    {"errcode": refusal.errcode, "error": str(refusal)},
                    status=refusal.status)
        return handle

    async def run(self):
        import aiohttp
        from aiohttp import web
        app = web.Application()

        async def health(_message):
            return web.Response()
        app.router.add_get("/healthz", health)
        app.router.add_get("/count", self.count)
        app.router.add_post("/get_token", self.handler(self.get_token))
        app.router.add_post("/sfu/get", self.handler(self.sfu_get))
        async with aiohttp.ClientSession() as self.http:
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            print(runner.addresses[0][1], flush=True)
            await asyncio.Event().wait()


class AuthorizationServer:
    """The service as a child process."""

    def __init__(self, folder, homeservers, livekit_url, key, secret):
        self.config = {"homeservers": homeservers, "key": key,
                       "livekit_url": livekit_url, "secret": secret}
        self.log = folder / "authorization_service.log"
        self.child = None
        self.port = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.child = Child(
            "authorization service", [sys.executable, __file__], self.log,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.child.process.stdin.write(
            json.dumps(self.config).encode() + b"\n")
        self.child.process.stdin.flush()
        self.port = int(self.child.read_line(20))
        return self

    def count(self, user_id):
        """How many different OpenID tokens a user has shown, and how many
        jwts he got."""
        return request("GET", f"{self.url}/count?user_id={quote(user_id)}")

    def stop(self):
        if self.child:
            self.child.stop()
            self.child = None


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(Service(json.loads(sys.stdin.readline())).run())
