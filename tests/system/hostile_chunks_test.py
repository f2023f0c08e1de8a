"""A hostile client with BDAT and a way to other servers: wrong sizes, octets that look like commands or like the end of data.
None of it is taken for a command, and nothing that could be is passed on by the queue."""

import base64
import random

from hostile import HostileTest
from hostile_smtp_test import NOT_THE_END
from mail_wire import Smtp
from posthouse_test import main, setting
from spool_files import queued_messages

REMOTE = "remote.example"
SEED = setting("SEED", 0) or random.randrange(1, 1 << 32)
SECOND = b"MAIL FROM:<evil@example.org>\r\nRCPT TO:<evil@remote.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"


class HostileChunks(HostileTest):
    settings = {"smtpd.error_limit": "10000"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.instance.user("alice")
        assert cls.instance.posthouse("transport", "add", REMOTE, "retry:not in this test").returncode == 0

    def session(self):
        smtp = Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate)
        self.addCleanup(smtp.close)
        self.assertEqual(smtp.command("EHLO client.example.org")[0], 250)
        plain = base64.b64encode(f"\0{self.alice.address}\0{self.alice.password}".encode()).decode()
        self.assertEqual(smtp.command("AUTH PLAIN " + plain)[0], 235)
        return smtp

    def begin(self, smtp, parameters=""):
        self.assertEqual(smtp.command(f"MAIL FROM:<{self.alice.address}>{parameters}")[0], 250)
        self.assertEqual(smtp.command(f"RCPT TO:<user@{REMOTE}>")[0], 250)

    def check_line_ends(self, messages):
        """What is in the queue can be sent by DATA to the most careless server: every line ends in CRLF, and no CR or LF or NUL
        stands elsewhere."""
        for message in messages:
            rest = message.content.replace(b"\r\n", b"")
            self.assertFalse(any(byte in rest for byte in b"\r\n\0"), message.content)
            self.assertTrue(message.content.endswith(b"\r\n"))

    def test_nothing_that_looks_like_the_end_of_data_reaches_the_queue(self):
        smtp = self.session()
        for way in ("DATA", "BDAT", "BINARYMIME"):
            for end in NOT_THE_END:
                before = len(queued_messages(self.instance))
                self.begin(smtp, " BODY=BINARYMIME" if way == "BINARYMIME" else "")
                content = b"Subject: one\r\n\r\nbody" + end + SECOND
                if way == "DATA":
                    self.assertEqual(smtp.command("DATA")[0], 354)
                    smtp.send(content)
                else:
                    smtp.send(b"BDAT %d LAST\r\n" % len(content) + content)
                code, text = smtp.reply()
                self.assertIn(code, (250, 550, 554), f"{way} {end!r}: {text}")
                self.assertEqual(smtp.command("NOOP"), (250, "2.0.0 Ok"), end)
                after = queued_messages(self.instance)
                self.assertEqual(len(after), before + (code == 250), end)
                for message in after:
                    self.assertEqual(message.envelope["sender"], self.alice.address)
        self.check_line_ends(queued_messages(self.instance))

    def test_random_chunks_keep_commands_and_octets_apart(self):
        print(f"\nseed: POSTHOUSE_SEED={SEED}")
        chance = random.Random(SEED)
        smtp = self.session()
        pieces = [b"QUIT\r\n", b"RSET\r\n", b".\r\n", b"\r\n", b"\n", b"\r", b"\0", b"BDAT 5 LAST\r\n", SECOND, b"x" * 70_000, b"", b"a: b\r\n"]
        for _ in range(200):
            if chance.random() < 0.8:
                self.begin(smtp, chance.choice(("", " BODY=BINARYMIME", " BODY=8BITMIME")))
            for _ in range(chance.randrange(1, 6)):
                octets = b"".join(chance.choice(pieces) for _ in range(chance.randrange(4)))
                last = chance.random() < 0.3
                smtp.send(b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets)
                code, text = smtp.reply()
                self.assertIn(code, (250, 503, 550, 554), text)
            self.assertEqual(smtp.command("RSET"), (250, "2.0.0 Ok"))
        self.check_line_ends(queued_messages(self.instance))

    def test_a_size_that_cannot_be_read_ends_the_session(self):
        for line in ("BDAT", "BDAT x LAST", "BDAT -1", "BDAT 18446744073709551616", "BDAT 5 5", "BDAT 1e3", "BDAT 5\tLAST"):
            smtp = self.session()
            self.begin(smtp)
            smtp.send(line.encode() + b"\r\nNOOP\r\n")
            self.assertEqual(smtp.reply()[0], 501, line)
            self.assertTrue(smtp.at_end(), line)

    def test_a_chunk_larger_than_any_message_is_refused_and_what_comes_of_it_is_dropped(self):
        before = len(queued_messages(self.instance))
        size = self.resident("smtpd")
        smtp = self.session()
        self.begin(smtp)
        smtp.send(b"BDAT 18446744073709551615 LAST\r\n")
        for _ in range(200):
            smtp.send(b"MAIL FROM:<evil@example.org>\r\n" * 3000)
        smtp.close()
        self.check_growth("smtpd", size, 8192, "a chunk without end")
        self.assertEqual(len(queued_messages(self.instance)), before)


if __name__ == "__main__":
    main()
