"""TLS reports (RFC 8460): sessions are counted, over a restart, and whoever asks by DNS is told; a report makes no further report."""

import email
import gzip
import json
import smtplib
import unittest

import queue_test
from dns_zone import Zone
from posthouse_test import PortBlock, SystemTest, eventually, main

RECORDS = {
    ("asked.example", "MX"): [(10, "mx.asked.example")],
    ("mx.asked.example", "A"): ["127.0.0.1"],
    ("_smtp._tls.asked.example", "TXT"): ["v=TLSRPTv1; rua=mailto:tls@reports.example"],
    ("reports.example", "MX"): [(10, "mx.asked.example")],
    ("_smtp._tls.reports.example", "TXT"): ["v=TLSRPTv1; rua=mailto:tls@reports.example"],
}


@unittest.skipUnless(queue_test.SINK.exists(), "needs Debian's postfix, unpacked by tests/run.sh")
class TlsReport(SystemTest):
    @classmethod
    def setUpClass(cls):
        zone = cls.enterClassContext(Zone(RECORDS))
        ports = PortBlock()
        cls.addClassCleanup(ports.close)
        cls.port = ports.base + 25
        cls.settings = {"dns.servers": zone.address, "dns.trust_anchor_file": "", "outbound.port": cls.port,
                        "outbound.tls_report_organization": "The Post Office"}
        super().setUpClass()

    def test_who_asks_is_told_how_sessions_went(self):
        server, alice = self.instance, self.instance.user("alice")
        with queue_test.Sink(self.port) as sink:
            self.send(server, alice, "x@asked.example")
            eventually(lambda: len(sink.messages()) == 1, "mail arrives")
            server.stop()
            server.start()
            counted = self.counted(server)
            self.assertEqual([(one["domain"], one["failures"], one["why"]) for one in counted],
                             [("asked.example", 1, "starttls-not-supported 1")])

            def report():
                for path in sink.folder.iterdir():
                    text = path.read_bytes().rstrip()
                    if b"application/tlsrpt+gzip" in text and text.endswith(b"--"):
                        message = email.message_from_bytes(text)
                        return message, json.loads(gzip.decompress(message.get_payload(1).get_payload(decode=True)))
                return None
            told = server.posthouse("tls-report", "send", "--today")
            self.assertEqual(told.returncode, 0, told.stderr)
            message, document = eventually(report, "a report arrives")
            self.assertEqual(message["TLS-Report-Domain"], "asked.example")
            self.assertEqual(message.get_param("report-type"), "tlsrpt")
            self.assertEqual(document["organization-name"], "The Post Office")
            (policy,) = document["policies"]
            self.assertEqual(policy["policy"]["policy-domain"], "asked.example")
            self.assertEqual(policy["summary"]["total-failure-session-count"], 1)
            self.assertEqual(policy["failure-details"][0]["receiving-mx-hostname"], "mx.asked.example")
            eventually(lambda: not json.loads(server.posthouse("--json", "queue", "list").stdout), "the queue is empty")
            server.stop()
            server.start()
            self.assertEqual(self.counted(server), [], "the session of the report isn't counted")

    def send(self, server, user, recipient):
        with smtplib.SMTP(*server.address("submission")) as smtp:
            smtp.starttls()
            smtp.login(user.address, user.password)
            smtp.sendmail(user.address, [recipient], f"To: {recipient}\nSubject: x\n\nend\n")

    def counted(self, server):
        shown = server.posthouse("--json", "tls-report", "show")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return json.loads(shown.stdout)


if __name__ == "__main__":
    main()
