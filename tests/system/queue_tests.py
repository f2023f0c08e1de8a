"""What tests of the queue share: alice sends, and the command line tells what lies in the queue."""

import json
import re
import smtplib

from posthouse_test import SystemTest, eventually


def letter(subject, to, body="Hello.\n"):
    return f"From: alice\nTo: {to}\nSubject: {subject}\n\n{body}end\n"


class QueueTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.instance.user("alice")

    def tearDown(self):
        self.instance.posthouse("--yes", "queue", "delete", "--all")

    def send(self, subject, *recipients, body="Hello.\n"):
        """As alice; returns the id under which it is queued, or delivered."""
        host, port = self.instance.address("submission")
        with smtplib.SMTP(host, port) as smtp:
            smtp.starttls()
            smtp.login(self.alice.address, self.alice.password)
            smtp.mail(self.alice.address)
            for recipient in recipients:
                code, reply = smtp.rcpt(recipient)
                self.assertEqual(code, 250, reply)
            code, reply = smtp.data(letter(subject, recipients[0], body))
        self.assertEqual(code, 250, reply)
        return re.search(rb"([0-9A-Z]{16})", reply)[1].decode()

    def queue(self, *arguments):
        """The document that a command of `posthouse queue` prints."""
        result = self.instance.posthouse("--yes", "--json", "queue", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        return json.loads(result.stdout)

    def waits(self, message, attempts=1):
        """The message once it was tried so often, and rests."""
        def found():
            listed = [one for one in self.queue("list", message) if one["state"] == "deferred"]
            return listed[0] if listed and listed[0]["recipients"][0]["attempts"] >= attempts else None
        return eventually(found, f"{message} was tried {attempts} times")

    def is_gone(self, message):
        return self.instance.posthouse("queue", "show", message).returncode == 3
