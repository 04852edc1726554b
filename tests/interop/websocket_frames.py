# SPDX-License-Identifier: LGPL-2.1-or-later
"""WebSocket frames (RFC 6455), no more of them than a proxy has to know."""

import os
import struct

BINARY = 2
CONTROL = 8  # this opcode and those above it


class Frames:
    """Cuts a stream of bytes into whole frames, which stay as they are.

    Whether a message is compressed doesn't matter: the frame says so itself.
    """

    def __init__(self):
        self._rest = b""
        self.within_message = False  # more frames of it are to come

    def feed(self, data):
        """The frames that are complete with data."""
        self._rest += data
        frames = []
        while (size := self._size()) and size <= len(self._rest):
            frames.append(self._rest[:size])
            self._rest = self._rest[size:]
        return frames

    def passed(self, frame):
        """To be told of every frame when it is sent on."""
        if frame[0] & 0x0f < CONTROL:
            self.within_message = not frame[0] & 0x80

    def _size(self):
        """Of the first frame, or None if its head isn't there yet."""
        if len(self._rest) < 2:
            return None
        length = self._rest[1] & 0x7f
        head = 2 + {126: 2, 127: 8}.get(length, 0)
        if len(self._rest) < head:
            return None
        if head > 2:
            length = int.from_bytes(self._rest[2:head], "big")
        return head + (4 if self._rest[1] & 0x80 else 0) + length


def is_data(frame):
    return frame[0] & 0x0f < CONTROL


def make(payload, masked, opcode=BINARY):
    """A message of one uncompressed frame; a client's is masked."""
    flag = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", 0x80 | opcode, flag | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, flag | 126, len(payload))
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, flag | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(
        byte ^ mask[i % 4] for i, byte in enumerate(payload))
