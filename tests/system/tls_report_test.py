"""TLS reports (RFC 8460), in an internet of the test's own: sessions are counted, over a restart, and domains that ask for it are told,
by mail and by HTTPS; a report makes no further report."""

import email
import gzip
import json
import unittest

import internet
from internet import Authority, Dns, MailHost, PolicyHost
from posthouse_test import eventually, main
from queue_tests import QueueTest

RECORDS = """
mailed.example MX 10 mx.example.
posted.example MX 10 mx.example.
silent.example MX 10 mx.example.
reports.example MX 10 mx.example.
mx.example A {mail}
web.reports.example A {web}
_smtp._tls.mailed.example TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"
_smtp._tls.posted.example TXT "v=TLSRPTv1; rua=https://web.reports.example/v1/tlsrpt"
_smtp._tls.reports.example TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"
"""


@unittest.skipIf(internet.why_not_here(), internet.why_not_here())
class TlsReports(QueueTest):
    @classmethod
    def setUpClass(cls):
        folder = internet.temporary_folder(cls.addClassCleanup)
        authority = Authority(folder)
        mail, web = internet.ADDRESSES[:2]
        cls.host = MailHost(mail)
        cls.web = PolicyHost(web, authority.identity("web.reports.example"))
        dns = Dns(folder, RECORDS.format(mail=mail, web=web), "")
        for one in (dns, cls.host, cls.web):
            cls.addClassCleanup(one.close)
        cls.settings = {"dns.servers": f"127.0.0.1:{internet.DNS_PORT}", "dns.trust_anchor_file": dns.trust_anchor, "outbound.ipv6": "false",
                        "outbound.tls_ca_file": authority.certificate, "outbound.tls_report_organization": "The Post Office"}
        super().setUpClass()

    def test_who_asks_is_told_how_sessions_went(self):
        domains = ("mailed.example", "posted.example", "silent.example")
        for domain in domains:
            message = self.send(domain, f"joe@{domain}")
            eventually(lambda: self.is_gone(message), "it arrives")
        self.restart()
        self.assertEqual([(one["domain"], one["failures"], one["why"]) for one in self.counted()],
                         [(domain, 1, "starttls-not-supported 1") for domain in domains])

        told = self.instance.posthouse("tls-report", "send", "--today")
        self.assertEqual(told.returncode, 0, told.stderr)
        eventually(lambda: self.web.posted and self.host.taken[-1][0] == "tls@reports.example", "reports arrive")
        message = email.message_from_bytes(self.host.contents[-1])
        self.assertEqual(message["TLS-Report-Domain"], "mailed.example")
        self.assertEqual(message["TLS-Required"], "No")
        self.assertEqual(message.get_param("report-type"), "tlsrpt")
        self.check(message.get_payload(1).get_payload(decode=True), "mailed.example")
        ((host, content_type, content),) = self.web.posted
        self.assertEqual((host, content_type), ("web.reports.example", "application/tlsrpt+gzip"))
        self.check(content, "posted.example")

        eventually(lambda: not self.queue("list"), "the queue is empty")
        self.restart()
        self.assertEqual(self.counted(), [], "the session of the report isn't counted")

    def check(self, compressed, domain):
        report = json.loads(gzip.decompress(compressed))
        self.assertEqual(report["organization-name"], "The Post Office")
        (policy,) = report["policies"]
        self.assertEqual(policy["policy"], {"policy-type": "no-policy-found", "policy-domain": domain})
        self.assertEqual(policy["summary"], {"total-successful-session-count": 0, "total-failure-session-count": 1})
        (failure,) = policy["failure-details"]
        self.assertEqual((failure["result-type"], failure["receiving-mx-hostname"]), ("starttls-not-supported", "mx.example"))

    def restart(self):
        self.instance.stop()
        self.instance.start()

    def counted(self):
        shown = self.instance.posthouse("--json", "tls-report", "show")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return json.loads(shown.stdout)


if __name__ == "__main__":
    internet.enter()
    main()
