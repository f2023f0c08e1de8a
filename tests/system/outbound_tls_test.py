"""Mail to domains with DANE and MTA-STS, by the running daemons, in an internet of the test's own: right, wrong, expired and missing
records and policies decide whether it goes, and how."""

import unittest

import internet
from internet import Authority, Dns, MailHost, PolicyHost, tlsa
from posthouse_test import eventually, main
from queue_tests import QueueTest

POLICY = "version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: {max_age}\n"
TLS = "TLSv1.3"


@unittest.skipIf(internet.why_not_here(), internet.why_not_here())
class OutboundTls(QueueTest):
    @classmethod
    def setUpClass(cls):
        folder = internet.temporary_folder(cls.addClassCleanup)
        cls.authority = Authority(folder)
        cls.free = iter(internet.ADDRESSES)
        cls.hosts, cls.records = {}, []
        good = cls.authority.identity("mx.example", "mx.sts.example", "mx.testing.example", "*.wild.example")
        expired = cls.authority.identity("mx.old.example", "mx.aged.example", days=-1)
        other = cls.authority.identity("mx.other.example")
        # DANE: names and dates of the certificate count for nothing, its key does.
        cls.host("dane", good, f"_25._tcp.mx.dane.example {tlsa(good)}")
        cls.host("old", expired, f"_25._tcp.mx.old.example {tlsa(expired)}")
        cls.host("wrong", good, f"_25._tcp.mx.wrong.example {tlsa(other)}")
        cls.host("rollover", good, f"_25._tcp.mx.rollover.example {tlsa(other)}", f"_25._tcp.mx.rollover.example {tlsa(good)}")
        cls.host("naked", None, f"_25._tcp.mx.naked.example {tlsa(good)}")
        cls.host("stale", good, "_25._tcp.mx.stale.example CNAME tlsa.expired.example.")
        cls.host("missing", other)
        cls.host("plain", None)
        expired_address = cls.host("expired", good, mx=False)
        # MTA-STS
        for name, identity in (("sts", good), ("wild", good), ("testing", good), ("named", other), ("aged", expired), ("gone", good),
                               ("short", good)):
            cls.host(name, identity, f'_mta-sts.{name}.example TXT "v=STSv1; id=1;"', f"mta-sts.{name}.example A {internet.ADDRESSES[-1]}")
        cls.web = PolicyHost(internet.ADDRESSES[-1], cls.authority.identity(*(
            f"mta-sts.{name}.example" for name in ("sts", "wild", "testing", "named", "aged", "gone", "short"))))
        for name, mode, mx, max_age in (("sts", "enforce", "mx.sts.example", 86400), ("wild", "enforce", "*.wild.example", 86400),
                                        ("testing", "testing", "mx.elsewhere.example", 86400), ("named", "enforce", "mx.named.example", 86400),
                                        ("aged", "enforce", "mx.aged.example", 86400), ("short", "enforce", "mx.elsewhere.example", 2)):
            cls.web.policies[f"mta-sts.{name}.example"] = POLICY.format(mode=mode, mx=mx, max_age=max_age)
        zone = f"@ MX 10 mx\nmx A {expired_address}\ntlsa {tlsa(good)}\n"
        cls.dns = Dns(folder, "\n".join(cls.records) + "\n", zone)
        for one in (cls.dns, cls.web, *cls.hosts.values()):
            cls.addClassCleanup(one.close)
        cls.settings = {"dns.servers": f"127.0.0.1:{internet.DNS_PORT}", "dns.trust_anchor_file": cls.dns.trust_anchor, "outbound.ipv6": "false",
                        "outbound.tls_ca_file": cls.authority.certificate, "queued.minimal_backoff_time": "10m", "queued.queue_run_delay": "1s"}
        super().setUpClass()

    @classmethod
    def host(cls, name, identity, *records, mx=True):
        """A mail host for NAME.example, and its records. Gives its address."""
        address = next(cls.free)
        cls.hosts[name] = MailHost(address, identity)
        if mx:
            cls.records += [f"{name}.example MX 10 mx.{name}.example.", f"mx.{name}.example A {address}"]
        cls.records += records
        return address

    def check_taken(self, name, version):
        """Mail to NAME.example arrives, by this version of TLS."""
        recipient = f"joe@{name}.example"
        message = self.send(name, recipient)
        eventually(lambda: self.is_gone(message), f"mail to {recipient} is delivered")
        self.assertEqual(self.hosts[name].taken, [(recipient, version)])

    def check_kept(self, name, reason="."):
        """Mail to NAME.example waits, for this reason, and nobody has seen it."""
        recipient = self.waits(self.send(name, f"joe@{name}.example"))["recipients"][0]
        self.assertRegex(recipient["reply"], reason)
        self.assertTrue(recipient["status"].startswith("4."), recipient)
        self.assertEqual(self.hosts[name].taken, [])
        return recipient

    def test_dane_with_right_records(self):
        for name in ("dane", "old", "rollover"):
            self.check_taken(name, TLS)

    def test_dane_with_wrong_records(self):
        self.assertEqual(self.check_kept("wrong", "can't be verified")["status"], "4.7.5")
        self.assertEqual(self.check_kept("naked", "STARTTLS|TLS")["status"], "4.7.5")

    def test_dane_with_expired_records(self):
        self.assertEqual(self.check_kept("stale")["status"], "4.7.5")
        self.assertEqual(self.check_kept("expired")["status"], "4.4.3")

    def test_dane_with_missing_records(self):
        self.check_taken("missing", TLS)
        self.check_taken("plain", None)

    def test_mta_sts_with_a_right_policy(self):
        for name in ("sts", "wild"):
            self.check_taken(name, TLS)

    def test_mta_sts_with_a_wrong_host_or_certificate(self):
        self.check_kept("named", "hostname mismatch")
        self.check_kept("aged", "expired")
        self.check_taken("testing", TLS)  # which is only reported

    def test_mta_sts_with_a_missing_policy(self):
        self.check_taken("gone", TLS)

    def test_mta_sts_with_a_policy_that_expires(self):
        message = self.send("short", "joe@short.example")
        self.assertRegex(self.waits(message)["recipients"][0]["reply"], "not among the mail hosts")
        # What is gone from the web holds until it has expired.
        del self.web.policies["mta-sts.short.example"]

        def is_delivered():
            self.instance.posthouse("queue", "flush", message)
            return self.is_gone(message)
        eventually(is_delivered, "the policy expires")
        self.assertEqual(self.hosts["short"].taken, [("joe@short.example", TLS)])


if __name__ == "__main__":
    internet.enter()
    main()
