"""Many clients that idle over TLS (IMAP IDLE): what each costs in memory, and how soon each sees a delivery. 50 sessions a user,
each in a mailbox of 1,000 messages. Nothing here fails because it is slow.

    POSTHOUSE_BUILD=build/release python3 tests/bench/idle_bench.py [--connections 1000] [--plain]
"""

import argparse
import contextlib
import json
import pathlib
import selectors
import shutil
import smtplib
import socket
import ssl
import tempfile
import time

from side_by_side import Report, instance, processor_seconds  # also finds the next
from imap_bench import fill
from posthouse_test import PATIENCE, eventually, proportional_memory

PER_USER = 50
MESSAGES = 1000


class Idler:
    """One connection, logged in, its mailbox selected, idling; afterwards it only reads."""

    def __init__(self, address, context, user):
        self.socket = socket.create_connection(address, PATIENCE)
        if context:
            self.socket = context.wrap_socket(self.socket)
        self.ask(b"", b"* OK")
        self.ask(f"a LOGIN {user} secret\r\n".encode(), b"a OK")
        self.ask(b"b SELECT INBOX\r\n", b"b OK")
        self.ask(b"c IDLE\r\n", b"+ ")
        self.socket.setblocking(False)

    def ask(self, text, wanted):
        self.socket.sendall(text)
        came = b""
        while not came.endswith(b"\r\n") or not came[came.rfind(b"\n", 0, -1) + 1:].startswith(wanted):
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError(came)
            came += piece

    def read(self):
        try:
            return self.socket.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return b""


def deliver(server, user):
    with smtplib.LMTP(server.address("lmtp")) as lmtp:  # a path
        lmtp.sendmail("sender@example.com", [user], b"Subject: seen soon\r\n\r\nHello.\r\n")


def seen_after(server, poller, users, idlers_of):
    """Delivers to each of the users at once; the milliseconds after the deliveries' answers when each idler has told of it."""
    waiting = set()
    for user in users:
        waiting.update(idlers_of[user])
    times = []
    begun = time.monotonic()
    for user in users:
        deliver(server, user)
        read_some(poller, waiting, times, begun, 0)
    while waiting:
        if time.monotonic() - begun > PATIENCE:
            raise AssertionError(f"{len(waiting)} sessions saw nothing")
        read_some(poller, waiting, times, begun, 1)
    return times


def read_some(poller, waiting, times, begun, seconds):
    for key, _ in poller.select(seconds):
        if b" EXISTS" in key.data.read() and key.data in waiting:
            waiting.remove(key.data)
            times.append(1000 * (time.monotonic() - begun))


def share(times, part):
    return sorted(times)[min(len(times) - 1, int(part * len(times)))]


def idle(report, connections, plain):
    users = [f"u{number}@example.org" for number in range(max(1, connections // PER_USER))]
    settings = {"tls.allow_plain_login": "true", "imapd.connections": str(connections + 100), "log.level": "error"}
    with contextlib.ExitStack() as stack:
        root = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="idle-bench-")))
        fill(root / "mailbox", MESSAGES)
        server = stack.enter_context(instance(settings, people=len(users)))
        for user in users:
            place = pathlib.Path(server.description["mail_root"]) / "example.org" / user.split("@")[0]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(root / "mailbox", place, dirs_exist_ok=True)
        context = None if plain else ssl._create_unverified_context()
        address = server.address("imap" if plain else "imaps")
        workers = server.pids("imapd")
        for user in users:  # caches are filled, and belong to nobody
            Idler(address, context, user).socket.close()
        eventually(lambda: sessions(server) == 0, "all sessions have ended")
        before = proportional_memory(workers)
        poller = selectors.EpollSelector()
        idlers_of = {user: set() for user in users}
        begun = time.monotonic()
        spent = processor_seconds(server.supervisor())
        for _ in range(PER_USER):
            for user in users:
                idler = Idler(address, context, user)
                idlers_of[user].add(idler)
                poller.register(idler.socket, selectors.EVENT_READ, idler)
        count = PER_USER * len(users)
        report.add(f"{count} log-ins with {'plain connections' if plain else 'TLS'}", seconds=time.monotonic() - begun,
                   cpu_ms_each=1000 * (processor_seconds(server.supervisor()) - spent) / count)
        report.add("  one idle connection", kib=(proportional_memory(workers) - before) / count / 1024)
        one_by_one = [time_ for user in users for time_ in seen_after(server, poller, [user], idlers_of)]
        report.add("  a delivery to one user is seen by all 50 sessions", median_ms=share(one_by_one, 0.5), p99_ms=share(one_by_one, 0.99))
        at_once = seen_after(server, poller, users, idlers_of)
        report.add("  deliveries to all users, one after the other", median_ms=share(at_once, 0.5), p99_ms=share(at_once, 0.99))
        report.add("  one idle connection afterwards", kib=(proportional_memory(workers) - before) / count / 1024)


def sessions(server):
    listed = server.posthouse("--json", "who")
    assert listed.returncode == 0, listed.stderr
    return len(json.loads(listed.stdout))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, action="append", help="default: 1000 and 10000")
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    report = Report()
    for connections in options.connections or (1000, 10_000):
        idle(report, connections, options.plain)


if __name__ == "__main__":
    main()
