#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Can find_keys.py fail? A key in each form, in a process and in a file.

usage: find_keys_check.py FIND_KEYS
"""

import base64
import os
import subprocess
import sys
import tempfile

KEY = bytes.fromhex("fb9e01ff7c2ab3d4e5f60718293a4b5c6d7e8f9001122334455667788990fbef")
HEX = KEY.hex().encode()
FORMS = {
    "bytes": KEY,
    "hex": HEX,
    "capital hex": HEX.upper(),
    "base64": base64.b64encode(KEY),
    "base64 for addresses": base64.urlsafe_b64encode(KEY),
    "base64 inside of a text": base64.b64encode(b"x" + KEY + b"yz"),
    "base64 inside of another text": base64.b64encode(b"xx" + KEY + b"yz"),
    "base64 of hex": base64.b64encode(b"privkey:" + HEX),
}
failed = False

# It shall not have the key but where it is told to: that is read straight there.
HOLD = """
import ctypes, mmap, os, sys
n = int(sys.argv[1])
m = mmap.mmap(-1, 4096)
at = ctypes.addressof(ctypes.c_char.from_buffer(m))
libc = ctypes.CDLL(None)
done = 0
while done < n:
    got = libc.read(0, ctypes.c_void_p(at + done), n - done)
    if got <= 0:
        sys.exit(1)
    done += got
if sys.argv[2] == "guarded":
    if libc.mlock(ctypes.c_void_p(at), 4096) or libc.madvise(ctypes.c_void_p(at), 4096, 16):
        sys.exit(2)
print("ready", flush=True)
os.read(0, 1)
"""


def expect(name, got, want):
    global failed
    if want(got):
        print("ok find_keys/" + name)
    else:
        failed = True
        print("not ok find_keys/%s - %r" % (name, got))


def last(out):
    outside, _, guarded, _ = out.decode().splitlines()[-1].split()
    return int(outside), int(guarded)


def search(find, *args):
    return last(subprocess.run([sys.executable, find, *args], check=True,
                               stdout=subprocess.PIPE).stdout)


def in_memory(find, keys, data, how):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(len(data)), how],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        p.stdin.write(data)
        p.stdin.flush()
        if p.stdout.readline() != b"ready\n":
            p.kill()
            return None
        found = search(find, "memory", str(p.pid), keys)
        p.stdin.close()
        return found


def main():
    find = sys.argv[1]
    with tempfile.TemporaryDirectory() as top:
        keys = os.path.join(top, "keys")
        with open(keys, "w", encoding="ascii") as f:
            f.write("machine %s\n" % KEY.hex())
        for name, data in FORMS.items():
            path = os.path.join(top, "file")
            with open(path, "wb") as f:
                f.write(b"before" + data + b"after")
            expect("file/" + name, search(find, "files", keys, path),
                   lambda r: r[0] >= 1 and r[1] == 0)
            expect("memory/" + name, in_memory(find, keys, data, "plain"),
                   lambda r: r and r[0] >= 1 and r[1] == 0)
        guarded = in_memory(find, keys, KEY, "guarded")
        if guarded is None:
            print("SKIP find_keys/guarded - no memory may be locked")
        else:
            expect("memory/guarded", guarded, lambda r: r == (0, 1))
        other = bytes(b ^ 1 for b in KEY)
        expect("memory/another key", in_memory(find, keys, other, "plain"),
               lambda r: r == (0, 0))
    return 1 if failed else 0


sys.exit(main())
