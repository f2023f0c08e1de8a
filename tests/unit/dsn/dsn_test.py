"""Delivery status notifications as another program reads them: Python's email package."""

import email
import email.policy
import os
import pathlib
import quopri
import subprocess
import tempfile
import unittest

EXAMPLES = pathlib.Path(os.environ["POSTHOUSE_BUILD"]) / "tests" / "dsn_examples"


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([EXAMPLES, cls.folder.name], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def read(self, name):
        raw = (pathlib.Path(self.folder.name) / f"{name}.eml").read_bytes()
        for line in raw.split(b"\r\n"):
            self.assertLessEqual(len(line), 998)
            self.assertNotIn(b"\n", line)
        message = email.message_from_bytes(raw, policy=email.policy.SMTPUTF8)
        for part in message.walk():
            self.assertEqual(part.defects, [], part.get_content_type())
        self.assertEqual(message.get_content_type(), "multipart/report")
        self.assertEqual(message.get_param("report-type"), "delivery-status")
        self.assertTrue(message["auto-submitted"].startswith("auto-"))
        return message, message.get_payload()

    def original(self, name):
        return (pathlib.Path(self.folder.name) / f"{name}.original").read_bytes()

    def status(self, part):
        """The blocks of fields: of the message, then of each recipient."""
        return part.get_payload() if part.is_multipart() else self.blocks(part.get_payload(decode=True))

    def blocks(self, text):
        return [email.message_from_bytes(block, policy=email.policy.SMTPUTF8) for block in text.split(b"\r\n\r\n")]

    def test_a_failure_is_read_with_all_its_fields(self):
        message, (text, status, original) = self.read("failed")
        self.assertEqual(message["to"], "alice@example.org")
        self.assertEqual(message["in-reply-to"], "<lunch@example.org>")
        self.assertIn("Subject: Grüße", text.get_content())
        self.assertEqual(status.get_content_type(), "message/delivery-status")
        envelope, recipient = self.status(status)
        self.assertEqual(envelope["original-envelope-id"], "QQ 314159")
        self.assertEqual(envelope["reporting-mta"], "dns; mail.example.org")
        self.assertEqual(envelope["received-from-mta"], "dns; client.example.org ([192.0.2.9])")
        self.assertEqual(recipient["original-recipient"], "rfc822; Bob@Example.Net")
        self.assertEqual(recipient["final-recipient"], "rfc822; bob@example.net")
        self.assertEqual(recipient["action"], "failed")
        self.assertEqual(recipient["status"], "5.1.1")
        self.assertEqual(recipient["remote-mta"], "dns; mx.example.net ([192.0.2.1])")
        self.assertEqual(recipient["diagnostic-code"],
                         "smtp; 550 5.1.1 <bob@example.net>: no such user, " + "x" * 200 + " " + "y" * 300 +
                         " see http://example.net/help")
        self.assertEqual(original.get_content_type(), "message/rfc822")
        self.assertEqual(original.get_payload()[0]["message-id"], "<lunch@example.org>")
        self.assertEqual(original.get_payload()[0].get_content(), "At noon?\r\n.\r\nFrom here\r\n")

    def test_headers_alone_are_returned_where_no_more_is_due(self):
        for name in ("failed_headers", "delayed"):
            _, (_, status, headers) = self.read(name)
            self.assertEqual(headers.get_content_type(), "text/rfc822-headers")
            self.assertEqual(headers.get_payload(decode=True),
                             self.original(name).partition(b"\r\n\r\n")[0] + b"\r\n")
            delayed = self.status(status)[-1]
            self.assertEqual(delayed["action"], "delayed")
            self.assertEqual(delayed["will-retry-until"], "Sat, 26 Sep 2026 14:13:20 +0000")

    def test_eight_bit_content_returns_byte_by_byte(self):
        raw = (pathlib.Path(self.folder.name) / "eight_bit.eml").read_bytes()
        self.assertIn(b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + self.original("eight_bit") + b"\r\n--", raw)
        _, (text, status, _) = self.read("eight_bit")
        self.assertIn("jörg@bücher.example", text.get_content())
        self.assertEqual(self.status(status)[2]["final-recipient"], "utf-8; j\\x{F6}rg@b\\x{FC}cher.example")

    def test_international_messages_have_the_global_types(self):
        message, (text, status, original) = self.read("international")
        self.assertEqual(message["to"], "älice@example.org")
        self.assertIn("Kein Platz für jörg", text.get_content())
        self.assertEqual(status.get_content_type(), "message/global-delivery-status")
        raw = (pathlib.Path(self.folder.name) / "international.eml").read_bytes()
        _, _, rest = raw.partition(b"message/global-delivery-status")
        decoded = quopri.decodestring(rest.partition(b"\r\n\r\n")[2].partition(b"\r\n--=_")[0])
        self.assertIn("Final-Recipient: utf-8; jörg@bücher.example\r\n".encode(), decoded)
        self.assertEqual(original.get_content_type(), "message/global")
        decoded = quopri.decodestring(raw.rpartition(b"quoted-printable\r\n\r\n")[2].rpartition(b"\r\n--=_")[0])
        self.assertEqual(decoded, self.original("international"))

    def test_international_headers_come_back_alone_too(self):
        _, (_, _, headers) = self.read("international_headers")
        self.assertEqual(headers.get_content_type(), "message/global-headers")


if __name__ == "__main__":
    unittest.main(verbosity=2)
