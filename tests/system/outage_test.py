"""A daemon is stopped or killed while others need it: clients hear the protocol's temporary failure, never that a user,
a password or a message is wrong; and everything heals by itself."""

import base64
import contextlib
import os
import re
import signal

from mail_wire import Imap, Pop3, Smtp
from posthouse_test import SystemTest, eventually, main
from spool_files import queued_as, queued_messages


class Clients:
    """A test's connections, and what it does to daemons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = cls.instance.user("alice"), cls.instance.user("bob")
        cls.killed = set()

    def setUp(self):
        self.wait_for_all()

    @contextlib.contextmanager
    def stopped(self, daemon):
        """The daemon is there and does nothing, for as long as the block runs."""
        pids = self.instance.pids(daemon)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def open(self, kind, listener):
        tls = listener not in ("smtp", "submission", "imap", "pop3")
        session = kind(self.instance.address(listener), tls=tls, certificate=self.instance.certificate)
        self.addCleanup(session.close)
        if kind is Smtp:
            self.assertEqual(session.command("EHLO client.example.org")[0], 250)
        return session

    def rcpt(self, session, address):
        """The reply to RCPT in a transaction of its own."""
        self.assertEqual(session.command("MAIL FROM:<a@example.org>")[0], 250)
        reply = session.command(f"RCPT TO:<{address}>")
        self.assertEqual(session.command("RSET")[0], 250)
        return reply

    def auth(self, session, user):
        response = base64.b64encode(f"\0{user.address}\0{user.password}".encode()).decode()
        return session.command(f"AUTH PLAIN {response}")

    def pop3_login(self, session, user):
        self.assertTrue(session.command(f"USER {user.address}").startswith("+OK"))
        return session.command(f"PASS {user.password}")

    def send(self, session, subject):
        return session.transaction("a@example.org", [self.alice.address], f"Subject: {subject}\r\n\r\nx\r\n".encode())

    def stored(self, user):
        """The subjects of all messages in the user's INBOX, as they lie on the disk."""
        files = [path for part in ("new", "cur") for path in (self.instance.maildir(user) / part).iterdir()]
        return [re.search(rb"(?m)^Subject: (.*?)\r?$", path.read_bytes())[1].decode() for path in files]

    def queued(self):
        """The subjects of all that lies in the queue."""
        return [re.search(rb"(?m)^Subject: (.*?)\r?$", message.content)[1].decode() for message in queued_messages(self.instance)]

    def settled(self, ask, temporary):
        """The first answer that is not the temporary one."""
        def answer():
            reply = ask()
            is_temporary = reply[0] == temporary if isinstance(reply, tuple) else reply.startswith(temporary)
            return None if is_temporary else reply
        return eventually(answer, f"another answer than {temporary}")

    def kill(self, daemon):
        """SIGKILL; what follows happens while the daemon is away or comes back."""
        self.wait_for_all()
        self.killed |= set(self.instance.pids(daemon))
        self.instance.kill(daemon)

    def wait_for_all(self):
        """Every daemon runs, those that were killed anew."""
        eventually(lambda: self.instance.is_ready() and not self.killed & set(self.instance.pids()), "every daemon is back")


class Stopped(Clients, SystemTest):
    """Who doesn't answer is waited for, for a short time here. On a busy machine that may also be too short for a daemon
    that runs: what must succeed is tried until it does."""

    settings = {"smtpd.lookup_timeout": "1s", "smtpd.delivery_timeout": "1s", "auth.request_timeout": "2s",
                "smtpd.error_limit": "10000", "imapd.login_timeout": "10m", "pop3d.login_timeout": "10m"}

    def test_while_authd_is_stopped_everything_is_temporary_and_then_goes_on(self):
        smtp, submissions = self.open(Smtp, "smtp"), self.open(Smtp, "submissions")
        imap, pop3 = self.open(Imap, "imaps"), self.open(Pop3, "pop3s")
        unknown = "nobody@posthouse.example"
        self.assertEqual(self.settled(lambda: self.rcpt(smtp, self.alice.address), 451)[0], 250)
        with self.stopped("authd"):
            for address in (self.alice.address, unknown, "someone@elsewhere.example.net"):
                code, text = self.rcpt(smtp, address)
                self.assertEqual((code, text[:5]), (451, "4.3.0"), address)
            code, text = self.auth(submissions, self.alice)
            self.assertEqual((code, text[:5]), (454, "4.7.0"))
            self.assertRegex(imap.login(self.alice), r"^NO \[UNAVAILABLE\]")
            self.assertRegex(self.pop3_login(pop3, self.alice), r"^-ERR \[SYS/TEMP\]")
        # The same connections go on, and no late answer is taken for another question.
        self.assertEqual(self.settled(lambda: self.rcpt(smtp, unknown), 451)[0], 550)
        self.assertEqual(self.settled(lambda: self.rcpt(smtp, self.alice.address), 451)[0], 250)
        self.assertEqual(self.settled(lambda: self.auth(submissions, self.alice), 454)[0], 235)
        self.assertRegex(self.settled(lambda: imap.login(self.alice), "NO [UNAVAILABLE]"), "^OK")
        self.assertRegex(self.settled(lambda: self.pop3_login(pop3, self.alice), "-ERR [SYS/TEMP]"), r"^\+OK")

    def test_while_lmtpd_is_stopped_messages_are_queued(self):
        smtp = self.open(Smtp, "smtp")
        self.assertEqual(self.send(smtp, "lmtpd runs")[0], 250)
        with self.stopped("lmtpd"):
            for _ in range(2):
                code, text = self.send(smtp, "lmtpd is stopped")
                self.assertEqual((code, text[:20]), (250, "2.0.0 Ok: queued as "))
                self.assertEqual(queued_as(self.instance, text).recipients,
                                 [{"recipient": self.alice.address, "recipient.transport": "local"}])
        self.assertEqual(self.send(smtp, "lmtpd runs again")[0], 250)
        eventually(lambda: "lmtpd runs again" in self.stored(self.alice) + self.queued(), "it is stored, or queued still")


class Killed(Clients, SystemTest):
    settings = {"general.restart_delay": "200ms", "general.restart_delay_limit": "200ms", "smtpd.error_limit": "10000"}

    def test_authd_killed_is_never_an_unknown_user_or_a_wrong_password(self):
        smtp, submissions = self.open(Smtp, "smtp"), self.open(Smtp, "submissions")
        for _ in range(3):
            self.kill("authd")
            imap, pop3 = self.open(Imap, "imaps"), self.open(Pop3, "pop3s")
            self.assertEqual(self.settled(lambda: self.rcpt(smtp, self.alice.address), 451)[0], 250)
            self.assertRegex(self.settled(lambda: imap.login(self.alice), "NO [UNAVAILABLE]"), "^OK")
            self.assertRegex(self.settled(lambda: self.pop3_login(pop3, self.alice), "-ERR [SYS/TEMP]"), r"^\+OK")
            self.assertEqual(pop3.command("QUIT")[:3], "+OK")
            self.kill("authd")
            self.assertEqual(self.settled(lambda: self.rcpt(smtp, "nobody@posthouse.example"), 451)[0], 550)
        self.assertEqual(self.settled(lambda: self.auth(submissions, self.alice), 454)[0], 235)

    def test_lmtpd_killed_loses_nothing(self):
        sessions = [self.open(Smtp, "smtp") for _ in range(4)]
        sent = []
        for number in range(5):
            self.wait_for_all()
            names = [f"kill {number}-{place}" for place in range(len(sessions))]
            for session, name in zip(sessions, names):
                session.send(f"MAIL FROM:<a@example.org>\r\nRCPT TO:<{self.bob.address}>\r\nDATA\r\n")
                self.assertEqual([session.reply()[0] for _ in range(3)], [250, 250, 354])
                session.send(f"Subject: {name}\r\n\r\nx\r\n.\r\n")
            self.kill("lmtpd")
            for session, name in zip(sessions, names):
                code, text = session.reply()
                self.assertEqual(code, 250, text)
                sent.append(name)
            self.assertEqual(self.send(sessions[0], "after")[0], 250)
        # In this order: what leaves the queue meanwhile is in the mailbox.
        queued = self.queued()
        self.assertEqual(set(sent) - set(queued) - set(self.stored(self.bob)), set())

    def test_guardd_away_keeps_nobody_out(self):
        with self.stopped("guardd"):
            self.check_everybody_is_served()
        self.kill("guardd")
        self.check_everybody_is_served()

    def check_everybody_is_served(self):
        self.assertEqual(self.send(self.open(Smtp, "smtp"), "guardd is away")[0], 250)
        self.assertEqual(self.auth(self.open(Smtp, "submissions"), self.alice)[0], 235)
        self.assertRegex(self.open(Imap, "imaps").login(self.alice), "^OK")
        pop3 = self.open(Pop3, "pop3s")
        self.assertRegex(self.pop3_login(pop3, self.alice), r"^\+OK")
        self.assertRegex(pop3.command("QUIT"), r"^\+OK")


if __name__ == "__main__":
    main()
