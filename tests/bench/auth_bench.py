"""Who is who, measured: log-ins beside Debian's Dovecot in the same run, look-ups, look-ups while passwords are hashed, and a
million users from CSV. Prints a table, and with --json one document. Nothing here fails because it is slow.

    POSTHOUSE_BUILD=build/release python3 tests/bench/auth_bench.py [--seconds 5] [--users 1000000] [--only NAME]
"""

import argparse
import contextlib
import json
import pathlib
import random
import signal
import subprocess
import tempfile
import time

from side_by_side import CHEAP, LOAD, PEOPLE, Report, instance, measured, pick, turns  # also finds the next
from dovecot import Dovecot, passdb
from mariadb_server import MariadbServer
from posthouse_test import BUILD, run


def log_ins(report, seconds):
    """IMAP: connect, LOGIN, LOGOUT; 10 clients, 1,000 users, no TLS."""
    plain = {"tls.allow_plain_login": "true"}
    with contextlib.ExitStack() as stack:
        root = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mail = root / "mail"
        (mail / "example.org").mkdir(parents=True)
        people = root / "people"
        root.chmod(0o755)
        ours = stack.enter_context(instance(plain))
        imap = ours.address("imap")
        sides = {"Posthouse": lambda s: measured(ours.supervisor(), "imap-login", imap, clients=10, seconds=s)}
        people.write_text("".join(f"u{i}@example.org:{CHEAP}\n" for i in range(PEOPLE)))
        people.chmod(0o644)
        reused = "service imap {\n  service_count = 1000\n  process_min_avail = 10\n}\n"
        for name, settings in (("Dovecot", "service imap-login {\n  service_count = 1\n}\n"),
                               ("Dovecot, processes reused", reused)):
            peer = stack.enter_context(Dovecot(mail, settings=settings + "auth_cache_size = 0\n", accounts=passdb("passwd-file", people)))
            place = peer.address("imap")
            sides[name] = lambda s, peer=peer, place=place: measured(peer.process.pid, "imap-login", place, clients=10,
                                                                     seconds=s)
        for run in sides.values():  # every user's folders are made by the first log-in
            for _ in range(2):
                run(seconds)
        turns(report, "IMAP log-ins, cheap hash", sides, seconds)
    with instance(hash=None) as ours:
        socket = ours.address("auth")
        first = measured(ours.supervisor(), "auth", socket, clients=10, seconds=600, each_user_once=True, users=PEOPLE)
        report.add("log-ins by the auth protocol, Argon2id, each user's first", **pick(first))
        again = measured(ours.supervisor(), "auth", socket, clients=10, seconds=seconds)
        report.add("the same users again within a minute", **pick(again))


def look_ups(report, seconds):
    """The map `mailbox` of the socketmap, 10 clients: SQLite is asked each time; what MariaDB said is remembered."""
    with instance() as ours:
        socket = ours.address("socketmap")
        result = measured(ours.supervisor(), "map:mailbox", socket, clients=10, seconds=seconds)
        report.add("look-ups, SQLite", **pick(result))
        one = measured(ours.supervisor(), "map:mailbox", socket, clients=1, seconds=seconds)
        report.add("look-ups, SQLite, one client", **pick(one))
    server = MariadbServer()
    try:
        config = server.folder / "init.toml"
        config.write_text("")
        environment = {"POSTHOUSE_" + name.upper().replace(".", "_"): value for name, value in server.settings().items()}
        made = run(BUILD / "bin" / "posthouse", "--config", config, "db", "init", environment=environment)
        assert made.returncode == 0, made.stderr
        with instance(server.settings(), people=20_000) as ours:
            socket = ours.address("socketmap")
            cold = measured(ours.supervisor(), "map:mailbox", socket, clients=10, seconds=60, each_user_once=True, users=20_000)
            report.add("look-ups, MariaDB, each address for the first time", **pick(cold))
            warm = measured(ours.supervisor(), "map:mailbox", socket, clients=10, seconds=seconds, users=PEOPLE)
            report.add("look-ups, MariaDB, remembered", **pick(warm))
    finally:
        server.destroy()


def storm(report, seconds):
    """Look-ups while 200 clients want their Argon2id hashes computed."""
    with instance(hash=None) as ours:
        storm = subprocess.Popen([str(LOAD), "auth", ours.address("auth"), "--clients", "200", "--each-user-once", "--users",
                                  str(PEOPLE), "--seconds", "600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            result = measured(ours.supervisor(), "map:mailbox", ours.address("socketmap"), clients=1, seconds=min(seconds, 4))
            assert storm.poll() is None, storm.communicate()
            report.add("look-ups while 200 clients log in with Argon2id", **pick(result))
        finally:
            storm.send_signal(signal.SIGKILL)
            storm.communicate()


def million(report, users):
    """Users with ready hashes from CSV into SQLite, and look-ups then."""
    with instance(people=1) as ours:
        rows = ours.folder / "users.csv"
        with open(rows, "w") as file:
            file.write("email,password_hash,quota_mb\n")
            order = list(range(users))
            random.Random(4711).shuffle(order)
            for i in order:
                file.write(f"p{i}@example.org,{CHEAP},{i % 1000}\n")
        begun = time.monotonic()
        added = subprocess.run([BUILD / "bin" / "posthouse", "--config", ours.config, "user", "add", "--csv", rows],
                               capture_output=True, text=True)
        assert added.returncode == 0, added.stderr
        report.add(f"{users:,} users from CSV", seconds=time.monotonic() - begun)
        begun = time.monotonic()
        again = subprocess.run([BUILD / "bin" / "posthouse", "--config", ours.config, "user", "add", "--csv", rows],
                               capture_output=True, text=True)
        assert again.returncode == 4, again.stderr
        report.add("the same again: refused, nothing changed", seconds=time.monotonic() - begun)
        one = measured(ours.supervisor(), "map:mailbox", ours.address("socketmap"), clients=1, seconds=5, user="p%d@example.org",
                       users=users)
        report.add(f"a look-up among {users:,}", **pick(one))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("log_ins", "look_ups", "storm", "million"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = Report()
    for work in (log_ins, look_ups, storm):
        if options.only in (None, work.__name__):
            work(report, options.seconds)
    if options.only in (None, "million"):
        million(report, options.users)
    if options.json:
        print(json.dumps(report.rows))


if __name__ == "__main__":
    main()
