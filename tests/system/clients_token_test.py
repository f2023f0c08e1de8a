"""Log-ins by OAUTHBEARER and XOAUTH2: tokens that a server is asked about, and tokens that the openssl command has signed; over
IMAP, SMTP and POP3, and with curl."""
# labels: clients

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import pathlib
import secrets
import shutil
import tempfile
import threading
import time
import urllib.parse

from mail_wire import Imap, Pop3, Smtp
from posthouse_test import SystemTest, main, run


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Introspection(http.server.ThreadingHTTPServer):
    """An RFC 7662 endpoint. `answers` tells of each token (status, body); `asked` counts."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), IntrospectionRequest)
        self.answers = {}
        self.asked = []
        self.password = secrets.token_urlsafe(12)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/introspect"

    def issue(self, address=None, status=200, body=None, **members):
        """A token about which the server says that it is `address`'s."""
        token = secrets.token_urlsafe(24) + "+/=="
        answer = {"active": address is not None, **({"email": address} if address else {}), **members}
        self.answers[token] = (status, json.dumps(answer) if body is None else body)
        return token


class IntrospectionRequest(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = form["token"][0]
        self.server.asked.append(token)
        expected = "Basic " + base64.b64encode(f"posthouse:{self.server.password}".encode()).decode()
        status, body = self.server.answers.get(token, (200, '{"active": false}'))
        if self.headers["Authorization"] != expected or self.path != "/introspect":
            status, body = 401, ""
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Signer:
    """Keys of every algorithm, made and used by the openssl command; HS256 by Python's hmac."""

    def __init__(self, folder, public):
        self.folder, self.secret = folder, secrets.token_bytes(32)
        for name, how in {"RS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                          "EdDSA": ["ED25519"]}.items():
            self.openssl("genpkey", "-algorithm", *how, "-out", folder / f"{name}.key")
            self.openssl("pkey", "-in", folder / f"{name}.key", "-pubout", "-out", public / f"{name}.pem")
        (public / "keys.jwks").write_text(json.dumps({"keys": [{"kty": "oct", "kid": "shared", "k": base64url(self.secret)}]}))

    @staticmethod
    def openssl(*arguments):
        done = run("openssl", *arguments)
        assert done.returncode == 0, done.stderr

    def signature(self, algorithm, data):
        if algorithm == "HS256":
            return hmac.digest(self.secret, data, "sha256")
        key, source, out = self.folder / f"{algorithm}.key", self.folder / "data", self.folder / "signature"
        source.write_bytes(data)
        if algorithm == "EdDSA":
            self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", source, "-out", out)
        else:
            self.openssl("dgst", "-sha256", "-sign", key, "-out", out, source)
        signature = out.read_bytes()
        return raw_ecdsa(signature) if algorithm == "ES256" else signature

    def sign(self, algorithm, address, header=None, **claims):
        claims = {"iss": "https://id.example", "aud": ["mail"], "exp": int(time.time()) + 300, "email": address, **claims}
        data = base64url(json.dumps({"alg": algorithm, **(header or {})}).encode()) + "." + base64url(json.dumps(claims).encode())
        return data + "." + base64url(self.signature(algorithm, data.encode()))


def raw_ecdsa(der):
    """R and S of an ECDSA signature (RFC 7518 §3.4)."""
    numbers, at = [], 2
    for _ in range(2):
        size = der[at + 1]
        numbers.append(der[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0"))
        at += 2 + size
    return b"".join(numbers)


def oauthbearer(token, act_as=""):
    return f"n,{'a=' + act_as if act_as else ''},\1host=localhost\1port=143\1auth=Bearer {token}\1\1".encode()


def xoauth2(token, user):
    return f"user={user}\1auth=Bearer {token}\1\1".encode()


class TokenClients(SystemTest):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-tokens-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        folder.chmod(0o755)
        public = folder / "keys"
        public.mkdir()
        cls.signer, cls.server = Signer(folder, public), Introspection()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        (folder / "secret").write_text(cls.server.password + "\n")
        cls.settings = {"auth.failure_delay": "0", "guard.failure_delay": "0", "guard.network_ban_failures": "0", "guard.account_ban_failures": "0",
                        "auth.mechanisms": "OAUTHBEARER, XOAUTH2, PLAIN", "auth.master_users": "bob@posthouse.example",
                        "oauth2.introspection_url": cls.server.url, "oauth2.client_id": "posthouse",
                        "oauth2.client_secret_file": folder / "secret", "oauth2.timeout": "2s",
                        "oauth2.local_validation_keys": public, "oauth2.issuers": "https://id.example", "oauth2.audiences": "mail",
                        "oauth2.scope": ""}
        super().setUpClass()
        cls.alice, cls.bob = cls.instance.user("alice").address, cls.instance.user("bob").address
        cls.claims = {"iss": "https://id.example", "aud": "mail"}

    def imap(self, message, mechanism="OAUTHBEARER"):
        """(final response, the error challenge)."""
        with Imap(self.instance.address("imaps"), tls=True, certificate=self.instance.certificate) as imap:
            imap.send(f"a AUTHENTICATE {mechanism} {base64.b64encode(message).decode()}\r\n")
            line = imap.line()
            if not line.startswith(b"+ "):
                return line.decode(), None
            imap.send(base64.b64encode(b"\1" if mechanism == "OAUTHBEARER" else b"") + b"\r\n")
            return imap.line().decode(), json.loads(base64.b64decode(line[2:]))

    def assert_refused(self, token):
        """One that is good but names nobody here is told apart."""
        said, reason = self.imap(oauthbearer(token))
        self.assertRegex(said, r"^a NO \[(AUTHENTICATION|AUTHORIZATION)FAILED\]")
        self.assertEqual(reason, {"status": "invalid_token"})

    def test_a_token_that_the_server_vouches_for(self):
        token = self.server.issue(self.alice, exp=int(time.time()) + 300, **self.claims)
        self.assertEqual(self.imap(oauthbearer(token))[0][:4], "a OK")
        self.assertEqual(self.imap(oauthbearer(token, self.alice))[0][:4], "a OK")
        self.assertEqual(self.imap(xoauth2(token, self.alice), "XOAUTH2")[0][:4], "a OK")
        with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate) as smtp:
            self.assertIn("AUTH OAUTHBEARER XOAUTH2 PLAIN", smtp.command("EHLO client.example.org")[1])
            self.assertEqual(smtp.command("AUTH XOAUTH2")[0], 334)
            self.assertEqual(smtp.command(base64.b64encode(xoauth2(token, self.alice)))[0], 235)
        with Pop3(self.instance.address("pop3s"), tls=True, certificate=self.instance.certificate) as pop3:
            self.assertTrue(pop3.command("AUTH OAUTHBEARER " + base64.b64encode(oauthbearer(token)).decode()).startswith("+OK"))
        self.assertEqual(self.server.asked.count(token), 1)

    def test_a_token_that_is_not_good(self):
        for token in ("unknown", self.server.issue(), self.server.issue(self.alice, iss="https://other.example", aud="mail"),
                      self.server.issue(self.alice, iss="https://id.example"),
                      self.server.issue(self.alice, exp=int(time.time()) - 60, **self.claims),
                      self.server.issue("nobody@posthouse.example", **self.claims),
                      self.server.issue(self.alice, email_verified=False, **self.claims)):
            with self.subTest(token):
                self.assert_refused(token)
        self.assertEqual(self.imap(b"n,,\1auth=Bearer \1\1")[0][:5], "a NO ")
        with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate) as smtp:
            smtp.command("EHLO client.example.org")
            code, reason = smtp.command(b"AUTH XOAUTH2 " + base64.b64encode(xoauth2("unknown", self.alice)))
            self.assertEqual((code, json.loads(base64.b64decode(reason))), (334, {"status": "401", "schemes": "bearer"}))
            self.assertEqual(smtp.command("")[0], 535)

    def test_whom_the_token_does_not_name(self):
        token = self.server.issue(self.alice, **self.claims)
        self.assertEqual(self.imap(xoauth2(token, self.bob), "XOAUTH2")[0][:5], "a NO ")
        master = self.server.issue(self.bob, **self.claims)
        self.assertEqual(self.imap(xoauth2(master, self.alice), "XOAUTH2")[0][:4], "a OK")
        self.assertIn(f"logged in user={self.alice} master={self.bob}", self.instance.log())

    def test_a_server_that_cannot_tell_is_no_refusal(self):
        for token in (self.server.issue(status=500), self.server.issue(status=302), self.server.issue(status=401),
                      self.server.issue(body="<html>"), self.server.issue(body='{"email": "x"}'),
                      self.server.issue(body='{"active": true, "x": "' + "x" * 100_000 + '"}')):
            with self.subTest(token):
                said, reason = self.imap(oauthbearer(token))
                self.assertRegex(said, r"^a NO \[UNAVAILABLE\]")
                self.assertIsNone(reason)
        with Pop3(self.instance.address("pop3s"), tls=True, certificate=self.instance.certificate) as pop3:
            self.assertIn("[SYS/TEMP]", pop3.command("AUTH OAUTHBEARER " + base64.b64encode(oauthbearer(token)).decode()))
        with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate) as smtp:
            smtp.command("EHLO client.example.org")
            self.assertEqual(smtp.command(b"AUTH OAUTHBEARER " + base64.b64encode(oauthbearer(token)))[0], 454)

    def test_signed_tokens(self):
        asked = len(self.server.asked)
        for algorithm in ("RS256", "ES256", "EdDSA", "HS256"):
            with self.subTest(algorithm):
                self.assertEqual(self.imap(oauthbearer(self.signer.sign(algorithm, self.alice)))[0][:4], "a OK")
                for claims in ({"exp": int(time.time()) - 60}, {"nbf": int(time.time()) + 60}, {"iss": "https://other.example"},
                               {"aud": "web"}, {"email": None}):
                    self.assert_refused(self.signer.sign(algorithm, self.alice, **claims))
                head, claims, signature = self.signer.sign(algorithm, self.alice).split(".")
                forged = base64url(json.dumps({**json.loads(base64.urlsafe_b64decode(claims + "==")), "email": self.bob}).encode())
                self.assert_refused(f"{head}.{forged}.{signature}")
        self.assert_refused(self.signer.sign("HS256", self.alice, header={"kid": "other"}))
        self.assertEqual(len(self.server.asked), asked)

    def test_tricks_with_the_algorithm(self):
        claims = self.signer.sign("HS256", self.alice).split(".")[1]
        none = base64url(b'{"alg":"none"}') + "." + claims + "."
        self.assert_refused(none)
        # The public key as the secret of HS256.
        head = base64url(b'{"alg":"HS256"}') + "." + claims
        for key in ("RS256", "ES256", "EdDSA"):
            secret = (self.signer.folder / "keys" / f"{key}.pem").read_bytes()
            self.assert_refused(head + "." + base64url(hmac.digest(secret, head.encode(), hashlib.sha256)))

    def test_keys_are_read_again_at_reload(self):
        extra = self.signer.folder / "keys" / "later.jwks"
        secret = secrets.token_bytes(32)
        other = Signer.__new__(Signer)
        other.folder, other.secret = self.signer.folder, secret
        self.assert_refused(other.sign("HS256", self.alice, header={"kid": "later"}))
        extra.write_text(json.dumps({"keys": [{"kty": "oct", "kid": "later", "k": base64url(secret)}]}))
        self.instance.reload()
        deadline = time.monotonic() + 60
        while self.imap(oauthbearer(other.sign("HS256", self.alice, header={"kid": "later"})))[0][:4] != "a OK":
            self.assertLess(time.monotonic(), deadline)

    def test_curl(self):
        token = self.server.issue(self.alice, **self.claims)
        for mechanism in ("OAUTHBEARER", "XOAUTH2"):
            for given, status in ((token, 0), ("unknown", 67)):
                with self.subTest(mechanism, token=given):
                    done = run("curl", "--silent", "--show-error", "--cacert", self.instance.certificate, "--login-options",
                               f"AUTH={mechanism}", "--oauth2-bearer", given, "--user", self.alice,
                               f"imaps://localhost:{self.instance.port('imaps')}/INBOX")
                    self.assertEqual(done.returncode, status, done.stderr)


if __name__ == "__main__":
    main()
