#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Put into a node's stored tailnet lock what nobody with a key has made.

forge_lock.py update DIR HASH	an update that follows HASH, signed by nobody
forge_lock.py network DIR	the first update of another network, as the
				one to begin with
"""
import base64
import hashlib
import os
import sys
import time

KEY = bytes([0x66]) * 32


def head(kind, n):
    for size, code in ((1, 24), (2, 25), (4, 26)):
        if n < 24:
            return bytes([kind << 5 | n])
        if n < 1 << 8 * size:
            return bytes([kind << 5 | code]) + n.to_bytes(size, 'big')
    raise ValueError(n)


def put(value):
    if value is None:
        return b'\xf6'
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, list):
        return head(4, len(value)) + b''.join(map(put, value))
    return head(5, len(value)) + b''.join(put(k) + put(v)
                                          for k, v in value.items())


def store(folder, update):
    """One file, as the agent writes it; its name."""
    raw = put(update)
    digest = hashlib.blake2s(raw).digest()
    name = base64.b32encode(digest).decode().rstrip('=')
    os.makedirs(os.path.join(folder, name[:2]), exist_ok=True)
    with open(os.path.join(folder, name[:2], name), 'wb') as file:
        file.write(head(5, 2) + put(2) + raw + put(3) + put(int(time.time())))
    return digest


def main():
    what, folder = sys.argv[1:3]
    key = {1: 1, 2: 4096, 3: KEY}
    if what == 'update':
        prev = base64.b32decode(sys.argv[3] + '====')
        store(folder, {1: 1, 2: prev, 3: key})
        return
    state = {1: None, 2: [KEY], 3: [key], 4: 7, 5: 8}
    signature = {1: KEY, 2: KEY + KEY}
    digest = store(folder, {1: 5, 2: None, 5: state, 23: [signature]})
    with open(os.path.join(folder, 'last_active_ancestor'), 'wb') as file:
        file.write(digest)


main()
