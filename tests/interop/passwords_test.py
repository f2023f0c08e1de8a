"""Hashes that Dovecot makes let their users in, in every scheme that both know and with each suffix; and Dovecot verifies those
that Posthouse makes."""

import base64
import contextlib

from both_servers import Imap, SystemTest, User
from posthouse_test import main, run

PASSWORDS = ["secret", "pa ss\"w{o}rd$1$", "p\u00e4ssw\u00f6rt"]
SCHEMES = ["ARGON2ID", "ARGON2I", "BLF-CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "MD5-CRYPT", "CRYPT", "MD5", "SCRAM-SHA-1",
           "SCRAM-SHA-256", "PBKDF2", "SSHA", "SSHA256", "SSHA512", "SMD5", "SHA", "SHA1", "SHA256", "SHA512", "PLAIN-MD5",
           "LDAP-MD5", "PLAIN", "CLEAR", "CLEARTEXT"]
SUFFIXES = ["", ".b64", ".hex"]
MADE = ["ARGON2ID", "SCRAM-SHA-256", "SCRAM-SHA-1", "SHA512-CRYPT", "SHA256-CRYPT", "BLF-CRYPT"]


class Passwords(SystemTest):
    settings = {"tls.allow_plain_login": "true", "auth.failure_delay": "0", "auth.rehash": "false",
                "guard.free_failures": "1000"}

    def logs_in(self, user):
        with contextlib.closing(Imap(self.instance.address("imap"))) as session:
            response = base64.b64encode(f"\0{user.address}\0{user.password}".encode()).decode()
            return session.command("AUTHENTICATE PLAIN " + response)[0].startswith("OK")

    def stored(self, address):
        return self.instance.directory(f"SELECT password FROM virtual_users WHERE email = '{address}'")[0][0]

    def test_hashes_of_dovecot_let_their_users_in(self):
        rows = ["email,password_hash"]
        users = []
        for scheme in SCHEMES:
            for suffix in SUFFIXES:
                for password in PASSWORDS if not suffix else PASSWORDS[-1:]:
                    made = run("doveadm", "pw", "-s", scheme + suffix, "-p", password)
                    self.assertEqual(made.returncode, 0, made.stderr)
                    users.append((User(f"u{len(users)}@posthouse.example", password), made.stdout.strip()))
                    stored = made.stdout.strip().replace('"', '""')
                    rows.append(f'{users[-1][0].address},"{stored}"')
        added = self.instance.posthouse("user", "add", "--csv", "-", input="\n".join(rows) + "\n")
        self.assertEqual(added.returncode, 0, added.stderr)
        for user, stored in users:
            with self.subTest(stored):
                self.assertTrue(self.logs_in(user))
                self.assertFalse(self.logs_in(User(user.address, user.password + "x")))

    def test_dovecot_verifies_the_hashes_that_posthouse_makes(self):
        for scheme in MADE:
            self.instance.settings["auth.password_scheme"] = scheme
            for number, password in enumerate(PASSWORDS):
                with self.subTest(scheme, password=password):
                    address = f"made{number}.{scheme.lower()}@posthouse.example"
                    added = self.instance.posthouse("user", "add", address, "--password-stdin", input=password + "\n")
                    self.assertEqual(added.returncode, 0, added.stderr)
                    stored = self.stored(address)
                    self.assertTrue(stored.startswith("{" + scheme + "}"), stored)
                    self.assertEqual(run("doveadm", "pw", "-t", stored, "-p", password).returncode, 0, stored)
                    self.assertNotEqual(run("doveadm", "pw", "-t", stored, "-p", password + "x").returncode, 0, stored)

    def test_a_ready_hash_is_taken_for_one_user(self):
        made = run("doveadm", "pw", "-s", "SSHA512", "-p", "secret").stdout
        user = User("ready@posthouse.example", "secret")
        added = self.instance.posthouse("user", "add", user.address, "--hash-stdin", input=made)
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertTrue(self.logs_in(user))
        changed = self.instance.posthouse("user", "passwd", user.address, "--hash-stdin", input="{PLAIN}another\n")
        self.assertEqual(changed.returncode, 0, changed.stderr)
        self.assertTrue(self.logs_in(User(user.address, "another")))
        refused = self.instance.posthouse("user", "passwd", user.address, "--hash-stdin", input="{NTLM}abc\n")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("unknown scheme {NTLM}", refused.stderr)


if __name__ == "__main__":
    main()
