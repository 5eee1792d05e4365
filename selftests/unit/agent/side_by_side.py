#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Compare "tailnet wg" with the installed wg(8): both are given the same devices
to show and the same arguments and files to set.

usage: side_by_side.py WG_TEXT
       side_by_side.py WG_TEXT --record	write golden/ from what wg prints

The real wg is led to believe in devices of user space: this program serves
their sockets, in a mount namespace of its own.
Source of the protocol: https://www.wireguard.com/xplatform/
"""
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")
SOCKETS = "/var/run/wireguard"

FIELDS = ["public-key", "private-key", "listen-port", "fwmark", "peers",
          "preshared-keys", "endpoints", "allowed-ips", "latest-handshakes",
          "persistent-keepalive", "transfer", "dump"]


def key(name):
    return hashlib.sha256(name.encode()).digest()


def text(name):
    import base64
    return base64.b64encode(key(name)).decode()


def device(now):
    """Every form that a value can take, in the words of the protocol."""
    lines = [f"private_key={key('private').hex()}", "listen_port=51820",
             "fwmark=51966"]

    def peer(name, **values):
        lines.append(f"public_key={key(name).hex()}")
        for what, value in values.items():
            for v in value if isinstance(value, list) else [value]:
                lines.append(f"{what}={v}")

    def age(seconds, nsec=0):
        return {"last_handshake_time_sec": now - seconds,
                "last_handshake_time_nsec": nsec}

    peer("a", preshared_key=key("psk").hex(), endpoint="192.0.2.1:51820",
         **age(25), rx_bytes=1352, tx_bytes=1023,
         persistent_keepalive_interval=25,
         allowed_ip=["10.0.0.1/32", "fd00::/64"])
    peer("b", endpoint="[2001:db8::1]:1", **age(3661), rx_bytes=0,
         tx_bytes=5 << 20)
    peer("c", persistent_keepalive_interval=1, allowed_ip="0.0.0.0/0")
    peer("d", endpoint="[fe80::1%1]:5", **age(400 * 86400 + 2 * 3600 + 61),
         rx_bytes=1 << 41, tx_bytes=(1 << 50) + 123456789,
         persistent_keepalive_interval=3600)
    peer("e", **age(-1000), rx_bytes=1, tx_bytes=0,
         persistent_keepalive_interval=65535)
    peer("f", **age(0, 5), rx_bytes=1024, tx_bytes=1 << 30,
         persistent_keepalive_interval=120)
    peer("g", **age(60), allowed_ip=["::/0"])
    peer("h", **age(60), rx_bytes=(1 << 20) - 1, tx_bytes=(1 << 40) - 1)
    peer("i", **age(60, 1), rx_bytes=(1 << 64) - 1, tx_bytes=1 << 40)
    peer("j", **age(86400 + 1))
    peer("k", **age(365 * 86400), persistent_keepalive_interval=3661)
    return "\n".join(lines) + "\n"


class Devices:
    """Serves devices to wg and keeps what it asks them to set."""

    def __init__(self):
        self.texts = {}
        self.requests = []

    def add(self, name, answer):
        known = name in self.texts
        self.texts[name] = answer
        if known:
            return
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{SOCKETS}/{name}.sock")
        listener.listen(8)
        threading.Thread(target=self.serve, args=(name, listener),
                         daemon=True).start()

    def serve(self, name, listener):
        while True:
            conn, _ = listener.accept()
            with conn, conn.makefile("rb") as stream:
                lines = []
                for line in stream:
                    if line == b"\n":
                        break
                    lines.append(line.decode().rstrip("\n"))
                if not lines:
                    continue    # only looking whether somebody is there
                if lines[0] == "get=1":
                    conn.sendall((self.texts[name] + "errno=0\n\n").encode())
                else:
                    self.requests.append("\n".join(lines[1:]))
                    conn.sendall(b"errno=0\n\n")


def run(*args, **env):
    done = subprocess.run(args, capture_output=True, text=True, check=False,
                          env={**os.environ, "WG_COLOR_MODE": "never",
                               "WG_ENDPOINT_RESOLUTION_RETRIES": "0", **env})
    return done


def hide(printed):
    """The module gives out no secrets, so neither does our tool."""
    for name in ("private", "psk"):
        printed = printed.replace(text(name), "(hidden)")
    return printed


class Test:
    def __init__(self, wg_text):
        self.wg_text = wg_text
        self.devices = Devices()
        self.failed = False

    def verdict(self, name, why=None):
        if why is None:
            print(f"ok side-by-side-{name}")
        else:
            print(f"not ok side-by-side-{name} - {why}")
            self.failed = True

    def compare(self, name, theirs, ours):
        if theirs == ours:
            self.verdict(name)
            return
        pairs = zip((theirs + "\n<end>").split("\n"),
                    (ours + "\n<end>").split("\n"))
        for a, b in pairs:
            if a != b:
                self.verdict(name, f"wg: {a!r}, ours: {b!r}")
                return
        self.verdict(name, "differs")

    # --- show ---------------------------------------------------------------

    def show_once(self, field, names, folder):
        """(what wg prints, what we print) of the same devices now."""
        which = names[0] if len(names) == 1 else "all"
        args = ["wg", "show", which]
        if which == "all" and field[0] == "-":
            args = ["wg", "show"]
        if field[0] != "-":
            args.append(field)
        if field == "conf":
            args = ["wg", "showconf", which]
        mode = "always" if field == "-color" else "never"
        files = {}
        for _ in range(20):
            now = int(time.time())
            for name, answer in (("wg0", device(now)), ("wg1", ""),
                                 ("wg2", "listen_port=7\n" + device(now))):
                files[name] = os.path.join(folder, name)
                with open(files[name], "w") as out:
                    out.write(answer)
                self.devices.add(name, answer)
            theirs = run(*args, WG_COLOR_MODE=mode).stdout
            # wg reads the clock itself: once more if it has moved on.
            if int(time.time()) == now:
                break
        ours = run(self.wg_text, "show", field, str(now),
                   *[f"{n}={files[n]}" for n in names]).stdout
        return hide(theirs), ours

    def show(self, folder):
        self.show_once("-", ["wg0"], folder)
        order = run("wg", "show", "interfaces").stdout.split()
        if sorted(order) != ["wg0", "wg1", "wg2"]:
            self.verdict("show", f"wg sees the devices {order}")
        for names in (["wg0"], ["wg1"], order):
            for field in ["-", "-color"] + FIELDS:
                if field == "endpoints" and len(names) > 1:
                    # wg prints all names on one line there.
                    continue
                self.show_field(field, names, folder)
        self.show_field("conf", ["wg0"], folder)

    def show_field(self, field, names, folder):
        theirs, ours = self.show_once(field, names, folder)
        if field == "conf":
            ours = ours.split("\n", 2)[2]   # the warning in front
        which = "all" if len(names) > 1 else names[0]
        name = {"-": "people", "-color": "people-color"}.get(field, field)
        self.compare(f"show-{which}-{name}", theirs, ours)

    def record(self, folder):
        """All of golden/ at one second, however often that takes."""
        fields = {"people": "-", "people-color": "-color", "conf": "conf"}
        fields.update({field: field for field in FIELDS})
        for _ in range(100):
            begin = int(time.time())
            results = {name: self.show_once(field, ["wg0"], folder)[0]
                       for name, field in fields.items()}
            if int(time.time()) == begin:
                break
        else:
            self.verdict("record", "this machine is too slow")
            return
        results["wg0.uapi"] = device(begin)
        results["now"] = f"{begin}\n"
        for name, content in results.items():
            with open(os.path.join(GOLDEN, name), "w") as out:
                out.write(content)

    # --- set ----------------------------------------------------------------

    def set(self, name, args):
        self.devices.requests.clear()
        theirs = run("wg", "set", "wg0", *args)
        ours = run(self.wg_text, "args", *args)
        self.outcome(f"set-{name}", theirs, ours)

    def conf(self, verb, name, content, folder):
        path = os.path.join(folder, "conf")
        with open(path, "w", newline="") as out:
            out.write(content)
        self.devices.requests.clear()
        theirs = run("wg", verb, "wg0", path)
        ours = run(self.wg_text, verb, path)
        self.outcome(f"{verb}-{name}", theirs, ours, verb == "setconf")

    def outcome(self, name, theirs, ours, replace=False):
        if ours.returncode not in (0, 1):
            self.verdict(name, f"ended with {ours.returncode}: {ours.stderr}")
        elif theirs.returncode != ours.returncode:
            self.verdict(name, f"wg ended with {theirs.returncode}, ours with "
                         f"{ours.returncode}: {theirs.stderr}{ours.stderr}")
        elif theirs.returncode:
            if ours.stderr.strip():
                self.verdict(name)
            else:
                self.verdict(name, "refused without a word")
        elif len(self.devices.requests) != 1:
            self.verdict(name, f"wg sent {len(self.devices.requests)} requests")
        else:
            self.compare(name,
                         self.normal(self.devices.requests[0], replace),
                         self.normal(ours.stdout.rstrip("\n"), replace))

    @staticmethod
    def normal(request, replace):
        """
        What the order of the lines of a peer does not mean. In a replacement a
        peer starts from nothing with wg, so it need not say what it has not.
        """
        nothing = ("persistent_keepalive_interval=0",
                   "preshared_key=" + "00" * 32)
        blocks = [[]]
        for line in request.split("\n"):
            if line.startswith("public_key="):
                blocks.append([])
            if not (replace and line in nothing):
                blocks[-1].append(line)
        return "\n".join("\n".join(b[:1] + sorted(b[1:])) for b in blocks)


def set_cases(folder):
    p, q = text("peer"), text("other")
    files = {}
    for name, content in (("key", text("private") + "\n"), ("empty", ""),
                          ("spaces", text("private") + " \n\n"),
                          ("bare", text("private")),
                          ("late", "\n" + text("private")),
                          ("junk", text("private") + " x"),
                          ("blank", "\n")):
        files[name] = os.path.join(folder, name)
        with open(files[name], "w") as out:
            out.write(content)
    device_cases = {
        "port": ["listen-port", "51820"], "port-0": ["listen-port", "0"],
        "port-name": ["listen-port", "ssh"], "port-empty": ["listen-port", ""],
        "port-none": ["listen-port"], "port-sign": ["listen-port", "-1"],
        "port-hex": ["listen-port", "0x10"],
        "port-twice": ["listen-port", "5", "listen-port", "6"],
        "mark-hex": ["fwmark", "0x10"], "mark-off": ["fwmark", "off"],
        "mark-most": ["fwmark", "4294967295"],
        "mark-more": ["fwmark", "4294967296"],
        "mark-zero-in-front": ["fwmark", "010"], "mark-sign": ["fwmark", "-1"],
        "mark-big-x": ["fwmark", "0X1f"], "mark-no-digits": ["fwmark", "0x"],
        "unknown": ["bogus"], "unknown-value": ["bogus", "5"],
        "no-key-file": ["private-key", "/nonexistent"],
    }
    for name, path in files.items():
        if name != "blank":
            device_cases[f"key-{name}"] = ["private-key", path]
    device_cases["key-null"] = ["private-key", "/dev/null"]
    peer_cases = {
        "alone": [], "remove": ["remove"],
        "remove-and-more": ["remove", "endpoint", "192.0.2.1:5"],
        "more-and-remove": ["endpoint", "192.0.2.1:5", "remove"],
        "psk": ["preshared-key", files["key"]],
        "psk-empty": ["preshared-key", files["empty"]],
        "keepalive": ["persistent-keepalive", "25"],
        "keepalive-0": ["persistent-keepalive", "0"],
        "keepalive-off": ["persistent-keepalive", "off"],
        "keepalive-most": ["persistent-keepalive", "65535"],
        "keepalive-more": ["persistent-keepalive", "65536"],
        "keepalive-word": ["persistent-keepalive", "x"],
        "device-setting": ["listen-port", "5"],
        "then-another": ["endpoint", "192.0.2.1:5", "peer", q,
                         "allowed-ips", "10.0.0.0/8"],
        "ips-twice": ["allowed-ips", "10.0.0.0/8",
                      "allowed-ips", "10.1.0.0/24"],
    }
    for ips in ("", "10.0.0.1", "10.0.0.1/24,fd00::1", "10.0.0.1/24,,fd00::1",
                " 10.0.0.1/24 , fd00::1 ", "10.0.0.1/33", "10.0.0.1/",
                "10.0.1/24", "fd00::/129", "10.0.0.0/08", "10.0.0.0/-1",
                "10.0.0.0/24/24", "10.0.0.0/24,", "::ffff:192.0.2.4/120",
                "0.0.0.0/0,::/0", "host/24", "10.0.0.0/ 8"):
        peer_cases[f"ips-{ips!r}"] = ["allowed-ips", ips]
    for end in ("192.0.2.1", "192.0.2.1:", ":5", "[::1]:5", "[::1]", "::1:5",
                "[192.0.2.1]:5", "192.0.2.1:5", "", "[]:5", "[::1:5",
                "192.0.2.1:http"):
        peer_cases[f"endpoint-{end!r}"] = ["endpoint", end]
    cases = dict(device_cases)
    for name, args in peer_cases.items():
        cases[f"peer-{name}"] = ["peer", p] + args
    cases["peer-no-key"] = ["peer"]
    cases["peer-short-key"] = ["peer", "abc"]
    cases["peer-other-spelling"] = ["peer", p[:-2] + chr(ord(p[-2]) + 1) + "="]
    cases["peer-capitals"] = ["PEER", p]
    return cases


def conf_cases():
    k, p, q = text("private"), text("peer"), text("other")
    return {
        "nothing": "", "interface": "[Interface]\n",
        "device": f"[Interface]\nPrivateKey = {k}\nListenPort = 5\n"
                  f"FwMark=off\n\n[Peer]\nPublicKey={p}\n",
        "peer": f"[Peer]\nPublicKey={p}\nAllowedIPs=10.0.0.0/24\n"
                f"allowedips=fd00::/8, 192.0.2.4\nEndpoint=192.0.2.1:5\n"
                f"PersistentKeepalive=off\nPresharedKey={k}\n",
        "two-peers": f"[Peer]\nPublicKey={p}\nAllowedIPs=10.0.0.0/24\n"
                     f"[Peer]\nPublicKey={q}\nPersistentKeepalive=7\n",
        "no-key": "[Peer]\nAllowedIPs=10.0.0.0/24\n",
        "no-section": f"PublicKey={p}\n",
        "spaces-in-name": f"[Interface]\nPrivate Key = {k} # comment\n"
                          "[interface]\nListenPort=7\n",
        "port-name": "[Interface]\nListenPort=http\n",
        "no-value": "[Interface]\nPrivateKey=\n",
        "unknown": "[Interface]\nBogus=1\n",
        "unknown-section": "[Bogus]\n",
        "no-ips": f"[Peer]\nPublicKey={p}\nAllowedIPs=\n",
        "key-twice": f"[Peer]\nPublicKey={p}\nPublicKey={q}\n",
        "carriage-returns": f"[Peer]\r\nPublicKey={p}\r\n",
        "last-without-key": f"[Peer]\nPublicKey={p}\n[Peer]\n",
        "words-behind-section": f"[Peer] x\nPublicKey={p}\n",
        "spaces-in-section": f"[ Peer ]\nPublicKey={p}\n",
        "two-equals": f"[Peer]\nPublicKey = = {p}\n",
        "no-equals": f"[Peer]\nPublicKey {p}\n",
        "no-endpoint": f"[Peer]\nPublicKey={p}\nEndpoint=\n",
        "wg-quick": "[Interface]\nAddress=10.0.0.1\n",
        "semicolon": "; comment\n[Interface]\n",
        "key-file": "[Interface]\nPrivateKey=/dev/null\n",
        "hidden": "[Interface]\nPrivateKey=(hidden)\n",
        "no-newline": f"[Peer]\nPublicKey={p}",
        "comment-only": "# nothing\n   # here\n",
        "tabs": f"\t[Peer]\n\tPublicKey\t=\t{p}\n",
        "wrong-section": f"[Interface]\nPublicKey={p}\n",
        "mark-hex": "[Interface]\nFwMark=0xAb\n",
    }


def main():
    wg_text = os.path.abspath(sys.argv[1])
    if "--inside" not in sys.argv:
        if not shutil.which("wg"):
            print("skip side-by-side - wireguard-tools is not installed")
            return 0
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        if subprocess.run(unshare + ["true"], check=False,
                          capture_output=True).returncode:
            print("skip side-by-side - no mount namespace to be had")
            return 0
        return subprocess.run(unshare + [sys.executable, __file__, wg_text,
                                         "--inside"] + sys.argv[2:],
                              check=False).returncode
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.makedirs(SOCKETS)
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        test = Test(wg_text)
        if "--record" in sys.argv:
            test.record(folder)
            return 1 if test.failed else 0
        test.show(folder)
        test.devices.add("wg0", "")
        for name, args in set_cases(folder).items():
            test.set(name, args)
        for name, content in conf_cases().items():
            for verb in ("setconf", "addconf"):
                test.conf(verb, name, content, folder)
    return 1 if test.failed else 0


sys.exit(main())
