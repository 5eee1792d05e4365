#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Makes noise.txt, cookie.txt and kdf.txt: known answers for the handshake.

An implementation of its own, from the WireGuard paper and the Noise
specification alone: X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439) and
XChaCha20 (draft-irtf-cfrg-xchacha) are written out below, and checked against
those documents' vectors before anything is made; BLAKE2s and HMAC are those of
the Python library. It shares nothing with the module, so that a mistake would
have to be made twice.

	gen-noise.py [FOLDER]		write the files
	gen-noise.py --check [FOLDER]	exit 1 if they are not what would be written
"""

import hashlib
import hmac
import os
import struct
import sys

P = 2**255 - 19


def x25519(scalar, point):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(private):
    return x25519(private, (9).to_bytes(32, "little"))


def rounds(state):
    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = s[x] + s[y] & 0xFFFFFFFF
            v = s[z] ^ s[x]
            s[z] = (v << n | v >> 32 - n) & 0xFFFFFFFF

    s = list(state)
    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


SIGMA = struct.unpack("<4L", b"expand 32-byte k")


def chacha20(key, nonce, data, counter):
    out = b""
    for i in range(0, len(data), 64):
        state = SIGMA + struct.unpack("<8L", key)
        state += (counter + i // 64,) + struct.unpack("<3L", nonce)
        words = [a + b & 0xFFFFFFFF for a, b in zip(state, rounds(state))]
        block = struct.pack("<16L", *words)
        out += bytes(a ^ b for a, b in zip(data[i : i + 64], block))
    return out


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for i in range(0, len(data), 16):
        acc = (acc + int.from_bytes(data[i : i + 16] + b"\1", "little")) * r
        acc %= 2**130 - 5
    acc += int.from_bytes(key[16:], "little")
    return (acc & (2**128 - 1)).to_bytes(16, "little")


def aead_nonce12(key, nonce, data, ad):
    def pad(b):
        return b + bytes(-len(b) % 16)

    sealed = chacha20(key, nonce, data, 1)
    lengths = struct.pack("<QQ", len(ad), len(sealed))
    one_time = chacha20(key, nonce, bytes(32), 0)
    return sealed + poly1305(one_time, pad(ad) + pad(sealed) + lengths)


def aead(key, counter, data, ad):
    return aead_nonce12(key, struct.pack("<LQ", 0, counter), data, ad)


def hchacha20(key, nonce16):
    s = rounds(SIGMA + struct.unpack("<8L", key) + struct.unpack("<4L", nonce16))
    return struct.pack("<8L", *(s[:4] + s[12:]))


def xaead(key, nonce24, data, ad):
    return aead_nonce12(
        hchacha20(key, nonce24[:16]), bytes(4) + nonce24[16:], data, ad
    )


def hash_(*parts):
    return hashlib.blake2s(b"".join(parts)).digest()


def mac(key, data, size=16):
    return hashlib.blake2s(data, digest_size=size, key=key).digest()


def kdf(n, ck, data):
    secret = hmac.new(ck, data, hashlib.blake2s).digest()
    out, last = [], b""
    for i in range(1, n + 1):
        last = hmac.new(secret, last + bytes([i]), hashlib.blake2s).digest()
        out.append(last)
    return out


def check_primitives():
    f = bytes.fromhex
    # RFC 7748, section 5.2, first vector; section 6.1.
    assert x25519(
        f("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        f("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
    ) == f("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    # RFC 8439, section 2.8.2.
    text = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you "
        b"only one tip for the future, sunscreen would be it."
    )
    sealed = aead_nonce12(
        bytes(range(0x80, 0xA0)),
        f("070000004041424344454647"),
        text,
        f("50515253c0c1c2c3c4c5c6c7"),
    )
    assert sealed[-16:] == f("1ae10b594f09e26a7e902ecbd0600691")
    # draft-irtf-cfrg-xchacha, section 2.2.1 and A.3.1.
    assert hchacha20(
        bytes(range(32)), f("000000090000004a0000000031415927")
    ) == f("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc")
    sealed = xaead(
        bytes(range(0x80, 0xA0)),
        bytes(range(0x40, 0x58)),
        text,
        f("50515253c0c1c2c3c4c5c6c7"),
    )
    assert sealed[-16:] == f("c0875924c1c7987947deafd8780acf49")


class Noise:
    """Symmetric state of one end."""

    def __init__(self, responder_public):
        self.ck = hash_(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
        self.h = hash_(self.ck, b"WireGuard v1 zx2c4 Jason@zx2c4.com")
        self.mix_hash(responder_public)
        self.key = None

    def mix_hash(self, data):
        self.h = hash_(self.h, data)

    def mix_ephemeral(self, key):
        (self.ck,) = kdf(1, self.ck, key)
        self.mix_hash(key)

    def mix_key(self, data):
        self.ck, self.key = kdf(2, self.ck, data)

    def mix_only(self, data):
        (self.ck,) = kdf(1, self.ck, data)

    def mix_psk(self, psk):
        self.ck, tau, self.key = kdf(3, self.ck, psk)
        self.mix_hash(tau)

    def seal(self, data):
        sealed = aead(self.key, 0, data, self.h)
        self.mix_hash(sealed)
        return sealed


def draw(*label):
    return hash_(b"tailnet test vector: ", "/".join(label).encode())


def clamp(key):
    k = bytearray(key)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    return bytes(k)


def macs(receiver_public, message, cookie=None):
    message += mac(hash_(b"mac1----", receiver_public), message)
    return message + (mac(cookie, message) if cookie else bytes(16))


def tai64n(seconds, nanoseconds):
    return struct.pack(">QL", 0x400000000000000A + seconds, nanoseconds // 2**24 * 2**24)


def transcript(name, seconds, nanoseconds, psk, indices, cookie=None):
    s_i, e_i = clamp(draw(name, "si")), clamp(draw(name, "ei"))
    s_r, e_r = clamp(draw(name, "sr")), clamp(draw(name, "er"))
    index_i, index_r = indices
    psk = draw(name, "psk") if psk else bytes(32)

    n = Noise(public(s_r))
    n.mix_ephemeral(public(e_i))
    n.mix_key(x25519(e_i, public(s_r)))
    sealed_static = n.seal(public(s_i))
    n.mix_key(x25519(s_i, public(s_r)))
    timestamp = tai64n(seconds, nanoseconds)
    sealed_timestamp = n.seal(timestamp)
    initiation = macs(
        public(s_r),
        struct.pack("<LL", 1, index_i) + public(e_i) + sealed_static + sealed_timestamp,
        cookie,
    )
    hash_1, ck_1 = n.h, n.ck

    n.mix_ephemeral(public(e_r))
    n.mix_only(x25519(e_r, public(e_i)))
    n.mix_only(x25519(e_r, public(s_i)))
    n.mix_psk(psk)
    response = macs(
        public(s_i),
        struct.pack("<LLL", 2, index_r, index_i) + public(e_r) + n.seal(b""),
        cookie,
    )
    to_responder, to_initiator = kdf(2, n.ck, b"")

    return name, [
        ("initiator_private", s_i),
        ("initiator_public", public(s_i)),
        ("initiator_ephemeral", e_i),
        ("initiator_index", struct.pack(">Q", index_i)),
        ("responder_private", s_r),
        ("responder_public", public(s_r)),
        ("responder_ephemeral", e_r),
        ("responder_index", struct.pack(">Q", index_r)),
        ("psk", psk),
        ("seconds", struct.pack(">Q", seconds)),
        ("nanoseconds", struct.pack(">Q", nanoseconds)),
        ("timestamp", timestamp),
        ("cookie", cookie or b""),
        ("initiation", initiation),
        ("hash_after_initiation", hash_1),
        ("chaining_key_after_initiation", ck_1),
        ("response", response),
        ("hash_after_response", n.h),
        ("chaining_key_after_response", n.ck),
        ("initiator_sends", to_responder),
        ("responder_sends", to_initiator),
    ]


def cookie_case(name, address, port):
    responder = public(clamp(draw(name, "private")))
    secret, nonce = draw(name, "secret"), draw(name, "nonce")[:24]
    message = macs(responder, struct.pack("<LL", 1, 0x01020304) + draw(name, "body") * 3)
    cookie = mac(secret, address + struct.pack(">H", port))
    mac1 = message[-32:-16]
    reply = struct.pack("<LL", 3, 0x01020304) + nonce
    reply += xaead(hash_(b"cookie--", responder), nonce, cookie, mac1)
    return name, [
        ("responder_public", responder),
        ("secret", secret),
        ("nonce", nonce),
        ("address", address),
        ("port", struct.pack(">Q", port)),
        ("message", message),
        ("mac1", mac1),
        ("cookie", cookie),
        ("reply", reply),
        ("message_with_mac2", message[:-16] + mac(cookie, message[:-16])),
    ]


def kdf_case(length):
    name = "input of %d bytes" % length
    ck, data = draw(name, "ck"), (draw(name, "in") * 5)[:length]
    out = kdf(3, ck, data)
    return name, [
        ("chaining_key", ck),
        ("input", data),
        ("hmac", hmac.new(ck, data, hashlib.blake2s).digest()),
        ("long_key_hmac", hmac.new(ck * 3, data, hashlib.blake2s).digest()),
        ("out1", out[0]),
        ("out2", out[1]),
        ("out3", out[2]),
    ]


def text(what, cases):
    out = "# %s\n# Origin: derived by selftests/vectors/gen-noise.py.\n" % what
    for name, fields in cases:
        out += "\ncase: %s\n" % name
        for key, value in fields:
            out += ("%s: %s" % (key, value.hex())).rstrip() + "\n"
    return out


def files():
    return {
        "noise.txt": text(
            "WireGuard handshakes, both messages and both session keys",
            [
                transcript("no preshared key", 1700000000, 0, False, (1, 2)),
                transcript("preshared key", 1700000000, 999999999, True, (0xFFFFFFFF, 0x80000000)),
                transcript("time just below a grain", 1, 16777215, True, (0x12345678, 0x9ABCDEF0)),
                transcript("time just at a grain", 1, 16777216, False, (7, 7)),
                transcript("beyond 2106", 2**33, 123456789, False, (0, 1)),
                transcript("with cookies", 1800000000, 5, True, (3, 4), draw("a cookie")[:16]),
            ],
        ),
        "cookie.txt": text(
            "WireGuard cookies and cookie replies",
            [
                cookie_case("IPv4", bytes([192, 0, 2, 7]), 51820),
                cookie_case("IPv6", bytes.fromhex("20010db8") + draw("v6")[:12], 1),
                cookie_case("port 65535", bytes([255, 255, 255, 255]), 65535),
            ],
        ),
        "kdf.txt": text(
            "HMAC-BLAKE2s, and HKDF over it with one, two and three outputs",
            [kdf_case(n) for n in (0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129)],
        ),
    }


def main():
    args = sys.argv[1:]
    check = args[:1] == ["--check"]
    folder = (args[check:] or [os.path.dirname(os.path.abspath(__file__))])[0]
    check_primitives()
    status = 0
    for name, content in files().items():
        path = os.path.join(folder, name)
        if not check:
            with open(path, "w") as f:
                f.write(content)
        elif open(path).read() != content:
            print("%s is not what gen-noise.py makes" % path, file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
