"""Mail on its way beside Debian's Postfix, with Dovecot's LMTP for its mailboxes, in one run: into Maildirs, by idle sessions, to
another server, past a dead destination; and a queue of a million. Both make a message durable before they answer, and log as they
do by default. What counts is what has arrived. Nothing here fails because it is slow.

TMPDIR is to lie on a disk.

    POSTHOUSE_BUILD=build/release python3 tests/bench/smtp_bench.py [--seconds 5] [--only ROW] [--side Posthouse]
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import smtplib
import socket
import subprocess
import tempfile
import time

from side_by_side import BUILD, LOAD, Report, apart, instance, load, memory, processor_seconds, turns  # also finds the next
from mail_transfer import why_not_here
from posthouse_test import PATIENCE, PortBlock, eventually
from postfix import MailHost
from smtp_sink import Sinks

USERS = 100
SESSIONS = (1, 10, 50, 200)
SIZES = (4 << 10, 100 << 10)
DRAINED_WITHIN = 600  # seconds
DESTINATIONS = 10


class Posthouse:
    """`transports`: domains and the places where their mail goes."""

    name = "Posthouse"

    def __init__(self, stack, transports=None, settings=None):
        relaying = {"smtpd.mynetworks": "127.0.0.0/8"} if transports else {}
        self.server = stack.enter_context(instance({"log.level": "info", **relaying, **(settings or {})}, people=USERS))
        for domain, place in (transports or {}).items():
            added = self.server.posthouse("transport", "add", domain, "smtp:[%s]:%d" % place)
            assert added.returncode == 0, added.stderr
        self.place = self.server.address("smtp")
        self.mail_root = pathlib.Path(self.server.description["mail_root"])
        self.spool = self.server.folder / "spool"

    def roots(self):
        return [self.server.supervisor()]

    def is_drained(self):
        return not any(next(os.scandir(self.spool / name), None) for name in ("incoming", "deferred") if (self.spool / name).is_dir())


class Peer:
    name = "Postfix"

    def __init__(self, stack, transports=None, sessions=max(SESSIONS)):
        root = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smtp-bench-")))
        root.chmod(0o755)
        self.mail_root = root / "mail"
        (self.mail_root / "example.org").mkdir(parents=True)
        users = [f"u{number}@example.org" for number in range(USERS)]
        host = stack.enter_context(MailHost(self.mail_root, users, transports, sessions))
        self.place = host.address
        self.roots = host.processes
        self.is_drained = host.is_drained


SIDES = {kind.name: kind for kind in (Posthouse, Peer)}


def spent(side):
    return sum(map(processor_seconds, side.roots()))


def stored(side):
    return sum(len(files) for folder, _, files in os.walk(side.mail_root) if os.path.basename(folder) in ("new", "cur"))


def inbound_turn(side, seconds, clients, size):
    """One turn: until all that was accepted is in the Maildirs."""
    there = stored(side)
    before = spent(side)
    sent = load("smtp", side.place, clients=clients, seconds=seconds, users=USERS, size=size)
    loaded = time.monotonic()
    eventually(side.is_drained, "all is delivered", DRAINED_WITHIN)
    took = sent["seconds"] + time.monotonic() - loaded
    cpu = spent(side) - before
    came = stored(side) - there
    assert came == sent["done"], f"{side.name}: {sent['done']} accepted, {came} stored"
    os.sync()  # the next turn finds a disk that is idle
    return {"per_second": came / took, "accepted_per_second": sent["per_second"], "cpu_ms_each": 1000 * cpu / came,
            "client_cpu_ms_each": sent["clients_cpu_ms_each"]}


def inbound(report, options, kinds):
    """Each session sends message after message over one connection to users at random."""
    with contextlib.ExitStack() as stack:
        sides = [kind(stack) for kind in kinds]
        for side in sides:  # everybody's folders are made by the first delivery
            load("smtp", side.place, clients=10, users=USERS, each_user_once=True, seconds=60)
            eventually(side.is_drained, "the first messages are delivered")
        os.sync()
        for size in options.size or SIZES:
            for clients in options.sessions or SESSIONS:
                runs = {side.name: lambda s, side=side, clients=clients, size=size: inbound_turn(side, s, clients, size)
                        for side in sides}
                turns(report, f"inbound, {size >> 10} KB, {clients} sessions", runs, options.seconds, options.rounds)


def idle(report, options, kinds):
    """Sessions that have said EHLO and then nothing: proportional memory of all the server's processes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, options.connections + 1000)), hard))
    for kind in kinds:
        with contextlib.ExitStack() as stack:
            more = {"settings": {"smtpd.connections": str(options.connections + 100)}} if kind is Posthouse else \
                {"sessions": options.connections}
            side = kind(stack, **more)
            with smtplib.SMTP(*side.place) as client:  # what the first session costs belongs to nobody
                client.ehlo()
            before = sum(map(memory, side.roots()))
            begun = time.monotonic()
            sessions = []
            for _ in range(options.connections):
                session = stack.enter_context(socket.create_connection(side.place, PATIENCE))
                sessions.append(session)
                answer(session, b"220")
                session.sendall(b"EHLO client.example.org\r\n")
                answer(session, b"250")
            took = time.monotonic() - begun
            taken = sum(map(memory, side.roots())) - before
            report.add(f"{options.connections} idle sessions: {side.name}", kib_each=taken / len(sessions) / 1024, seconds=took)


def answer(session, code):
    came = b""
    while not came.endswith(b"\r\n") or not came[came.rfind(b"\n", 0, -1) + 1:].startswith(code + b" "):
        piece = session.recv(65536)
        assert piece, came
        came += piece


def relayed_turn(side, seconds, sinks, clients, size, counted, **options):
    """One turn: until the first `counted` sinks have all that was accepted for them."""
    there = sinks.received(counted)
    before = spent(side)
    sent = load("smtp", side.place, clients=clients, seconds=seconds, size=size, **options)
    loaded = time.monotonic()
    eventually(lambda: sinks.received(counted) - there >= sent["done"], "all has arrived", DRAINED_WITHIN)
    took = sent["seconds"] + time.monotonic() - loaded
    return {"per_second": sent["done"] / took, "accepted_per_second": sent["per_second"],
            "cpu_ms_each": 1000 * (spent(side) - before) / sent["done"], "client_cpu_ms_each": sent["clients_cpu_ms_each"]}


def relay(report, options, kinds):
    """To one other server that takes everything."""
    with contextlib.ExitStack() as stack:
        sinks = stack.enter_context(Sinks(1))
        sides = [kind(stack, {"sink.example": sinks.places[0]}) for kind in kinds]

        def run(side, clients, size, seconds):
            result = relayed_turn(side, seconds, sinks, clients, size, 1, user="u%d@sink.example", users=USERS)
            eventually(side.is_drained, "the queue is empty", DRAINED_WITHIN)
            os.sync()
            return result
        for size in options.size or SIZES:
            for clients in options.sessions or SESSIONS[1:3]:
                runs = {side.name: lambda s, side=side, clients=clients, size=size: run(side, clients, size, s) for side in sides}
                turns(report, f"relaying, {size >> 10} KB, {clients} sessions", runs, options.seconds, options.rounds)


def dead(report, options, kinds):
    """Mail for nine servers that take everything, while a tenth takes it too, refuses connections, or never says a word. Each turn has
    servers of its own, whose queues are empty."""
    def run(kind, tenth, seconds):
        with contextlib.ExitStack() as stack:
            sinks = stack.enter_context(Sinks(DESTINATIONS))
            ports = PortBlock()
            stack.callback(ports.close)
            silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=4096))
            places = {"takes": sinks.places[-1], "refuses": ("127.0.0.1", ports.base + 99), "is silent": silent.getsockname()}
            transports = {f"d{number}.example": place for number, place in enumerate(sinks.places[:-1])}
            side = kind(stack, transports | {"tenth.example": places[tenth]})
            to_tenth = subprocess.Popen([str(LOAD), "smtp", "%s:%d" % side.place, "--clients", "2", "--seconds", str(seconds), "--user",
                                         "u%d@tenth.example"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            result = relayed_turn(side, seconds, sinks, 18, SIZES[0], DESTINATIONS - 1, user="u@d%d.example", users=DESTINATIONS - 1)
            _, errors = to_tenth.communicate()
            assert to_tenth.returncode == 0, errors
        os.sync()
        return result
    for kind in kinds:
        runs = {f"{kind.name}, the tenth {tenth}": lambda s, kind=kind, tenth=tenth: run(kind, tenth, s)
                for tenth in ("takes", "refuses", "is silent")}
        turns(report, "ten destinations", runs, options.seconds, options.rounds)


def deferred(report, options, kinds):
    """A long queue, of which nothing is due: queued's memory when it has read all names, and how long new mail waits meanwhile, the
    disk's cache being empty (where this may be asked of the system)."""
    if Posthouse not in kinds:
        return
    with contextlib.ExitStack() as stack:
        sinks = stack.enter_context(Sinks(1))
        side = Posthouse(stack, {"sink.example": sinks.places[0]})
        empty = memory_of_queued(side)
        stopped = side.server.stop()
        assert stopped.returncode == 0, stopped.stderr
        made = subprocess.run([BUILD / "bench" / "fill_queue", side.spool, str(options.messages)], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        os.sync()
        with contextlib.suppress(OSError):
            pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
        log = len(side.server.log())
        begun = time.monotonic()
        side.server.start()
        ready = time.monotonic()
        place = side.server.address("smtp")
        read = [send(place, "u0@example.org", lambda: stored(side) >= 1),
                send(place, "u0@sink.example", lambda: sinks.received() >= 1)]
        was_reading = scanned(side.server.log()[log:]) is None
        eventually(lambda: scanned(side.server.log()[log:]) is not None, "the queue is read", DRAINED_WITHIN)
        done = time.monotonic()
        report.add(f"a queue of {options.messages:,}", seconds_until_ready=ready - begun, seconds_until_read=done - begun,
                   mib_of_queued=memory_of_queued(side) / (1 << 20), mib_when_empty=empty / (1 << 20))
        report.add("  new mail while it is read" if was_reading else "  new mail after it was read", local_ms=1000 * read[0],
                   relayed_ms=1000 * read[1])


def memory_of_queued(side):
    (queued,) = side.server.pids("queued")
    return memory(queued)


def send(place, recipient, has_arrived):
    begun = time.monotonic()
    with smtplib.SMTP(*place) as client:
        client.sendmail("sender@example.com", [recipient], b"Subject: while the queue is read\r\n\r\nHello.\r\n")
    eventually(has_arrived, f"{recipient} has it", DRAINED_WITHIN)
    return time.monotonic() - begun


def scanned(log):
    return re.search(r" the queue has been read ", log)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    rows = (inbound, idle, relay, dead, deferred)
    parser.add_argument("--only", action="append", choices=[row.__name__ for row in rows])
    parser.add_argument("--side", action="append", choices=list(SIDES), help="without the other")
    parser.add_argument("--sessions", type=int, action="append", help="at one time; default: %s" % ", ".join(map(str, SESSIONS)))
    parser.add_argument("--size", type=int, action="append", help="of messages, in octets; default: 4 and 100 KB")
    parser.add_argument("--connections", type=int, default=1000, help="of the row idle")
    parser.add_argument("--messages", type=int, default=1_000_000, help="of the row deferred")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    kinds = [SIDES[name] for name in options.side or SIDES]
    if Peer in kinds and why_not_here():
        parser.error(why_not_here())
    report = Report()
    with apart():
        for row in rows:
            if options.only is None or row.__name__ in options.only:
                row(report, options, kinds)
    if options.json:
        print(json.dumps(report.rows))


if __name__ == "__main__":
    main()
