# SPDX-License-Identifier: LGPL-2.1-or-later
"""End-to-end encryption of a call, in the two ways that Element Call knows.

Publishers and browsers take SHARED or OWN_KEYS when they join, and keys by
set_key then. Publish nothing before there is a key.
"""

import secrets

SHARED = "shared"  # one passphrase, PBKDF2
OWN_KEYS = "own"  # raw keys of each participant, HKDF

# As Element Call has it. Its key ring holds every index there can be.
RING_SIZE = 256
RATCHET_WINDOW = 10
FAILURE_TOLERANCE = 10


def new_key():
    """A key as a participant of Element Call makes it for himself."""
    return secrets.token_bytes(16)


def sdk_options(kind):
    """SHARED or OWN_KEYS for the Python SDK."""
    from livekit import rtc
    from livekit.rtc._proto import e2ee_pb2
    kdf = e2ee_pb2.KeyDerivationFunction
    options = rtc.KeyProviderOptions(key_ring_size=RING_SIZE)
    if kind == SHARED:
        # Without a key here it would take the call for one of OWN_KEYS. This
        # one is replaced before anything is sent.
        options.shared_key = secrets.token_bytes(16)
        options.ratchet_window_size = 0
        options.failure_tolerance = -1
        options.key_derivation_function = kdf.PBKDF2
    else:
        options.ratchet_window_size = RATCHET_WINDOW
        options.failure_tolerance = FAILURE_TOLERANCE
        options.key_derivation_function = kdf.HKDF
    return rtc.E2EEOptions(key_provider_options=options)


def key_bytes(key):
    """A key out of an order: the bytes of a passphrase, or a raw key."""
    return key.encode() if isinstance(key, str) else bytes.fromhex(key["hex"])
