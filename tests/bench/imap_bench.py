"""IMAP beside Debian's Dovecot in one run: the same mail, 50 connections, each command of a mail program's day on mailboxes of
1,000 and 100,000 messages; operations per second and processor time. Nothing here fails because it is slow.

    POSTHOUSE_BUILD=build/release python3 tests/bench/imap_bench.py [--messages 1000] [--seconds 2] [--only ROW]
"""

import argparse
import collections
import contextlib
import email.utils
import json
import pathlib
import shutil
import tempfile

from side_by_side import CHEAP, Report, apart, instance, measured, turns  # also finds the next
from dovecot import Dovecot, give, passdb

CLIENTS = 50
EXPUNGED = 10  # mailboxes of 1,000 messages to expunge from
WORDS = ("letter", "coach", "inn", "horse", "road", "rider", "bag", "seal", "town", "bridge", "toll", "lantern", "stable", "mile")


def message(number, octets=4096):
    """Threads of about eight, subjects that repeat, half of the messages of two parts."""
    thread = number // 8
    subject = " ".join(WORDS[(thread * k) % len(WORDS)] for k in (1, 3, 5))
    lines = [f"Return-Path: <sender{number % 300}@example.com>",
             f"Received: from mail.example.com (mail.example.com [192.0.2.{number % 250}]) by mx.example.org with ESMTPS id {number:x};",
             f"\t{email.utils.formatdate(1_700_000_000 + number * 61)}",
             f"From: =?utf-8?q?Sender_N=C2=B0_{number % 300}?= <sender{number % 300}@example.com>",
             f"To: Joe <u0@example.org>, Jane {number % 7} <jane{number % 7}@example.org>",
             f"Subject: {'Re: ' if number % 8 else ''}{subject} {thread}",
             f"Date: {email.utils.formatdate(1_700_000_000 + (number * 7919) % 30_000_000)}",
             f"Message-ID: <m{number}@example.com>"]
    if number % 8:
        lines += [f"In-Reply-To: <m{number - 1}@example.com>", f"References: <m{thread * 8}@example.com> <m{number - 1}@example.com>"]
    lines += ["MIME-Version: 1.0"]
    text = []
    while sum(map(len, text)) < octets - 900:
        text.append(" ".join(WORDS[(number + len(text) * 5 + k * 3) % len(WORDS)] for k in range(10)) + "\n")
    if number % 2:
        lines += ['Content-Type: text/plain; charset="utf-8"', "", *[line[:-1] for line in text]]
    else:
        half = len(text) // 2
        lines += ['Content-Type: multipart/alternative; boundary="parts"', "", "--parts", 'Content-Type: text/plain; charset="utf-8"',
                  "Content-Transfer-Encoding: quoted-printable", "", *[line[:-1] for line in text[:half]], "--parts",
                  'Content-Type: text/html; charset="utf-8"', "", *[f"<p>{line[:-1]}</p>" for line in text[half:]], "--parts--"]
    return ("\n".join(lines) + "\n").encode()


def fill(folder, count):
    """A Maildir with so many messages; every tenth is unseen."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        text = message(number)
        flags = "" if number % 10 == 0 else "S"
        octets = len(text) + text.count(b"\n")
        (folder / "cur" / f"{1_700_000_000 + number}.M{number}P1.mail.example.org,S={len(text)},W={octets}:2,{flags}").write_bytes(text)


HEADERS = ("(UID RFC822.SIZE FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT CONTENT-TYPE CC REPLY-TO LIST-POST "
           "DISPOSITION-NOTIFICATION-TO X-PRIORITY)])")

Row = collections.namedtuple("Row", "name setup commands options", defaults=({},))
SELECTED = ["SELECT INBOX"]
ROWS = (
    Row("select", [], SELECTED),
    Row("flags", SELECTED, ["FETCH 1:* FLAGS"]),
    Row("envelopes", SELECTED, ["FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"]),
    Row("page of 50 headers", SELECTED, ["UID FETCH %r:%R " + HEADERS]),
    Row("body", SELECTED, ["UID FETCH %r BODY.PEEK[]"]),
    Row("store, on and off", SELECTED, [r"UID STORE %r +FLAGS (\Flagged)", r"UID STORE %r -FLAGS (\Flagged)"]),
    Row("search unseen", SELECTED, ["UID SEARCH UNSEEN"]),
    Row("search subject", SELECTED, ['UID SEARCH SUBJECT "rider"']),
    Row("search text", SELECTED, ['UID SEARCH TEXT "postilion"']),
    Row("sort by date", SELECTED, ["UID SORT (REVERSE DATE) UTF-8 ALL"]),
    Row("sort by subject", SELECTED, ["UID SORT (SUBJECT) UTF-8 ALL"]),
    Row("thread", SELECTED, ["UID THREAD REFERENCES UTF-8 ALL"]),
    Row("append", SELECTED, ["APPEND Appended"], {"append": 4096}),
    Row("copy", SELECTED, ["UID COPY %r Copied"]),
    Row("expunge", ["SELECT Expunged%c"], [r"UID STORE %x +FLAGS.SILENT (\Deleted)", "UID EXPUNGE %x"],
        {"mailboxes": EXPUNGED, "numbers": 1000}),
)


@contextlib.contextmanager
def sides(messages):
    """Both servers over copies of the same mail: name and a function that runs a row."""
    with contextlib.ExitStack() as stack:
        root = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="imap-bench-")))
        root.chmod(0o755)
        account = root / "mail" / "example.org" / "u0"
        fill(account, messages)
        for number in range(EXPUNGED):
            fill(account / f".Expunged{number}", 1000)
        for name in ("Appended", "Copied"):
            fill(account / f".{name}", 0)
        ours = stack.enter_context(instance({"tls.allow_plain_login": "true"}, people=1))
        place = pathlib.Path(ours.description["mail_root"]) / "example.org" / "u0"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(account, place)
        people = root / "people"
        people.write_text(f"u0@example.org:{CHEAP}\n")
        people.chmod(0o644)
        give(root / "mail")
        peer = stack.enter_context(Dovecot(root / "mail", accounts=passdb("passwd-file", people)))

        def runs(pid, place):
            def row(row, seconds):
                options = {"numbers": max(1, messages - 49)} | row.options
                return measured(pid(), "imap", place, clients=CLIENTS, seconds=seconds, user="u0@example.org", users=1, setup=row.setup,
                                command=row.commands, **options)
            return row
        yield {"Posthouse": runs(ours.supervisor, ours.address("imap")), "Dovecot": runs(lambda: peer.process.pid, peer.address("imap"))}


def compare(report, messages, seconds, only):
    with sides(messages) as servers:
        for row in ROWS:
            if only and not any(words in row.name for words in only):
                continue
            for side in servers.values():  # caches are filled
                if row.name != "expunge":
                    side(row, 0.2)
            rounds = 1 if row.name == "expunge" else 3
            turns(report, f"{row.name}, {messages:,}", {name: lambda s, side=side, row=row: side(row, s) for name, side in servers.items()},
                  seconds, rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, action="append", help="in the mailbox; default: 1000 and 100000")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--only", action="append", help="rows that have this in their name, or one of these")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = Report()
    with apart():
        for messages in options.messages or (1000, 100_000):
            compare(report, messages, options.seconds, options.only)
    if options.json:
        print(json.dumps(report.rows))


if __name__ == "__main__":
    main()
