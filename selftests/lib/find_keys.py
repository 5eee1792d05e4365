#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Where are keys, in the memory of a process or in files?

usage: find_keys.py keys STATE          keys of a plain state file, as NAME HEX
       find_keys.py memory PID KEYS     in the memory of a process
       find_keys.py files KEYS PATH...  in files and what is below folders

KEYS is a file of lines NAME HEX. Looked for are the bytes, their hex digits and
those in base64, of either alphabet. Prints a line for each find, then
  N outside, M guarded
where guarded memory is locked and left out of core dumps, as libsodium does.
"""

import base64
import json
import os
import re
import sys


def keys_of(path):
    with open(path, encoding="utf-8") as f:
        state = {k: base64.b64decode(v) for k, v in json.load(f).items()}
    for name, value in state.items():
        for prefix, digits in re.findall(rb"\b((?:nl)?priv(?:key)?):([0-9a-f]{64,128})", value):
            # Of a pair only the first half is secret.
            digits = digits[:64].decode()
            if set(digits) != {"0"}:
                yield f"{name}/{prefix.decode()}", digits


def forms(name, digits):
    raw = bytes.fromhex(digits)
    yield name, raw
    yield name + " in hex", digits.lower().encode()
    yield name + " in capital hex", digits.upper().encode()
    # Wherever it stands in what is encoded.
    for shift in range(3):
        for what, data in ("", raw), (" in hex", digits.encode()):
            for kind, encode in ("base64", base64.b64encode), (
                    "base64 for addresses", base64.urlsafe_b64encode):
                text = encode(b"\0" * shift + data + b"\0\0\0")
                yield f"{name}{what} in {kind}", text[4:4 + len(data) * 4 // 3 - 4]


def read_keys(path):
    with open(path, encoding="ascii") as f:
        return [form for line in f if line.strip()
                for form in forms(*line.rsplit(maxsplit=1))]


def mappings(pid):
    """Start, end, name and flags of what can be read."""
    at = None
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as f:
        for line in f:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line)
            if head:
                at = (int(head[1], 16), int(head[2], 16), head[3], head[4])
            elif line.startswith("VmFlags:") and at[2].startswith("r"):
                yield at[0], at[1], at[3] or "heap or the like", set(line.split()[1:])


def memory(pid, keys):
    outside = guarded = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for start, end, name, flags in mappings(pid):
            if name in ("[vvar]", "[vsyscall]"):
                continue
            try:
                mem.seek(start)
                data = mem.read(end - start)
            except OSError:
                continue
            for what, form in keys:
                n = data.count(form)
                if n and {"lo", "dd"} <= flags:
                    guarded += n
                    print(f"{what}: {n} times in guarded memory")
                elif n:
                    outside += n
                    print(f"{what}: {n} times in {name} at {start + data.find(form):x}")
    return outside, guarded


def files(paths, keys):
    outside = 0
    for top in paths:
        for path in [top] if os.path.isfile(top) else [
                os.path.join(d, n) for d, _, names in os.walk(top) for n in names]:
            with open(path, "rb") as f:
                data = f.read()
            for what, form in keys:
                if form in data:
                    outside += 1
                    print(f"{what}: in {path}")
    return outside, 0


def main(argv):
    if argv[1] == "keys":
        for name, digits in keys_of(argv[2]):
            print(name, digits)
        return
    if argv[1] == "memory":
        found = memory(int(argv[2]), read_keys(argv[3]))
    else:
        found = files(argv[3:], read_keys(argv[2]))
    print("%d outside, %d guarded" % found)


main(sys.argv)
