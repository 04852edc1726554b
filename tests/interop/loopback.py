# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps a webrtcbin's media on 127.0.0.1.

libnice else takes the machine's other addresses and leaves lo out. The
server's TURN, which listens on the wildcard, answers such an address from
that address and not from 127.0.0.1, where it was asked: libnice drops that.

By ctypes, since Python's GObject binding takes webrtcbin's only reference to
its ICE object, which is a floating one.
"""

import ctypes

_glib = ctypes.CDLL("libgobject-2.0.so.0")
_nice = ctypes.CDLL("libnice.so.10")
_nice.nice_address_new.restype = ctypes.c_void_p
_nice.nice_address_set_from_string.argtypes = (
    ctypes.c_void_p, ctypes.c_char_p)
_nice.nice_address_free.argtypes = (ctypes.c_void_p,)
_nice.nice_agent_add_local_address.argtypes = (
    ctypes.c_void_p, ctypes.c_void_p)
_glib.g_object_unref.argtypes = (ctypes.c_void_p,)


def _object_property(pointer, name):
    """An object that is a property of another one, with a reference."""
    value = ctypes.c_void_p()
    _glib.g_object_get(ctypes.c_void_p(pointer), ctypes.c_char_p(name),
                       ctypes.byref(value), ctypes.c_void_p())
    return value.value


def restrict(webrtcbin):
    """To be called before webrtcbin has gathered anything."""
    ice = _object_property(hash(webrtcbin), b"ice-agent")
    agent = _object_property(ice, b"agent")
    address = _nice.nice_address_new()
    try:
        if not (_nice.nice_address_set_from_string(address, b"127.0.0.1")
                and _nice.nice_agent_add_local_address(agent, address)):
            raise RuntimeError("libnice does not take 127.0.0.1")
    finally:
        _nice.nice_address_free(address)
        _glib.g_object_unref(agent)
        _glib.g_object_unref(ice)
