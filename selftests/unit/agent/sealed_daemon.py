#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The daemon with a sealed state that cannot be opened, from outside.

usage: sealed_daemon.py TAILNETD

Needs swtpm; neither root nor the kernel module: once the state is open, the
daemon looks for the module and ends with 69.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

LIMIT_S = 60  # of any wait; the machine may be slow
NO_MODULE = 69
failed = False


class Tpm:
    """A software TPM with a seed of its own."""

    def __init__(self, top, name):
        self.dir = os.path.join(top, name)
        os.mkdir(self.dir)
        self.tcti = "swtpm:path=%s/s" % self.dir
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + self.dir,
             "--server", "type=unixio,path=%s/s" % self.dir,
             "--ctrl", "type=unixio,path=%s/s.ctrl" % self.dir,
             "--flags", "not-need-init,startup-clear"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.dir + "/s.ctrl"), "swtpm")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


class Local(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("local-tailscaled.sock", timeout=LIMIT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT_S)
        self.sock.connect(self.path)


class Daemon:
    started = []

    def __init__(self, top, program, tcti, *options):
        self.socket = os.path.join(top, "api.sock")
        self.log = os.path.join(top, "log")
        conf = os.path.join(top, "conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write("TPM=%s\n" % tcti)
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        # A process that cannot be traced cannot be searched for leaks.
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        env.pop("NOTIFY_SOCKET", None)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "--conf", conf, "--statedir",
                 os.path.join(top, "state"), "--socket", self.socket,
                 *options], stderr=log, env=env)
        self.begun = time.monotonic()
        Daemon.started.append(self.process)

    def age(self):
        return time.monotonic() - self.begun

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def ask(self, method, path, body=None):
        connection = Local(self.socket)
        connection.request(method, "/localapi/v0/" + path, body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def answers(self):
        try:
            Local(self.socket).connect()
        except OSError:
            return False
        return True

    def wait_up(self):
        wait_for(lambda: self.answers() or self.process.poll() is not None,
                 "the API")
        assert self.process.poll() is None, self.text()

    def end(self):
        return self.process.wait(LIMIT_S)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()


def wait_for(condition, what):
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("no " + what)
        time.sleep(0.02)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def new_node(top, program, tpm):
    """A new node is sealed before it has any identity."""
    d = Daemon(top, program, tpm.tcti)
    assert d.end() == NO_MODULE, d.text()
    state = json.loads(read(top + "/state/tailscaled.state"))
    assert sorted(state) == ["data", "key", "nonce"], state
    assert os.stat(top + "/state/tailscaled.state").st_mode & 0o777 == 0o600
    d = Daemon(top, program, tpm.tcti)
    assert d.end() == NO_MODULE, d.text()


def other_tpm(top, program, tpm):
    """It stays up, says why, and touches nothing."""
    before = read(top + "/state/tailscaled.state")
    d = Daemon(top, program, tpm.tcti)
    d.wait_up()
    status, text = d.ask("GET", "status")
    answer = json.loads(text)
    assert status == 200 and answer["BackendState"] == "NoState", text
    assert any("failed to unseal state file" in line
               for line in answer["Health"]), text
    status, text = d.ask("POST", "start", "{}")
    assert status == 500 and "cannot start backend" in text, text
    status, text = d.ask("POST", "login-interactive")
    assert status == 500 and "cannot log in" in text, text
    status, text = d.ask("GET", "state")
    answer = json.loads(text)
    assert answer["Phase"] == "stuck" and answer["Sealed"], text
    assert answer["TPM"]["Manufacturer"] == "IBM", text
    assert answer["TPM"]["InLockout"] is False, text
    status, text = d.ask("POST", "state/recover", '{"Key":"AAAQ"}')
    assert status == 500 and "no recovery key" in text, text
    status, text = d.ask("POST", "state/recovery-key")
    assert status == 500, text
    assert d.process.poll() is None
    assert "failed to unseal state file" in d.text()
    assert d.stop() == 0, d.text()
    assert read(top + "/state/tailscaled.state") == before


def no_tpm(top, program, tpm):
    """The same without any TPM, demanded or not; until it comes."""
    tpm.stop()
    for options in [], ["--encrypt-state"], ["--encrypt-state=false"]:
        before = read(top + "/state/tailscaled.state")
        d = Daemon(top, program, tpm.tcti, *options)
        d.wait_up()
        _, text = d.ask("GET", "state")
        assert json.loads(text)["Phase"] in ("waiting", "asking"), text
        assert d.stop() == 0, d.text()
        assert read(top + "/state/tailscaled.state") == before
    d = Daemon(top, program, tpm.tcti)
    d.wait_up()
    tpm.start()
    assert d.end() == NO_MODULE, d.text()


def reload(top, program, tpm):
    """Settings that are read again before there is a node, and before the API."""
    conf = top + "/conf"
    tpm.process.send_signal(signal.SIGSTOP)
    # A busy machine may be too late for the moment before the API.
    for _ in range(10):
        d = Daemon(top, program, tpm.tcti)
        wait_for(lambda: "asking" in d.text() or d.age() > 1, "a beginning")
        with open(conf, "a", encoding="ascii") as f:
            f.write("LogLevel=debug\n")
        d.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "settings read again" in d.text(), "a reload")
        if not os.path.exists(d.socket):
            break
        d.process.kill()
        d.end()
    else:
        raise AssertionError("the API was always there first")
    d.wait_up()
    with open(conf, "a", encoding="ascii") as f:
        f.write("LocalAPIReadGroup=no-such-group-here\n")
    d.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the settings stay as they are" in d.text(), "a refusal")
    assert d.process.poll() is None
    tpm.process.send_signal(signal.SIGCONT)
    assert d.end() == NO_MODULE, d.text()


def twice(top, program, tpm):
    """A second agent goes away with 75."""
    tpm.stop()
    first = Daemon(top, program, tpm.tcti)
    first.wait_up()
    second = subprocess.run(
        [program, "--conf", top + "/conf", "--statedir", top + "/state",
         "--socket", top + "/other.sock"], stderr=subprocess.PIPE,
        env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"), check=False)
    assert second.returncode == 75, second.stderr
    assert first.stop() == 0
    tpm.start()


def plain(top, program, tpm):
    """Undone, and demanded where it cannot be."""
    d = Daemon(top, program, tpm.tcti, "--encrypt-state=false")
    assert d.end() == NO_MODULE, d.text()
    before = read(top + "/state/tailscaled.state")
    assert b"_machinekey" in before
    tpm.stop()
    d = Daemon(top, program, tpm.tcti, "--encrypt-state")
    assert d.end() == 78, d.text()
    assert "--encrypt-state is not supported on this device" in d.text()
    assert read(top + "/state/tailscaled.state") == before
    d = Daemon(top, program, tpm.tcti, "--state=mem:", "--encrypt-state")
    assert d.end() == 78, d.text()


def damaged(top, program, tpm):
    """What cannot be read is said by somebody who stays up, and left alone."""
    path = top + "/state/tailscaled.state"
    good = read(path)
    for name, text in [("cut", good[:len(good) // 2]), ("empty", b""),
                       ("zeros", b"\0" * 300), ("foreign", b"[1]"),
                       ("no machine key", b'{"_profiles":"e30="}'),
                       ("no such profile",
                        b'{"_machinekey":"' + json.loads(good)["_machinekey"].encode()
                        + b'","_profiles":"e30=","_current-profile":"cHJvZmlsZS0xYWIz"}')]:
        with open(path, "wb") as f:
            f.write(text)
        d = Daemon(top, program, tpm.tcti, "--encrypt-state=false")
        d.wait_up()
        _, answer = d.ask("GET", "status")
        status = json.loads(answer)
        assert status["BackendState"] == "NoState", (name, answer)
        assert any("state file" in line and path in line
                   and "move it away" in line
                   for line in status["Health"]), (name, answer)
        code, answer = d.ask("POST", "start", "{}")
        assert code == 500 and "cannot start backend" in answer, (name, answer)
        assert d.process.poll() is None, name
        assert d.stop() == 0, d.text()
        assert read(path) == text, name
    with open(path, "wb") as f:
        f.write(good)


def run(case, *args):
    global failed
    try:
        case(*args)
        print("ok sealed_daemon/" + case.__name__, flush=True)
    except Exception as e:  # whatever it is, the others still run
        failed = True
        print("not ok sealed_daemon/%s - %r" % (case.__name__, e), flush=True)


def main():
    program = os.path.abspath(sys.argv[1])
    if not shutil.which("swtpm"):
        print("SKIP sealed_daemon - there is no swtpm")
        return 0
    if os.path.exists("/sys/module/tailnet"):
        print("SKIP sealed_daemon - the kernel module is loaded")
        return 0
    top = tempfile.mkdtemp(prefix="sealed_daemon.", dir="/tmp")
    ours, other = Tpm(top, "tpm1"), Tpm(top, "tpm2")
    try:
        ours.start()
        other.start()
        run(new_node, top, program, ours)
        run(other_tpm, top, program, other)
        run(no_tpm, top, program, ours)
        run(reload, top, program, ours)
        run(twice, top, program, ours)
        run(plain, top, program, ours)
        ours.start()
        run(damaged, top, program, ours)
    finally:
        for process in Daemon.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        ours.stop()
        other.stop()
        shutil.rmtree(top)
    return 1 if failed else 0


sys.exit(main())
