#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Constants of kmod/sha512.c and kmod/ed25519.c, from their definitions.

usage: scripts/gen-constants.py [--check]

Writes kmod/sha512_table.h and kmod/ed25519_table.h, or with --check says
whether they are what it would write.
"""
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# RFC 8032, section 5.1.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
BASE_WINDOW = 7  # odd multiples below 2^(7-1) * 2: 32 of them


def primes(n):
    found = []
    candidate = 2
    while len(found) < n:
        if all(candidate % p for p in found):
            found.append(candidate)
        candidate += 1
    return found


def root(x, k):
    """floor of the k-th root"""
    low, high = 0, 1 << (x.bit_length() // k + 1)
    while low < high:
        mid = (low + high + 1) // 2
        if mid**k <= x:
            low = mid
        else:
            high = mid - 1
    return low


def fraction(prime, k):
    """64 bits behind the point of a root (FIPS 180-4, 4.2.3 and 5.3.5)"""
    return root(prime << (64 * k), k) & (2**64 - 1)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P,
            (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P)


def base():
    y = 4 * pow(5, P - 2, P) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * SQRT_M1 % P
    assert (v * x * x - u) % P == 0
    return (P - x if x & 1 else x, y)


def limbs(x):
    x %= P
    return [x >> (51 * i) & (2**51 - 1) for i in range(5)]


def field(x, indent):
    v = [f"0x{w:013x}" for w in limbs(x)]
    tab = "\t" * indent
    return (f"{tab}{{ {{ {v[0]}, {v[1]}, {v[2]},\n"
            f"{tab}    {v[3]}, {v[4]} }} }}")


HEAD = """/* SPDX-License-Identifier: GPL-2.0-only */
/* Made by scripts/gen-constants.py; do not edit. */
"""


def sha512_table():
    out = HEAD + "\n/* Square roots of the first 8 primes. */\n"
    out += "static const u64 tn_sha512_start[8] = {\n"
    for p in primes(8):
        out += f"\t0x{fraction(p, 2):016x}ULL,\n"
    out += "};\n\n/* Cube roots of the first 80. */\n"
    out += "static const u64 tn_sha512_k[80] = {\n"
    k = [f"0x{fraction(p, 3):016x}ULL" for p in primes(80)]
    for i in range(0, 80, 2):
        out += f"\t{k[i]}, {k[i + 1]},\n"
    return out + "};\n"


def ed25519_table():
    out = HEAD
    for name, value, text in (
            ("d", D, "-121665/121666"),
            ("d2", 2 * D, "Twice that"),
            ("sqrt_m1", SQRT_M1, "A square root of -1")):
        v = [f"0x{w:013x}" for w in limbs(value)]
        out += f"\n/* {text}. */\nstatic const struct tn_fe tn_fe_{name} = {{ {{\n"
        out += f"\t{v[0]}, {v[1]}, {v[2]},\n\t{v[3]}, {v[4]},\n}} }};\n"
    out += "\n/* The group order, low word first. */\n"
    out += "static const u64 tn_sc_order[4] = {\n"
    for i in range(4):
        out += f"\t0x{L >> (64 * i) & (2**64 - 1):016x}ULL,\n"
    out += "};\n\n/* B, 3B, 5B, ... : y + x, y - x, 2dxy. */\n"
    n = 1 << (BASE_WINDOW - 2)
    out += f"#define TN_BASE_WINDOW {BASE_WINDOW}\n\n"
    out += f"static const struct tn_ge_affine tn_ge_base[{n}] = {{\n"
    b = base()
    two = add(b, b)
    for _ in range(n):
        x, y = b
        out += "\t{\n"
        for v in (y + x, y - x, 2 * D * x * y):
            out += field(v, 2) + ",\n"
        out += "\t},\n"
        b = add(b, two)
    return out + "};\n"


def main():
    bad = 0
    for name, text in (("sha512_table.h", sha512_table()),
                       ("ed25519_table.h", ed25519_table())):
        path = os.path.join(TOP, "kmod", name)
        if sys.argv[1:] == ["--check"]:
            if open(path).read() != text:
                print(f"kmod/{name}:1: not what gen-constants.py makes")
                bad = 1
        else:
            open(path, "w").write(text)
    return bad


sys.exit(main())
