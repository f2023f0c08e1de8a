"""Log-ins by EXTERNAL: a client certificate names the user. Over IMAP, SMTP and POP3, with TLS from the first byte and after
STARTTLS, and with gsasl."""
# labels: clients

import base64
import pathlib
import shutil
import tempfile

from mail_wire import Imap, Pop3, Smtp
from posthouse_test import SystemTest, User, main, run


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        self.openssl("req", "-x509", *self.new_key(self.key), "-out", self.certificate, "-days", "2", "-subj", f"/CN={name}",
                     "-addext", "basicConstraints=critical,CA:TRUE")

    @staticmethod
    def openssl(*arguments):
        done = run("openssl", *arguments)
        assert done.returncode == 0, done.stderr

    @staticmethod
    def new_key(path):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path

    def issue(self, common_name):
        """(certificate, key) of somebody."""
        place = self.folder / f"{self.certificate.stem}-{common_name}"
        request, certificate, key = (place.with_name(place.name + ending) for ending in (".csr", ".pem", ".key"))
        self.openssl("req", "-new", *self.new_key(key), "-out", request, "-subj", f"/CN={common_name}")
        self.openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", "1",
                     "-out", certificate)
        return certificate, key


class CertificateClients(SystemTest):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-ca-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.authority, cls.stranger = Authority(folder, "ours"), Authority(folder, "theirs")
        cls.settings = {"auth.failure_delay": "0", "guard.failure_delay": "0", "auth.mechanisms": "EXTERNAL, PLAIN",
                        "tls.client_ca": cls.authority.certificate}
        super().setUpClass()
        cls.alice = cls.instance.user("alice")
        cls.shown = cls.authority.issue(cls.alice.address)

    def imap(self, shown):
        return Imap(self.instance.address("imaps"), tls=True, certificate=self.instance.certificate, shown=shown)

    def log_in(self, shown, act_as=""):
        with self.imap(shown) as imap:
            return imap.command("AUTHENTICATE EXTERNAL " + (base64.b64encode(act_as.encode()).decode() or "="))[0]

    def test_all_protocols(self):
        with self.imap(self.shown) as imap:
            self.assertIn("AUTH=EXTERNAL", imap.greeting.decode())
            self.assertTrue(imap.command("AUTHENTICATE EXTERNAL =")[0].startswith("OK"))
            self.assertTrue(imap.command("SELECT INBOX")[0].startswith("OK"))
        with Imap(self.instance.address("imap")) as imap:
            self.assertNotIn("AUTH=", imap.greeting.decode())
            imap.command("STARTTLS")
            imap.start_tls(self.instance.certificate, self.shown)
            self.assertIn(b"AUTH=EXTERNAL AUTH=PLAIN", imap.command("CAPABILITY")[1][0])
            imap.send("a AUTHENTICATE EXTERNAL\r\n")
            self.assertEqual(imap.line(), b"+ ")
            imap.send(base64.b64encode(self.alice.address.encode()) + b"\r\n")
            self.assertTrue(imap.line().startswith(b"a OK"))
        with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate, shown=self.shown) as smtp:
            self.assertIn("AUTH EXTERNAL PLAIN", smtp.command("EHLO client.example.org")[1])
            self.assertEqual(smtp.command("AUTH EXTERNAL =")[0], 235)
            self.assertEqual(smtp.transaction(self.alice.address, [self.alice.address], b"Subject: x\r\n\r\nx\r\n")[0], 250)
        with Pop3(self.instance.address("pop3s"), tls=True, certificate=self.instance.certificate, shown=self.shown) as pop3:
            self.assertIn(b"SASL EXTERNAL PLAIN", pop3.multi("CAPA")[1])
            self.assertTrue(pop3.command("AUTH EXTERNAL =").startswith("+OK"))

    def test_without_a_good_certificate_it_is_not_offered(self):
        for shown in (None, self.stranger.issue(self.alice.address)):
            with self.imap(shown) as imap:
                self.assertNotIn("EXTERNAL", imap.greeting.decode())
                self.assertTrue(imap.command("AUTHENTICATE EXTERNAL =")[0].startswith("NO [CANNOT]"))
                self.assertTrue(imap.login(self.alice).startswith("OK"))
            with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate, shown=shown) as smtp:
                self.assertNotIn("EXTERNAL", smtp.command("EHLO client.example.org")[1])
                self.assertEqual(smtp.command("AUTH EXTERNAL =")[0], 504)

    def test_whom_the_certificate_names_must_exist_and_may_act_as_nobody_else(self):
        self.assertTrue(self.log_in(self.shown, self.alice.address).startswith("OK"))
        self.assertTrue(self.log_in(self.shown, self.instance.user("bob").address).startswith("NO [AUTHORIZATIONFAILED]"))
        self.assertTrue(self.log_in(self.authority.issue("nobody@posthouse.example")).startswith("NO [AUTHENTICATIONFAILED]"))
        carol = User("carol@posthouse.example", "secret")
        self.instance.posthouse("user", "add", carol.address, "--password-stdin", input=carol.password + "\n")
        shown = self.authority.issue(carol.address)
        self.assertTrue(self.log_in(shown).startswith("OK"))
        self.instance.posthouse("user", "disable", carol.address)
        self.assertTrue(self.log_in(shown).startswith("NO [AUTHENTICATIONFAILED]"))

    def test_gsasl(self):
        if not shutil.which("gsasl"):
            self.skipTest("gsasl is not installed")
        for service, good in (("imap", "OK"), ("submission", "235")):
            host, port = self.instance.address(service)
            done = run("gsasl", "--imap" if service == "imap" else "--smtp", "--starttls", "--mechanism", "EXTERNAL", "--authorization-id",
                       self.alice.address, "--x509-ca-file", self.instance.certificate, "--x509-cert-file", self.shown[0],
                       "--x509-key-file", self.shown[1], "--hostname", "localhost", "--no-cb", host, str(port), input="")
            self.assertIn(good, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
