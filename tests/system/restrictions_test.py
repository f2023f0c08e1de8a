"""Restrictions as senders and administrators meet them: how much who may send, which senders, names and domains are believed,
who may post to a list, and which domains mail is passed on for."""

import contextlib
import email
import json
import os
import signal
import smtplib
import socket
import ssl
import struct
import threading
import urllib.request

from mail_wire import Smtp
from posthouse_test import SystemTest, eventually, main
from spool_files import queued_as

LETTER = b"Subject: test\r\n\r\nHello.\r\n"


class Submitting:
    """smtplib, as a user's program would be."""

    def submit(self, user, recipients, sender=None, content=LETTER):
        """None when it was taken, else (code, text) of the refusal."""
        host, port = self.instance.address("submissions")
        context = ssl.create_default_context(cafile=self.instance.certificate)
        context.check_hostname = False
        with smtplib.SMTP_SSL(host, port, context=context) as client:
            client.login(user.address, user.password)
            try:
                client.sendmail(sender or user.address, recipients, content)
            except smtplib.SMTPRecipientsRefused as error:
                code, text = next(iter(error.recipients.values()))
            except smtplib.SMTPResponseException as error:
                code, text = error.smtp_code, error.smtp_error
            else:
                return None
            return code, text.decode()

    def json(self, *arguments):
        done = self.instance.posthouse("--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def do(self, *arguments):
        done = self.instance.posthouse(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return done.stdout

    def messages(self, user):
        """What lies in INBOX, parsed."""
        folder = self.instance.maildir(user)
        paths = [path for name in ("new", "cur") for path in (folder / name).glob("*")]
        return [email.message_from_bytes(path.read_bytes()) for path in paths]

    def metric(self, name, **labels):
        host, port = self.instance.address("http")
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(float(line.rpartition(" ")[2]) for line in lines
                   if line.startswith(name) and all(label in line for label in wanted))


class Limits(Submitting, SystemTest):
    settings = {"smtpd.user_recipient_rate_limit": "6", "smtpd.user_message_day_limit": "5", "guard.trusted_networks": "127.0.9.9",
                "smtpd.client_message_rate_limit": "3", "smtpd.client_connection_rate_limit": "100", "general.restart_delay": "10ms"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert cls.instance.posthouse("transport", "add", "remote.example", "retry:not in this test").returncode == 0

    def setUp(self):
        self.alice, self.bob = self.instance.user("alice"), self.instance.user("bob")
        self.instance.posthouse("limits", "reset", "--all")

    def rate(self, name):
        """None also while guardd is away."""
        done = self.instance.posthouse("--json", "limits", "list")
        return next((row for row in json.loads(done.stdout) if row["name"] == name), None) if done.returncode == 0 else None

    def from_outside(self, source, sender="x@client.example"):
        with Smtp(self.instance.address("smtp"), source=source) as smtp:
            if smtp.greeting[0] != 220:
                return smtp.greeting
            smtp.command("EHLO client.example")
            return smtp.transaction(sender, [self.alice.address], LETTER)

    def test_a_user_is_put_off_told_why_and_let_go_on_by_an_administrator(self):
        refusals = self.metric("posthouse_smtp_rejects_total", reason="rate_limit")
        self.assertIsNone(self.submit(self.alice, [self.bob.address, self.alice.address, "x@remote.example"]))
        self.assertIsNone(self.submit(self.alice, [self.bob.address, self.alice.address]))
        refused = self.submit(self.alice, [self.bob.address, "x@remote.example"])
        self.assertEqual(refused[0], 450)
        self.assertRegex(refused[1], rf"^4\.7\.1 Too many recipients: {self.alice.address} may have 6 in an hour; "
                                     r"try again in \d+ minutes$")
        self.assertEqual(self.submit(self.alice, [f"u{i}@remote.example" for i in range(7)])[0], 550)
        self.assertIsNone(self.submit(self.bob, [self.alice.address]), "others go on")
        self.assertEqual(self.metric("posthouse_smtp_rejects_total", reason="rate_limit"), refusals + 2)
        rate = self.rate(self.alice.address)
        self.assertEqual(rate["hour"]["recipients"], {"used": 5, "limit": 6})
        self.assertEqual(rate["day"]["messages"], {"used": 2, "limit": 5})
        shown = self.do("limits", "list")
        self.assertRegex(shown, rf"(?m)^user +{self.alice.address} +2 +2 of 5 +5 of 6 +5 of 5000 +0 +0$")
        eventually(lambda: "limit reached kind=user" in self.instance.log(), "the log tells it")
        eventually(lambda: "Too many recipients" in self.instance.posthouse("trace", self.alice.address, "--result", "refused").stdout,
                   "the story tells it")
        self.assertEqual(self.json("limits", "reset", self.alice.address.upper())["reset"], 1)
        self.assertIsNone(self.submit(self.alice, [self.bob.address]))
        self.assertEqual(self.instance.posthouse("limits", "reset", "nobody@posthouse.example").returncode, 3)
        self.assertEqual(self.instance.posthouse("limits", "reset").returncode, 2)

    def test_what_the_directory_says_of_a_user_goes_before_the_settings(self):
        self.do("user", "set", self.alice.address, "--recipients-per-hour", "2", "--messages-per-day", "0")
        self.assertRegex(self.do("limits", "list"), rf"(?m)^user +{self.alice.address} +0 +0 +0 of 2 +0 of 5000 +0 +0$")
        self.assertIsNone(self.submit(self.alice, [self.bob.address]))
        self.assertEqual(self.submit(self.alice, [self.bob.address, "x@remote.example", "y@remote.example"])[0], 550)
        self.assertEqual(self.rate(self.alice.address)["hour"]["recipients"], {"used": 1, "limit": 2})
        self.do("user", "set", self.alice.address, "--recipients-per-hour", "0")
        self.assertIsNone(self.submit(self.alice, [f"u{i}@remote.example" for i in range(9)]), "more than the setting")
        self.assertEqual(self.submit(self.bob, [f"u{i}@remote.example" for i in range(9)])[0], 550, "which holds for others")
        self.do("domain", "set", "posthouse.example", "--messages-per-hour", "1")
        self.assertIsNone(self.submit(self.alice, [self.bob.address]))
        self.assertEqual(self.submit(self.alice, [self.bob.address])[0], 450)
        self.do("domain", "set", "posthouse.example", "--messages-per-hour", "default")
        self.do("user", "set", self.alice.address, "--recipients-per-hour", "default", "--messages-per-day", "default")
        self.assertEqual(self.submit(self.alice, [f"u{i}@remote.example" for i in range(7)])[0], 550)

    def test_counts_are_kept_over_kill_and_restart(self):
        self.assertIsNone(self.submit(self.bob, [self.alice.address] + [f"u{i}@remote.example" for i in range(4)]))
        for _ in range(3):
            self.instance.kill("guardd", signal.SIGKILL)
            self.assertEqual(self.submit(self.bob, [self.alice.address, "x@remote.example"])[0], 450, "smtpd waits for it")
        before = self.rate(self.bob.address)
        self.assertEqual(self.instance.stop().returncode, 0)
        self.instance.start()
        self.assertEqual(self.rate(self.bob.address), before)

    def test_while_guardd_is_away_mail_is_taken(self):
        for pid in self.instance.pids("guardd"):
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertIsNone(self.submit(self.alice, [f"u{i}@remote.example" for i in range(9)]))
        finally:
            for pid in self.instance.pids("guardd"):
                os.kill(pid, signal.SIGCONT)
        eventually(lambda: self.instance.posthouse("limits", "list").returncode == 0)

    def test_clients_are_limited_by_network_and_connections(self):
        for _ in range(3):
            self.assertEqual(self.from_outside("127.0.2.1")[0], 250)
        code, text = self.from_outside("127.0.2.1")
        self.assertEqual((code, text[:5]), (450, "4.7.1"))
        self.assertIn("127.0.2.1 may have 3 in an hour", text)
        self.assertEqual(self.from_outside("127.0.2.2")[0], 250)
        for _ in range(96):
            with Smtp(self.instance.address("smtp"), source="127.0.2.1") as smtp:
                self.assertEqual(smtp.greeting[0], 220)
        code, text = self.from_outside("127.0.2.1")
        self.assertEqual(code, 421)
        self.assertIn("Too many connections: 127.0.2.1 may have 100 in an hour", text)
        self.assertEqual(self.json("limits", "reset", "127.0.2.1")["reset"], 1)
        self.assertEqual(self.from_outside("127.0.2.1")[0], 250)

    def test_new_limits_hold_after_a_reload(self):
        with self.subTest("a domain's"):
            instance = self.start_instance()
            instance.set("smtpd.sender_domain_message_rate_limit", "1")
            instance.reload()
            eventually(lambda: " reloaded" in instance.log())

            def send(sender):
                with Smtp(instance.address("smtp")) as smtp:
                    smtp.command("EHLO client.example")
                    return smtp.transaction(sender, [instance.user("alice").address], LETTER)[0]

            self.assertEqual(eventually(lambda: (code := send("x@one.example")) == 450 and code), 450)
            self.assertEqual(send("x@two.example"), 250)


class NameServer:
    """DNS over UDP with a few names, each with what it has: "mx", "null", "a"; others don't exist. `silent`: answers nothing."""

    def __init__(self, names):
        self.names, self.silent = names, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.socket.getsockname()[1]

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                query, client = self.socket.recvfrom(4096)
                if not self.silent:
                    self.socket.sendto(self.answer(query), client)

    def answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        question, (kind,) = query[12:at + 5], struct.unpack_from(">H", query, at + 1)
        has = self.names.get(".".join(labels))
        records = []
        if has == "mx" and kind == 15:
            records = [b"\xc0\x0c" + struct.pack(">HHIHH", 15, 1, 60, 6, 10) + b"\x01m\xc0\x0c"]
        if has == "null" and kind == 15:
            records = [b"\xc0\x0c" + struct.pack(">HHIHH", 15, 1, 60, 3, 0) + b"\0"]
        if has == "a" and kind == 1:
            records = [b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 1])]
        flags = 0x8180 | (0 if has else 3)
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + b"".join(records)


class Names(SystemTest):
    """Sender domains and the names in EHLO, by DNS."""

    @classmethod
    def setUpClass(cls):
        # The quickstart sends a message, too.
        cls.dns = NameServer({"mail.posthouse.example": "a", "good.example": "mx", "host.example": "a", "null.example": "null", "empty.example": "txt"})
        cls.settings = {"dns.servers": cls.dns.address, "dns.trust_anchor_file": "", "dns.timeout": "2s",
                        "smtpd.reject_unknown_sender_domain": "true", "smtpd.reject_unknown_helo_hostname": "true",
                        "smtpd.mynetworks": "127.0.3.0/24", "smtpd.mynetworks_sender_domains": "printers.example",
                        "smtpd.greeting_delay": "100ms"}
        super().setUpClass()

    def smtp(self, source="127.0.0.1", helo="EHLO host.example"):
        smtp = Smtp(self.instance.address("smtp"), source=source)
        self.addCleanup(smtp.close)
        self.assertEqual(smtp.greeting[0], 220)
        if helo:
            self.assertEqual(smtp.command(helo)[0], 250)
        return smtp

    def mail(self, smtp, sender):
        code, text = smtp.command(f"MAIL FROM:<{sender}>")
        smtp.command("RSET")
        return code, text.split()[0]

    def test_a_sender_needs_a_domain_that_takes_an_answer(self):
        smtp = self.smtp()
        local = self.instance.user("alice").address
        for sender in ("a@good.example", "a@GOOD.example", "a@host.example", "", local, "a@[192.0.2.1]"):
            self.assertEqual(self.mail(smtp, sender)[0], 250, sender)
        self.assertEqual(self.mail(smtp, "a@null.example"), (550, "5.7.27"))
        self.assertEqual(self.mail(smtp, "a@nowhere.example"), (550, "5.1.8"))
        self.assertEqual(self.mail(smtp, "a@empty.example"), (550, "5.1.8"))
        code, text = smtp.command("MAIL FROM:<a@nowhere.example>")
        self.assertIn("neither MX nor address", text)
        self.dns.silent = True
        try:
            self.assertEqual(self.mail(smtp, "a@unheard.example"), (450, "4.1.8"))
            self.assertEqual(self.mail(smtp, "a@good.example")[0], 250, "what is known stays known")
        finally:
            self.dns.silent = False

    def test_a_client_needs_a_name_that_exists(self):
        smtp = self.smtp(helo=None)
        for name in ("nowhere.example", "empty.example", "user_pc"):
            code, text = smtp.command("EHLO " + name)
            self.assertEqual(code, 550, name)
            self.assertIn("set the name of your server", text)
        self.assertEqual(smtp.command("MAIL FROM:<a@good.example>")[0], 503)
        for name in ("[127.0.0.1]", "host.example", "good.example"):
            self.assertEqual(smtp.command("EHLO " + name)[0], 250, name)

    def test_hosts_of_mynetworks_need_none_and_keep_to_their_sender_domains(self):
        smtp = self.smtp(source="127.0.3.1", helo="EHLO scanner")
        for sender, code in (("a@printers.example", 250), ("a@good.example", 553)):
            self.assertEqual(smtp.command(f"MAIL FROM:<{sender}>")[0], 250)
            self.assertEqual(smtp.command("RCPT TO:<x@remote.example>")[0], code, sender)
            smtp.command("RSET")

    def test_who_speaks_before_the_greeting_is_refused(self):
        host, port = self.instance.address("smtp")
        with socket.create_connection((host, port)) as early:
            early.sendall(b"EHLO host.example\r\n")
            said = early.makefile().read()
        self.assertRegex(said, r"^554 \S+ You spoke before the greeting")
        eventually(lambda: "rule=early_talker" in self.instance.log())


class Lists(Submitting, SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = cls.instance.user("alice"), cls.instance.user("bob")
        cls.domain = cls.alice.address.partition("@")[2]
        for domain in ("remote.example", "branch.example"):
            assert cls.instance.posthouse("transport", "add", domain, "retry:not in this test").returncode == 0

    def from_outside(self, sender, recipient, content=LETTER):
        with Smtp(self.instance.address("smtp")) as smtp:
            smtp.command("EHLO client.example")
            return smtp.transaction(sender, [recipient], content)

    def test_only_members_post_and_the_owner_gets_the_bounces(self):
        team, owner = f"team@{self.domain}", f"team-owner@{self.domain}"
        self.do("list", "add", team, "--member", self.bob.address, "--member", "out@remote.example", "--posters", "members",
                "--owner", self.alice.address)
        self.addCleanup(self.instance.posthouse, "--yes", "list", "remove", team)
        code, text = self.from_outside("x@client.example", team)
        self.assertEqual((code, text[:5]), (550, "5.7.2"))
        self.assertIn("only members may post", text)
        self.assertIn(owner, text)
        self.assertEqual(self.from_outside(self.bob.address, team)[0], 550, "anybody can write a member's address")
        self.assertEqual(self.from_outside("", team)[0], 550, "a bounce")
        code, text = self.from_outside("out@remote.example", team, b"Subject: from a member\r\n\r\nx\r\n")
        self.assertEqual(code, 250, text)
        queued = queued_as(self.instance, text)
        self.assertEqual({one["recipient"]: one["recipient.sender"] for one in queued.recipients},
                         {self.bob.address: owner, "out@remote.example": owner})
        self.assertEqual(queued.envelope["sender"], "out@remote.example")
        self.assertEqual(self.submit(self.alice, [team]), None, "the owner")
        self.assertEqual(self.json("list", "show", team)["owner"], self.alice.address)

        self.do("list", "member", "remove", team, "out@remote.example")
        self.assertIsNone(self.submit(self.bob, [team], content=b"Subject: return path\r\n\r\nx\r\n"))
        arrived = eventually(lambda: [one for one in self.messages(self.bob) if one["Subject"] == "return path"])
        self.assertEqual(arrived[0]["Return-Path"], f"<{owner}>")
        self.assertEqual(self.from_outside("", owner, b"Subject: a bounce\r\n\r\nx\r\n")[0], 250)
        eventually(lambda: [one for one in self.messages(self.alice) if one["Subject"] == "a bounce"], "it reaches the owner")

        self.do("list", "poster", "add", team, "@client.example")
        self.assertEqual(self.from_outside("x@client.example", team)[0], 250)
        self.do("list", "set", team, "--posters", "listed")
        self.assertEqual(self.submit(self.bob, [team])[0], 550)
        self.do("list", "set", team, "--posters", "authenticated")
        self.assertIsNone(self.submit(self.bob, [team]))
        self.assertEqual(self.instance.posthouse("list", "set", team, "--posters", "everybody").returncode, 2)
        self.assertIn("authenticated", self.do("address", "explain", team))

    def test_an_alias_is_no_way_around_the_rules_of_a_list(self):
        team, way = f"inner@{self.domain}", f"way@{self.domain}"
        self.do("list", "add", team, "--member", self.bob.address, "--posters", "domain")
        self.do("alias", "add", way, team)
        self.addCleanup(self.instance.posthouse, "--yes", "list", "remove", team)
        code, text = self.from_outside("x@client.example", way)
        self.assertEqual((code, text[:5]), (550, "5.7.2"))
        self.assertIn(team, text)
        self.assertIsNone(self.submit(self.alice, [way]))

    def test_mail_for_a_relay_domain_is_taken_and_passed_on(self):
        self.assertEqual(self.from_outside("x@client.example", "joe@branch.example")[0], 554)
        said = self.do("domain", "add", "branch2.example", "--type", "relay", "--transport", "retry:not in this test")
        self.assertIn("any recipient", said)
        code, text = self.from_outside("x@client.example", "Joe@branch2.example")
        self.assertEqual(code, 250, text)
        recipient = queued_as(self.instance, text).recipients[0]
        self.assertEqual((recipient["recipient"], recipient["recipient.transport"]), ("Joe@branch2.example", "retry:not in this test"))
        self.assertNotIn("recipient.sender", recipient)
        self.assertEqual(self.from_outside("x@client.example", "joe@sub.branch2.example")[0], 554)
        self.do("domain", "recipient", "set", "branch2.example", "listed")
        self.do("domain", "recipient", "add", "ann@branch2.example")
        self.assertEqual(self.from_outside("x@client.example", "ann@branch2.example")[0], 250)
        code, text = self.from_outside("x@client.example", "joe@branch2.example")
        self.assertEqual((code, text[:5]), (550, "5.1.1"))
        listed = next(row for row in self.json("domain", "list") if row["name"] == "branch2.example")
        self.assertEqual((listed["type"], listed["recipients"], listed["listed"]), ("relay", "listed", 1))
        self.assertEqual(self.instance.posthouse("user", "add", "u@branch2.example", "--generate").returncode, 3)
        exported = json.loads(self.do("export"))
        self.assertEqual(exported["relay_domains"], [{"name": "branch2.example", "recipients": "listed", "listed": ["ann@branch2.example"]}])
        self.assertEqual(self.instance.posthouse("--yes", "domain", "remove", "branch2.example").returncode, 0)
        self.assertEqual(self.from_outside("x@client.example", "ann@branch2.example")[0], 554)


if __name__ == "__main__":
    main()
