# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Synapse on loopback, and the few Matrix calls the tests make.

Not named after Synapse: its Python package has that name.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from processes import Child, free_ports, wait_until

CALL_MEMBER = "org.matrix.msc3401.call.member"
RTC_MEMBER = "org.matrix.msc4143.rtc.member"
SLOT = "m.call#ROOM"


class MatrixError(Exception):
    """An answer of the homeserver that is no success."""

    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body}")
        self.status = status
        self.body = body


def request(method, url, body=None, token=None, timeout=20):
    """One JSON request; raises MatrixError for any other status than 2xx."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    message = urllib.request.Request(
        url, method=method, headers=headers,
        data=None if body is None else json.dumps(body).encode())
    # Loopback only: a proxy of the environment must not be asked.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(message, timeout=timeout) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            raise MatrixError(
                error.code, error.read().decode(errors="replace")) from None


class SynapseServer:
    """One Synapse process: sqlite, no federation, no rate limits.

    The server name is one that nobody asks a name server for.
    """

    def __init__(self, folder, server_name="localhost"):
        self.folder = folder / "synapse"
        self.server_name = server_name
        self.shared_secret = secrets.token_hex(16)
        self.child = None
        self.port = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, attempts=3):
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(attempts):
            try:
                self._start_once()
                return self
            except (RuntimeError, AssertionError):
                self.stop()
                if attempt + 1 == attempts:
                    raise
        return self

    def _config(self):
        unlimited = {"per_second": 10000, "burst_count": 10000}
        return {
            "server_name": self.server_name,
            "public_baseurl": self.url + "/",
            "listeners": [{
                "port": self.port, "type": "http", "tls": False,
                "bind_addresses": ["127.0.0.1"],
                "resources": [
                    {"names": ["client", "federation", "openid"]}],
            }],
            "database": {"name": "sqlite3", "args": {
                "database": str(self.folder / "homeserver.db")}},
            "log_config": str(self.folder / "log.json"),
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"),
            "registration_shared_secret": self.shared_secret,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "report_stats": False,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            "max_event_delay_duration": "24h",
            "experimental_features": {
                "msc4143_enabled": True, "msc4222_enabled": True,
                "msc4354_enabled": True},
            "rc_message": unlimited,
            "rc_joins": {"local": unlimited, "remote": unlimited},
            "rc_invites": {"per_room": unlimited, "per_user": unlimited,
                           "per_issuer": unlimited},
            "rc_login": {"address": unlimited, "account": unlimited,
                         "failed_attempts": unlimited},
            "rc_delayed_event_mgmt": unlimited,
            "rc_room_creation": unlimited,
        }

    def _start_once(self):
        self.port, = free_ports("tcp")
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (self.folder / "signing.key").write_text(f"ed25519 a_test {key}\n")
        (self.folder / "log.json").write_text(json.dumps({
            "version": 1, "disable_existing_loggers": False,
            "formatters": {"line": {
                "format": "%(asctime)s %(name)s %(levelname)s %(message)s"}},
            "handlers": {"console": {
                "class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": "INFO", "handlers": ["console"]}}))
        path = self.folder / "homeserver.json"
        path.write_text(json.dumps(self._config()))
        self.child = Child(
            "synapse", [sys.executable, "-m", "synapse.app.homeserver",
                        "--config-path", path],
            self.folder / "synapse.log")
        wait_until(self._healthy, 60, "synapse answers", 0.1)

    def _healthy(self):
        self.child.require_running()
        try:
            request("GET", self.url + "/_matrix/client/versions", timeout=2)
            return True
        except (MatrixError, OSError, ValueError):
            return False

    def stop(self):
        if self.child:
            self.child.stop(10)
            self.child = None

    def description(self):
        """What another process needs to use this server."""
        return {"url": self.url, "server_name": self.server_name,
                "shared_secret": self.shared_secret}


class Matrix:
    """A running homeserver, as its administrator sees it."""

    def __init__(self, url, server_name, shared_secret):
        self.url = url
        self.server_name = server_name
        self.shared_secret = shared_secret

    def register(self, name):
        """A new user with a device and an access token."""
        url = self.url + "/_synapse/admin/v1/register"
        nonce = request("GET", url)["nonce"]
        password = secrets.token_hex(8)
        mac = hmac.new(self.shared_secret.encode(), digestmod=hashlib.sha1)
        mac.update("\0".join(
            (nonce, name, password, "notadmin")).encode())
        answer = request("POST", url, {
            "nonce": nonce, "username": name, "password": password,
            "admin": False, "mac": mac.hexdigest()})
        return User(self.url, answer["user_id"], answer["device_id"],
                    answer["access_token"])


def quote(text):
    return urllib.parse.quote(text, safe="")


class User:
    """One Matrix user on one device."""

    def __init__(self, url, user_id, device_id, access_token):
        self.url = url
        self.user_id = user_id
        self.device_id = device_id
        self.access_token = access_token
        self._transactions = 0

    def call(self, method, path, body=None):
        return request(method, f"{self.url}/_matrix/client/{path}", body,
                       self.access_token)

    def create_room(self, **options):
        """A public room in which everybody may send call memberships."""
        return self.call("POST", "v3/createRoom", {
            "preset": "public_chat",
            "power_level_content_override": {"events": {CALL_MEMBER: 0}},
            **options})["room_id"]

    def join(self, room_id):
        self.call("POST", f"v3/join/{quote(room_id)}", {})

    def openid_token(self):
        return self.call(
            "POST", f"v3/user/{quote(self.user_id)}/openid/request_token", {})

    def announce_by_state(self, room_id, service_url):
        """Become a call member as Element Call's compatibility mode does."""
        self.call("PUT", self._state_path(room_id), {
            "application": "m.call", "call_id": "", "scope": "m.room",
            "device_id": self.device_id,
            "membershipID": f"{self.user_id}:{self.device_id}",
            "expires": 14400000, "m.call.intent": "video",
            "focus_active": {
                "type": "livekit", "focus_selection": "multi_sfu"},
            "foci_preferred": [{
                "type": "livekit", "livekit_service_url": service_url,
                "livekit_alias": room_id}]})

    def _state_path(self, room_id):
        key = f"_{self.user_id}_{self.device_id}_m.call"
        return f"v3/rooms/{quote(room_id)}/state/{CALL_MEMBER}/{quote(key)}"

    def announce_by_sticky(self, room_id, service_url, member_id):
        """Become a call member as Element Call's matrix_2_0 mode does."""
        self._send_sticky(room_id, {
            "application": {"type": "m.call", "m.call.intent": "video"},
            "slot_id": SLOT, "versions": [],
            "member": {"user_id": self.user_id, "id": member_id,
                       "device_id": self.device_id},
            "rtc_transports": [
                {"type": "livekit", "livekit_service_url": service_url}],
            "msc4354_sticky_key": member_id})

    def _send_sticky(self, room_id, content):
        self._transactions += 1
        transaction = f"{time.time_ns()}.{self._transactions}"
        self.call("PUT", f"v3/rooms/{quote(room_id)}/send/{RTC_MEMBER}/"
                  f"{transaction}?org.matrix.msc4354.sticky_duration_ms="
                  "3600000", content)
