"""Log-ins by SCRAM with gsasl, with and without channel binding in TLS 1.2 and 1.3, with msmtp, and with a client of
our own that tampers with every message; over IMAP, SMTP and POP3."""
# labels: clients

import base64
import contextlib
import hashlib
import hmac
import os
import re
import shutil

from mail_programs import Programs
from mail_wire import Imap, Pop3, Smtp
from posthouse_test import SystemTest, User, eventually, main, run

MECHANISMS = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1"]


class ScramClient:
    """RFC 5802 by Python's own hmac."""

    def __init__(self, user, digest="sha256", header="n,,", bound=b""):
        self.user, self.digest, self.header, self.bound = user, digest, header, bound
        self.bare = f"n={user.address},r=" + base64.b64encode(os.urandom(18)).decode()

    def first(self):
        return (self.header + self.bare).encode()

    def final(self, challenge):
        fields = dict(field.split("=", 1) for field in challenge.decode().split(","))
        salted = hashlib.pbkdf2_hmac(self.digest, self.user.password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", self.digest)
        without_proof = "c=" + base64.b64encode(self.header.encode() + self.bound).decode() + ",r=" + fields["r"]
        message = f"{self.bare},{challenge.decode()},{without_proof}".encode()
        signature = hmac.digest(hashlib.new(self.digest, key).digest(), message, self.digest)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        self.server_final = b"v=" + base64.b64encode(hmac.digest(hmac.digest(salted, b"Server Key", self.digest), message, self.digest))
        return f"{without_proof},p={proof}".encode()


class SaslClients(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0", "tls.allow_plain_login": "true",
                "auth.mechanisms": "SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN"}
    users = 0

    def new_user(self, scheme="SCRAM-SHA-256", password="pencil"):
        SaslClients.users += 1
        user = User(f"scram{self.users}@posthouse.example", password)
        self.instance.settings["auth.password_scheme"] = scheme
        added = self.instance.posthouse("user", "add", user.address, "--password-stdin", input=user.password + "\n")
        self.assertEqual(added.returncode, 0, added.stderr)
        return user

    def gsasl(self, service, user, mechanism, version="1.3"):
        """What it says; the server proves itself only with SCRAM's last message."""
        host, port = self.instance.address(service)
        done = run("gsasl", "--imap" if service == "imap" else "--smtp", "--starttls", "--mechanism", mechanism,
                   "--authentication-id", user.address, "--authorization-id", user.address, "--password", user.password, "--x509-ca-file",
                   self.instance.certificate, "--hostname", "localhost", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS" + version,
                   *([] if mechanism.endswith("-PLUS") else ["--no-cb"]), host, str(port), input="")
        return done.stdout + done.stderr

    def test_gsasl_with_and_without_channel_binding(self):
        if not shutil.which("gsasl"):
            self.skipTest("gsasl is not installed")
        users = {scheme: self.new_user(scheme) for scheme in ("SCRAM-SHA-256", "SCRAM-SHA-1")}
        for mechanism in MECHANISMS:
            user = users[mechanism.removesuffix("-PLUS")]
            for service in ("imap", "submission"):
                for version in ("1.3", "1.2"):
                    with self.subTest(mechanism, service=service, version=version):
                        said = self.gsasl(service, user, mechanism, version)
                        self.assertIn("OK" if service == "imap" else "235", said)
                        before = self.instance.log().count("log-in failed remote")
                        self.gsasl(service, User(user.address, "pen"), mechanism, version)
                        eventually(lambda: self.instance.log().count("log-in failed remote") > before)

    def test_each_mechanism_that_submission_offers_logs_in(self):
        """With gsasl, on 587; the test of certificates has EXTERNAL, that of tokens OAUTHBEARER and XOAUTH2."""
        if not shutil.which("gsasl"):
            self.skipTest("gsasl is not installed")
        users = {scheme: self.new_user(scheme) for scheme in ("SCRAM-SHA-256", "SCRAM-SHA-1")}
        with Smtp(self.instance.address("submission")) as session:
            session.command("EHLO client.example.org")
            session.command("STARTTLS")
            session.start_tls(self.instance.certificate)
            offered = re.search(r"^AUTH (.*)$", session.command("EHLO client.example.org")[1], re.M)[1].split()
        self.assertEqual(set(offered), {*MECHANISMS, "PLAIN", "LOGIN"})
        for mechanism in offered:
            user = users["SCRAM-SHA-1" if "SHA-1" in mechanism else "SCRAM-SHA-256"]
            self.assertIn("235", self.gsasl("submission", user, mechanism), mechanism)
            self.assertIn("535", self.gsasl("submission", User(user.address, "pen"), mechanism), mechanism)

    def imap(self, client, mechanism, change=lambda step, message: message):
        """An exchange with IMAP; `change` may tamper with what the client sends. The final response."""
        with contextlib.closing(Imap(self.instance.address("imap"))) as session:
            first = change(0, client.first())
            session.send(f"a AUTHENTICATE {mechanism} " + base64.b64encode(first).decode() + "\r\n")
            line = session.line()
            if not line.startswith(b"+ "):
                return line
            final = change(1, client.final(base64.b64decode(line[2:])))
            session.send(base64.b64encode(final) + b"\r\n")
            line = session.line()
            if not line.startswith(b"+ "):
                return line
            self.assertEqual(base64.b64decode(line[2:]), client.server_final)
            session.send("\r\n")
            return session.line()

    def test_keys_beside_another_hash(self):
        self.instance.settings["auth.scram_keys"] = "SCRAM-SHA-256, SCRAM-SHA-1"
        self.addCleanup(self.instance.settings.pop, "auth.scram_keys")
        user = self.new_user("ARGON2ID")
        changed = User(user.address, "fresh")
        for right, wrong in ((user, changed), (changed, user)):
            for mechanism, digest in (("SCRAM-SHA-256", "sha256"), ("SCRAM-SHA-1", "sha1")):
                self.assertTrue(self.imap(ScramClient(right, digest), mechanism).startswith(b"a OK"))
                self.assertTrue(self.imap(ScramClient(wrong, digest), mechanism).startswith(b"a NO"))
            with contextlib.closing(Imap(self.instance.address("imap"))) as session:
                self.assertTrue(session.login(right).startswith("OK"))
            self.instance.posthouse("user", "passwd", user.address, "--password-stdin", input=changed.password + "\n")

    def test_every_message_that_is_changed_fails(self):
        user = self.new_user()
        self.assertTrue(self.imap(ScramClient(user), "SCRAM-SHA-256").startswith(b"a OK"))
        for step in (0, 1):
            for at in range(0, 120, 7):
                def change(number, message):
                    if number != step:
                        return message
                    # Not the end: bits of a proof's last digit may mean nothing in base64.
                    place = at % (len(message) - 2)
                    return message[:place] + bytes([message[place] ^ 1]) + message[place + 1:]
                with self.subTest(step=step, at=at):
                    self.assertRegex(self.imap(ScramClient(user), "SCRAM-SHA-256", change), rb"^a (NO|BAD)")
        self.assertRegex(self.imap(ScramClient(User(user.address, "pen")), "SCRAM-SHA-256"), rb"^a NO \[AUTHENTICATIONFAILED\]")
        self.assertRegex(self.imap(ScramClient(user, header="n,a=alice@posthouse.example,"), "SCRAM-SHA-256"), rb"^a NO")
        self.assertRegex(self.imap(ScramClient(user, "sha1"), "SCRAM-SHA-1"), rb"^a NO")

    def test_pop3_and_smtp_carry_the_exchange(self):
        user = self.new_user()
        with contextlib.closing(Pop3(self.instance.address("pop3"))) as session:
            client = ScramClient(user)
            self.assertEqual(session.command("AUTH SCRAM-SHA-256"), "+ ")
            challenge = session.command(base64.b64encode(client.first()).decode())
            server_final = session.command(base64.b64encode(client.final(base64.b64decode(challenge[2:]))).decode())
            self.assertEqual(base64.b64decode(server_final[2:]), client.server_final)
            self.assertTrue(session.command("").startswith("+OK"))
        with contextlib.closing(Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate)) as session:
            # Python has tls-unique only, which TLS 1.3 has not: a client that can't bind says so.
            client = ScramClient(user)
            self.assertIn("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 ", session.command("EHLO client.example.org")[1])
            code, challenge = session.command("AUTH SCRAM-SHA-256 " + base64.b64encode(client.first()).decode())
            code, server_final = session.command(base64.b64encode(client.final(base64.b64decode(challenge))))
            self.assertEqual((code, base64.b64decode(server_final)), (334, client.server_final))
            self.assertEqual(session.command("")[0], 235)

    def test_msmtp_logs_in_by_scram(self):
        user = self.new_user()
        programs = Programs(self.instance)
        sent = programs.msmtp("submission", user, user.address, mechanism="scram-sha-256", content="Subject: x\r\n\r\nx\r\n")
        self.assertEqual(sent.returncode, 0, sent.stderr)


if __name__ == "__main__":
    main()
