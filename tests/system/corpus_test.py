"""Messages go in by SMTP and come out by IMAP and POP3 byte for byte: a set made here, and every file of the folder
POSTHOUSE_CORPUS (tests/run.sh --corpus DIR) when it is named."""
# labels: corpus
# timeout: 1200

import pathlib
import random
import re

from mail_wire import Imap, Pop3, Smtp, literal_of
from posthouse_test import SystemTest, main, run, setting

TRACE = re.compile(rb"(?:(?:Return-Path|Delivered-To|X-Original-To|Received):(?:[^\r\n]*\r\n)(?:[ \t][^\r\n]*\r\n)*)*\Z")


def made_messages():
    """What breaks careless servers: long lines, dots, 8-bit, odd ends, empty parts, big content. Seeded: the same each time."""
    chance = random.Random(5321)
    head = b"From: a@example.org\r\nSubject: made\r\n\r\n"
    yield "dots", head + b".\r\n..\r\n.a\r\n...\r\n\r\n.\r\n"
    yield "only a header", b"Subject: no body\r\n\r\n"
    yield "no header end", b"Subject: no blank line\r\n"
    yield "no header", b"\r\njust text\r\n"
    yield "one line end", b"\r\n"
    yield "long line", head + b"x" * 100_000 + b"\r\n"
    yield "long header", b"Subject: " + b"y" * 5_000 + b"\r\n\r\nbody\r\n"
    yield "8-bit", head + bytes(range(128, 256)) + b"\r\n"
    yield "controls", head + bytes(set(range(1, 32)) - {10, 13}) + b"\x7f\r\n"
    yield "blank lines", head + b"\r\n" * 1000
    yield "from line", head + b"From someone\r\n>From someone\r\n"
    yield "large", head + b"".join(chance.randbytes(57).hex().encode() + b"\r\n" for _ in range(20_000))
    for number in range(50):
        lines = [bytes(chance.choice(b" \tabc.:;=<>\x80\xff\x01") for _ in range(chance.randrange(0, 90))) for _ in
                 range(chance.randrange(1, 60))]
        yield f"random {number}", head + b"\r\n".join(lines) + b"\r\n"


def wire_form(content):
    """A file's content as a message: without an mbox `From ` line, line ends CRLF, the last line ended."""
    if content.startswith(b"From "):
        content = content.partition(b"\n")[2]
    content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def corpus_messages():
    folder = setting("CORPUS", "")
    if not folder:
        return
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and path.name != "README.md":
            yield str(path.relative_to(folder)), wire_form(path.read_bytes())


class Corpus(SystemTest):
    settings = {"pop3d.error_limit": "1000"}

    def send_all(self, instance, recipient, messages):
        """Gives {name: reply} of what was refused, and the names and contents that were accepted, in order."""
        refused, accepted = {}, []
        session = None
        for name, content in messages:
            if session is None:
                session = Smtp(instance.address("smtp"))
                self.assertEqual(session.command("EHLO client.example.org")[0], 250)
            code, text = session.transaction("sender@example.org", [recipient.address], content)
            if code == 250:
                accepted.append((name, content))
            else:
                self.assertIn(code, range(400, 600), name)
                refused[name] = f"{code} {text}"
                session.close()
                session = None
        if session:
            session.close()
        return refused, accepted

    def check_all(self, instance, user, accepted):
        with Imap(instance.address("imaps"), tls=True, certificate=instance.certificate) as imap:
            self.assertTrue(imap.login(user).startswith("OK"))
            status, _ = imap.command("EXAMINE INBOX")
            self.assertTrue(status.startswith("OK"), status)
            _, first = imap.command("UID FETCH 1:* (UID RFC822.SIZE)")
            count = len(first)
            self.assertGreaterEqual(count, len(accepted))
            offset = count - len(accepted)
            for number, (name, content) in enumerate(accepted, offset + 1):
                _, responses = imap.command(f"FETCH {number} (RFC822.SIZE BODY.PEEK[])")
                fetched = literal_of(responses[0])
                self.assert_same(name, "IMAP", content, fetched)
                size = int(re.search(rb"RFC822.SIZE (\d+)", responses[0])[1])
                self.assertEqual(size, len(fetched), name)
        with Pop3(instance.address("pop3s"), tls=True, certificate=instance.certificate) as pop3:
            self.assertTrue(pop3.command(f"USER {user.address}").startswith("+OK"))
            self.assertTrue(pop3.command(f"PASS {user.password}").startswith("+OK"))
            for number, (name, content) in enumerate(accepted, offset + 1):
                _, fetched = pop3.multi(f"RETR {number}")
                self.assert_same(name, "POP3", content, fetched)

    def assert_same(self, name, protocol, sent, fetched):
        self.assertTrue(fetched.endswith(sent), f"{name}: not the same by {protocol}")
        self.assertTrue(TRACE.match(fetched[:len(fetched) - len(sent)]), f"{name}: more than trace fields by {protocol}")

    def test_made_messages_come_out_as_they_went_in(self):
        alice = self.instance.user("alice")
        refused, accepted = self.send_all(self.instance, alice, made_messages())
        self.assertEqual(refused, {})
        self.check_all(self.instance, alice, accepted)

    def test_foreign_messages_come_out_as_they_went_in_or_are_refused_with_the_reason(self):
        bob = self.instance.user("bob")
        refused, accepted = self.send_all(self.instance, bob, corpus_messages())
        print(f"\nforeign messages: {len(accepted)} accepted, {len(refused)} refused")
        for name, reply in refused.items():
            print(f"  {name}: {reply}")
            self.assertRegex(reply, r"^(550 5\.6\.\d+ .*(bare CR|bare LF|NUL)|554 5\.4\.6 )", name)
        self.check_all(self.instance, bob, accepted)
        self.pull_with_mbsync(self.instance, bob)

    def pull_with_mbsync(self, instance, user):
        """mbsync pulls the whole mailbox; a second pull transfers nothing."""
        folder = instance.folder / "mbsync"
        folder.mkdir()
        host, port = instance.address("imaps")
        (folder / "mbsyncrc").write_text(f"""
IMAPAccount posthouse
Host localhost
Port {port}
User {user.address}
Pass {user.password}
SSLType IMAPS
CertificateFile {instance.certificate}

IMAPStore far
Account posthouse

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Create Near
SyncState {folder}/state/
Sync Pull
""")
        (folder / "mail").mkdir()
        (folder / "state").mkdir()
        held = sum(1 for part in ("new", "cur") for _ in (instance.maildir(user) / part).iterdir())

        def pull():
            pulled = run("mbsync", "-c", folder / "mbsyncrc", "-V", "all", timeout=600)
            self.assertEqual(pulled.returncode, 0, pulled.stdout + pulled.stderr)
            files = {path: path.stat().st_mtime_ns for part in ("new", "cur")
                     for path in (folder / "mail" / "INBOX" / part).iterdir()}
            return files, (pulled.stdout + pulled.stderr).count("incomplete header")

        # mbsync itself leaves out messages whose header never ends, and says so.
        first, left_out = pull()
        self.assertEqual(len(first) + left_out, held)
        again, _ = pull()
        self.assertEqual(first, again)

    def test_what_is_refused_can_be_kept_by_setting(self):
        keeping = self.start_instance({"smtpd.bare_cr": "keep", "smtpd.nul": "keep"})
        head = b"Subject: kept\r\n\r\n"
        made = [("bare CR", head + b"a\rb\r\n\r\r\n"), ("CR before CRLF", head + b"x\r\r\ny\r\n"),
                ("bare CR late", head + b"line\r\n" * 50_000 + b"a\rb\r\n")]
        foreign = [(name, content) for name, content in corpus_messages()
                   if re.search(rb"\r(?!\n)", content) and b"\0" not in content]
        alice = keeping.user("alice")
        refused, accepted = self.send_all(keeping, alice, made + foreign)
        self.assertEqual(refused, {})
        self.check_all(keeping, alice, accepted)

    def test_bare_line_ends_and_nul_are_refused_with_the_reason(self):
        alice = self.instance.user("alice")
        head = b"Subject: wrong\r\n\r\n"
        refused, accepted = self.send_all(self.instance, alice, [
            ("bare CR", head + b"a\rb\r\n"), ("bare LF", head + b"a\nb\r\n"), ("NUL", head + b"a\0b\r\n")])
        self.assertEqual(accepted, [])
        for name, reply in refused.items():
            self.assertRegex(reply, rf"^550 5\.6\.\d+ .*{name}", name)


if __name__ == "__main__":
    main()
