"""Nobody is an open relay's client: forty attempts to send through the server to another one, all refused and nothing of them
in the queue; and those who may send do."""

import base64

from mail_wire import Smtp
from posthouse_test import SystemTest, main
from spool_files import queued_as, queued_messages

REMOTE = "remote.example"
HELLO = "EHLO client.example.org"


class Relay(SystemTest):
    settings = {"smtpd.error_limit": "10000"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = cls.instance.user("alice"), cls.instance.user("bob")
        cls.domain = cls.alice.address.partition("@")[2]
        # Whatever is queued stays there.
        for domain in (REMOTE, "xn--bcher-kva.example", "sender.example"):
            assert cls.instance.posthouse("transport", "add", domain, "retry:not in this test").returncode == 0
        assert cls.instance.posthouse("alias", "add", f"out@{cls.domain}", f"friend@{REMOTE}").returncode == 0

    def smtp(self, listener="smtp", user=None):
        smtp = Smtp(self.instance.address(listener), tls=listener == "submissions", certificate=self.instance.certificate)
        self.addCleanup(smtp.close)
        self.assertEqual(smtp.command(HELLO)[0], 250)
        if user:
            plain = base64.b64encode(f"\0{user.address}\0{user.password}".encode()).decode()
            self.assertEqual(smtp.command("AUTH PLAIN " + plain)[0], 235)
        return smtp

    def recipients(self):
        """Addresses by what they try."""
        remote, domain = REMOTE, self.domain
        return {
            "a plain address": f"user@{remote}",
            "in capitals": f"USER@{remote.upper()}",
            "a trailing dot": f"user@{remote}.",
            "a subdomain of ours": f"user@sub.{domain}",
            "a domain that begins as ours": f"user@{domain}.{remote}",
            "a domain that ends as ours": f"user@x{domain}",
            "percent": f"user%{remote}@{domain}",
            "percent twice": f"user%{remote}%b.example@{domain}",
            "percent in quotes": f'"user%{remote}"@{domain}',
            "an at in quotes": f'"user@{remote}"@{domain}',
            "an escaped at": f'"user\\@{remote}"@{domain}',
            "two ats": f"user@{remote}@{domain}",
            "two ats the other way": f"user@{domain}@{remote}",
            "a source route by us": f"@{domain}:user@{remote}",
            "a source route by others": f"@{remote},@b.example:user@{remote}",
            "a source route to a percent": f"@{domain}:user%{remote}@{domain}",
            "bang": f"{remote}!user",
            "bang at us": f"{remote}!user@{domain}",
            "bang behind": f"user@{domain}!{remote}",
            "a colon": f"{remote}:user@{domain}",
            "IPv4 literal": "user@[203.0.113.9]",
            "our own literal": "user@[127.0.0.1]",
            "IPv6 literal": "user@[IPv6:2001:db8::9]",
            "a bare address": "user@203.0.113.9",
            "a number": "user@3405803785",
            "localhost": "user@localhost",
            "a comment": f"user@{domain}(@{remote})",
            "nested brackets": f"<user@{remote}>",
            "two paths": f"user@{domain}>,<user@{remote}",
            "NUL": f"user@{remote}\0@{domain}",
            "A-labels": "user@xn--bcher-kva.example",
            "U-labels without SMTPUTF8": "user@bücher.example",
            "postmaster elsewhere": f"postmaster@{remote}",
            "a detail": f"user+alice@{remote}",
            "SRS of nobody": f"SRS0=AAAA=BB={remote}=user@localhost",
            "SRS of a chain": f"SRS1=AAAA=b.example==CCCC=DD={remote}=user@localhost",
            "SRS elsewhere": f"SRS0=AAAA=BB={remote}=user@b.example",
        }

    def test_every_way_to_name_another_server_is_refused(self):
        before = len(queued_messages(self.instance))
        smtp = self.smtp()
        self.assertEqual(smtp.command("MAIL FROM:<a@sender.example>")[0], 250)
        for what, recipient in self.recipients().items():
            code, text = smtp.command(f"RCPT TO:<{recipient}>")
            self.assertIn(code, range(500, 600), f"{what}: {recipient!r}: {code} {text}")
        self.assertEqual(smtp.command("RCPT TO:<user@bücher.example>".encode("latin-1"))[0] // 100, 5)
        self.assertIn(smtp.command("DATA")[0], (503, 554))
        self.assertEqual(smtp.command("RSET")[0], 250)
        self.assertEqual(smtp.command("MAIL FROM:<a@sender.example> SMTPUTF8")[0], 250)
        self.assertEqual(smtp.command("RCPT TO:<user@bücher.example>")[0], 554)
        self.assertEqual(smtp.command("RCPT TO:<jürgen@bücher.example>")[0], 554)
        self.assertEqual(len(queued_messages(self.instance)), before)

    def test_no_state_of_the_session_makes_a_client_one_who_may(self):
        before = len(queued_messages(self.instance))
        envelope = ("MAIL FROM:<%s>", f"RCPT TO:<user@{REMOTE}>")

        def refused(smtp, sender):
            mail, rcpt = smtp.command(envelope[0] % sender)[0], smtp.command(envelope[1])[0]
            self.assertIn(rcpt, range(500, 600))
            smtp.command("RSET")
            return mail

        smtp = self.smtp()
        refused(smtp, self.alice.address)  # a sender of ours
        refused(smtp, f"root@{self.domain}")
        refused(smtp, "")
        # Behind a recipient that is taken, and after RSET.
        self.assertEqual(smtp.command("MAIL FROM:<a@sender.example>")[0], 250)
        self.assertEqual(smtp.command(f"RCPT TO:<{self.alice.address}>")[0], 250)
        self.assertEqual(smtp.command(envelope[1])[0], 554)
        smtp.command("RSET")
        # What strangers say of themselves.
        for line in ("XCLIENT ADDR=127.0.0.1 LOGIN=alice", "XCLIENT LOGIN=alice", "XFORWARD ADDR=127.0.0.1 SOURCE=LOCAL"):
            self.assertIn(smtp.command(line)[0], range(500, 600), line)
            refused(smtp, self.alice.address)
        for hello in (f"EHLO {self.domain}", "EHLO localhost", "HELO [127.0.0.1]", "EHLO [IPv6:::1]"):
            smtp.command(hello)
            refused(smtp, self.alice.address)
        self.assertEqual(smtp.command(f"MAIL FROM:<{self.alice.address}> AUTH={self.alice.address}")[0], 555)
        # After STARTTLS.
        self.assertEqual(smtp.command("STARTTLS")[0], 220)
        smtp.start_tls(self.instance.certificate)
        smtp.command(HELLO)
        refused(smtp, self.alice.address)
        # Submission without a log-in, after one that failed, and as another than who logged in.
        submission = self.smtp("submissions")
        self.assertEqual(refused(submission, self.alice.address), 530)
        wrong = base64.b64encode(f"\0{self.alice.address}\0wrong".encode()).decode()
        self.assertEqual(submission.command("AUTH PLAIN " + wrong)[0], 535)
        self.assertEqual(refused(submission, self.alice.address), 530)
        logged_in = self.smtp("submissions", self.alice)
        self.assertEqual(refused(logged_in, self.bob.address), 553)
        self.assertEqual(refused(logged_in, f"anyone@{REMOTE}"), 553)
        self.assertEqual(len(queued_messages(self.instance)), before)

    def test_a_user_sends_anywhere_and_the_queue_has_what_was_said(self):
        smtp = self.smtp("submissions", self.alice)
        code, text = smtp.transaction(self.alice.address, [f"User@{REMOTE}", self.bob.address], b"Subject: out\r\n\r\n.dot\r\n")
        self.assertEqual(code, 250, text)
        message = queued_as(self.instance, text)
        self.assertEqual(message.envelope["sender"], self.alice.address)
        self.assertEqual(message.envelope["client.user"], self.alice.address)
        self.assertEqual([(one["recipient"], one["recipient.transport"]) for one in message.recipients],
                         [(f"User@{REMOTE}", "retry:not in this test"), (self.bob.address, "local")])
        self.assertTrue(message.content.startswith(b"Received: from client.example.org"), message.content)
        self.assertTrue(message.content.endswith(b"\r\nSubject: out\r\n\r\n.dot\r\n"), message.content)
        self.assertIn(b"\r\nMessage-ID: <" + message.envelope["id"].encode() + b"@", message.content)

    def test_an_alias_forwards_with_a_sender_to_which_bounces_come_back(self):
        smtp = self.smtp()
        code, text = smtp.transaction("a@sender.example", [f"out@{self.domain}"], b"Subject: forward\r\n\r\nx\r\n")
        self.assertEqual(code, 250, text)
        message = queued_as(self.instance, text)
        self.assertEqual(message.addresses(), [f"friend@{REMOTE}"])
        self.assertEqual(message.recipients[0]["recipient.original"], f"rfc822;out@{self.domain}")
        rewritten = message.recipients[0]["recipient.sender"]
        self.assertRegex(rewritten, r"^SRS0=....=..=sender\.example=a@")
        code, text = smtp.transaction("", [rewritten], b"Subject: bounce\r\n\r\nx\r\n")
        self.assertEqual(code, 250, text)
        self.assertEqual(queued_as(self.instance, text).addresses(), ["a@sender.example"])
        # A letter of the hash is another one.
        forged = rewritten[:5] + ("b" if rewritten[5].lower() != "b" else "c") + rewritten[6:]
        code, text = smtp.transaction("", [forged], b"Subject: forged\r\n\r\nx\r\n")
        self.assertEqual((code, text[:5]), (550, "5.1.1"))


if __name__ == "__main__":
    main()
