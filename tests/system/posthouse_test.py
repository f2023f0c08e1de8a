"""The framework of the system tests: real daemons on free ports below a temporary folder, started by the quickstart.

    # labels: clients                      (optional; CTest labels beside `system`)
    from posthouse_test import SystemTest, eventually, main

    class Submission(SystemTest):
        settings = {"smtpd.message_size_limit": "1M"}      # parameters that differ from the quickstart's

        def test_refuses_a_message_over_the_limit(self):
            host, port = self.instance.address("smtp")
            alice = self.instance.user("alice")            # .address, .password
            ...

    if __name__ == "__main__":
        main()

- All tests of a class share one instance; `SystemTest.start_instance(settings)` gives a further one of their own.
- Wait with eventually(condition), which polls until a deadline; never sleep for a guessed time. No test judges speed.
- Files run in parallel: each instance holds a block of ports and lies in a folder of its own.
- Run one by hand: `POSTHOUSE_BUILD=build/release python3 tests/system/quickstart_test.py -v`; with directories in MariaDB:
  `POSTHOUSE_BUILD=build/release python3 tests/system/mariadb_server.py python3 tests/system/quickstart_test.py -v`.
- What a failing test leaves to read (the log) is printed with the failure.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("POSTHOUSE_BUILD", SOURCE / "build" / "release")).resolve()
BIN = BUILD / "bin"
QUICKSTART = SOURCE / "packaging" / "quickstart.sh"
PATIENCE = 60  # seconds until a condition that should come true counts as failed; sanitizer builds are slow
PORT_BLOCKS = range(14000, 32700, 100)  # below the kernel's range for outgoing connections

# Settings of whoever runs the tests must not reach the instances. What is for the tests themselves is kept here.
SETTINGS = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("POSTHOUSE_")}


def setting(name, default):
    """What the environment variable POSTHOUSE_<name> says to the tests, in the type of `default`, which is for when it is not
    set."""
    return type(default)(SETTINGS.get("POSTHOUSE_" + name, default))


# The socket of a MariaDB server, in which each instance has a database of its own, but for those that name their engine. Empty:
# directories are in SQLite.
MARIADB = setting("MARIADB", "")


def eventually(condition, what="", seconds=PATIENCE):
    """Polls until condition() is true and returns its value; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.02)


def run(*arguments, input=None, environment=None, timeout=PATIENCE * 2):
    """Runs a program to its end. Returns a CompletedProcess with text in .stdout and .stderr; never raises on failure."""
    return subprocess.run([str(argument) for argument in arguments], input=input, capture_output=True, timeout=timeout,
                          text=True, errors="surrogateescape", stdin=subprocess.DEVNULL if input is None else None,
                          env={**os.environ, **(environment or {})})


class PortBlock:
    """A hundred ports that no other test uses, for as long as the object lives. Who has bound the first of them has them
    all: that holds between runs in different folders as well."""

    def __init__(self):
        blocks = list(PORT_BLOCKS)
        start = os.getpid() % len(blocks)
        for base in blocks[start:] + blocks[:start]:
            self.lock = socket.socket()
            try:
                self.lock.bind(("127.0.0.1", base))
            except OSError:
                self.lock.close()
                continue
            if all(port_is_free(base + offset) for offset in (25, 87, 65, 43, 93, 10, 95, 80)):
                self.base = base
                return
            self.lock.close()
        raise AssertionError("no free block of ports")

    def close(self):
        self.lock.close()


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


@dataclasses.dataclass
class User:
    address: str
    password: str


class Instance:
    """One running server. `settings` are parameters by full name; they reach it as environment variables. `started_by` is
    a command that runs the rest of its arguments, perhaps as another user."""

    def __init__(self, settings=None, started_by=()):
        # Most tests are not about what a good password is, nor about workers, which take memory and time to start.
        self.settings = {"auth.password_rules": "false", "imapd.workers": "1", **(settings or {})}
        self.started_by = started_by
        self.database = None
        self.ports = PortBlock()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-"))
        self.config = self.folder / "posthouse.toml"
        self.description = {}

    # -- starting and stopping

    def environment(self):
        return {"POSTHOUSE_" + name.upper().replace(".", "_"): str(value) for name, value in self.settings.items()}

    def quickstart(self, *arguments):
        """Runs the quickstart on this instance's folder; its result is a CompletedProcess."""
        return run(*self.started_by, QUICKSTART, "--no-install", "--no-build", "--build-dir", BUILD, "--dir", self.folder, *arguments,
                   environment=self.environment(), timeout=300)

    def start(self):
        if MARIADB and "directory.engine" not in self.settings:
            self.make_database()
        result = self.quickstart("--port-base", self.ports.base)
        if result.returncode != 0:
            raise AssertionError(f"quickstart failed:\n{result.stdout}{result.stderr}\n{self.log()}")
        self.read_description()
        return self

    def make_database(self):
        """In the MariaDB server that all tests of this run share."""
        self.database = "posthouse_" + re.sub(r"\W", "_", self.folder.name)
        self.settings |= {"directory.engine": "mariadb", "directory.hosts": MARIADB, "directory.user": "root",
                          "directory.database": self.database}
        self.mariadb(f"CREATE DATABASE {self.database}")
        empty = self.folder / "empty.toml"
        empty.touch()
        made = run(BIN / "posthouse", "--config", empty, "db", "init", environment=self.environment())
        assert made.returncode == 0, made.stderr

    def mariadb(self, sql):
        """Runs SQL in that server."""
        done = run("mariadb", "--no-defaults", "-S", MARIADB, "-uroot", "-N", "-e", sql)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def directory(self, query):
        """What SQL finds in the directory: rows of text."""
        if self.database:
            return [line.split("\t") for line in self.mariadb(f"USE {self.database}; {query}").splitlines()]
        with contextlib.closing(sqlite3.connect(self.folder / "db" / "directory.sqlite")) as database:
            return [[str(value) for value in row] for row in database.execute(query)]

    def read_description(self):
        self.description = json.loads((self.folder / "instance.json").read_text())

    def stop(self):
        """Stops cleanly."""
        return self.quickstart("--stop")

    def destroy(self):
        """Ends everything and removes the folder. Whatever state the instance is in, nothing of it stays. Fails when a
        daemon ended as none may."""
        crashes = []
        try:
            if self.supervisor():
                self.stop()
            crashes = self.crashes()
        finally:
            for pid in [self.supervisor(), *self.pids()]:
                if pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.folder, ignore_errors=True)
            if self.database:
                self.mariadb(f"DROP DATABASE {self.database}")
            self.ports.close()
        if crashes:
            raise AssertionError("daemons crashed:\n" + "\n".join(crashes))

    def crashes(self):
        """What the log says of daemons that ended neither cleanly nor by SIGKILL or SIGTERM: a failed check, a sanitizer."""
        ends = [line for line in self.log().splitlines() if re.search(r" posthoused\[\d+\]: \w+: (died|stopped) part=", line)]
        return [line for line in ends if not re.search(r'reason="(killed by SIG(KILL|TERM)|exited with code 0)"', line)]

    # -- what it is

    def address(self, listener):
        """(host, port) of a TCP listener, the path of a Unix one."""
        place = self.description["listeners"][listener]
        return place["path"] if "path" in place else (place["host"], place["port"])

    def port(self, listener):
        return self.description["listeners"][listener]["port"]

    def user(self, name):
        """A demo user, "alice" or "bob"."""
        for user in self.description["users"]:
            if user["address"].startswith(name + "@"):
                return User(user["address"], user["password"])
        raise KeyError(name)

    @property
    def certificate(self):
        """The self-signed certificate, which clients may trust."""
        return self.folder / "tls" / "certificate.pem"

    def maildir(self, user):
        local_part, domain = user.address.split("@")
        return pathlib.Path(self.description["mail_root"]) / domain / local_part

    def log(self):
        try:
            return (self.folder / "log" / "posthouse.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    # -- its processes

    def status(self):
        """The supervisor's status file as a dictionary; {} when nothing runs."""
        try:
            return json.loads((self.folder / "run" / "status.json").read_text())
        except FileNotFoundError:
            return {}

    def supervisor(self):
        try:
            pid = int((self.folder / "run" / "posthoused.pid").read_text() or 0)
        except FileNotFoundError:
            return 0
        return pid if pid and is_alive(pid) else 0

    def pids(self, daemon=None):
        """Process ids of all workers of `daemon`, or of all daemons, as they are now."""
        return [part["pid"] for part in self.status().get("parts", [])
                if part["pid"] and (daemon is None or part["name"] == daemon)]

    def is_ready(self):
        parts = self.status().get("parts", [])
        return bool(parts) and all(part["state"] == "ready" for part in parts)

    def kill(self, daemon, number=signal.SIGKILL):
        for pid in self.pids(daemon):
            os.kill(pid, number)

    def kill_everything(self):
        """SIGKILL to the supervisor and every daemon at one moment, as a power cut would."""
        pids = [self.supervisor(), *self.pids()]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # the supervisor takes the others with it
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: not any(is_alive(pid) for pid in pids), "processes end after SIGKILL")

    def reload(self):
        os.kill(self.supervisor(), signal.SIGHUP)

    def set(self, name, value):
        """Writes a parameter into the configuration file (TOML value as text); reload() makes it count."""
        section, key = name.split(".")
        text = self.config.read_text()
        if not re.search(rf"^\[{section}\]$", text, re.M):
            text += f"\n[{section}]\n"
        head, body = re.split(rf"^\[{section}\]\n", text, maxsplit=1, flags=re.M)
        rest = re.search(r"^\[", body, re.M)
        own, others = (body[:rest.start()], body[rest.start():]) if rest else (body, "")
        own = re.sub(rf"^{key} *=.*\n", "", own, flags=re.M)
        self.config.write_text(f"{head}[{section}]\n{key} = {value}\n{own}{others}")

    def posthouse(self, *arguments, input=None):
        """Runs the command line `posthouse` on this instance."""
        return run(*self.started_by, BIN / "posthouse", "--config", self.config, *arguments, input=input, environment=self.environment())


def is_alive(pid):
    """Whether the process runs (a zombie does not)."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def proportional_memory(pids):
    """Of all these processes, in bytes: shared pages count to each process by its part."""
    sizes = [line.split()[1] for pid in pids for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
             if line.startswith("Pss:")]
    assert len(sizes) == len(pids), "no Pss"
    return sum(map(int, sizes)) * 1024


class SystemTest(unittest.TestCase):
    """A test case with an instance that its tests share."""

    settings = {}
    started_by = ()
    instance = None

    @classmethod
    def setUpClass(cls):
        cls.instance = Instance(cls.settings, cls.started_by)
        cls.addClassCleanup(cls.instance.destroy)
        cls.instance.start()

    def start_instance(self, settings=None):
        """A further instance for one test."""
        instance = Instance(settings, self.started_by)
        self.addCleanup(instance.destroy)
        return instance.start()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        outcome = super().run(result)
        if result and self.instance and len(result.failures) + len(result.errors) > before:
            print(f"--- the log of the instance after {self.id()}:\n{self.instance.log()[-20000:]}\n---", file=sys.stderr)
        return outcome


ALL_SKIPPED = 77  # CTest tells of it


def main():
    result = unittest.main(verbosity=2, exit=False).result
    if result.wasSuccessful() and result.skipped and len(result.skipped) >= result.testsRun:
        sys.exit(ALL_SKIPPED)
    sys.exit(not result.wasSuccessful())
