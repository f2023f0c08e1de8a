"""What administrators set up counts at once with the daemons, and what the command line says of log-ins and addresses is what
the daemons do."""
# labels: clients

import json

from mail_wire import Imap, Smtp
from posthouse_test import SystemTest, User, main


class Provisioning(SystemTest):
    settings = {"tls.allow_plain_login": "true", "auth.failure_delay": "0", "guard.failure_delay": "0ms",
                "guard.network_ban_failures": "5", "guard.account_ban_failures": "3", "auth.master_users": "bob@posthouse.example"}

    def setUp(self):
        self.alice, self.bob = self.instance.user("alice"), self.instance.user("bob")

    def json(self, *arguments, input=None, code=0):
        done = self.instance.posthouse("--json", "--yes", *arguments, input=input)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def auth_test(self, user, *arguments, code=0):
        return self.json("auth", "test", user.address, "--password-stdin", *arguments, input=user.password + "\n", code=code)

    def log_in(self, user):
        with Imap(self.instance.address("imap")) as session:
            return session.login(user).split()[0]

    def rcpt(self, address):
        with Smtp(self.instance.address("smtp")) as session:
            session.command("EHLO client.example.org")
            session.command("MAIL FROM:<sender@example.org>")
            return session.command(f"RCPT TO:<{address}>")[0]


class AuthTest(Provisioning):
    def test_it_says_what_authd_says(self):
        report = self.auth_test(self.alice)
        self.assertTrue(report["may_log_in"])
        self.assertEqual(report["verdict"], {"accepted": True, "text": ""})
        self.assertEqual(report["password"]["scheme"], "ARGON2ID")
        report = self.auth_test(User(self.alice.address, "wrong"), code=1)
        self.assertFalse(report["verdict"]["accepted"])
        self.assertEqual(report["objections"][0], "the password is wrong")
        report = self.auth_test(User("nobody@posthouse.example", "x"), code=3)
        self.assertFalse(report["found"])

    def test_what_it_tries_counts_for_nobody(self):
        for number in range(7):
            self.auth_test(User(self.alice.address, f"wrong{number}"), "--from", "127.0.0.1", code=1)
        self.assertEqual(self.json("auth", "bans", "list"), [])
        self.assertEqual(self.log_in(self.alice), "OK")

    def test_bans_and_disabled_users_are_told(self):
        self.json("auth", "bans", "add", "192.0.2.0/24", "--reason", "guessing")
        report = self.auth_test(self.alice, "--from", "192.0.2.7", code=1)
        self.assertTrue(report["penalty"]["refused"])
        self.assertEqual([ban["network"] for ban in report["bans"]], ["192.0.2.0/24"])
        self.assertFalse(self.auth_test(self.alice, "--from", "198.51.100.1")["penalty"]["refused"])
        self.json("auth", "bans", "lift", "192.0.2.0/24")
        self.json("user", "disable", self.alice.address)
        try:
            report = self.auth_test(self.alice, code=1)
            self.assertFalse(report["enabled"])
            self.assertTrue(report["password_right"])
            self.assertFalse(report["verdict"]["accepted"])
        finally:
            self.json("user", "enable", self.alice.address)

    def test_a_master_users_password_counts(self):
        name = f"{self.alice.address}*{self.bob.address}"
        report = self.auth_test(User(name, self.bob.password))
        self.assertEqual(report["master"], self.bob.address)
        self.assertTrue(report["verdict"]["accepted"])
        self.auth_test(User(name, self.alice.password), code=1)
        report = self.auth_test(User(f"{self.bob.address}*{self.alice.address}", self.alice.password), code=1)
        self.assertIn("is not in auth.master_users", report["objections"][0])


class Addresses(Provisioning):
    def explained(self, address, code=0):
        return [recipient["address"] for recipient in self.json("address", "explain", address, code=code)["recipients"]]

    def test_what_is_explained_is_what_smtpd_does(self):
        self.json("domain", "add", "lists.example")
        self.json("domain", "alias", "add", "lists.test", "lists.example")
        self.json("alias", "add", "@lists.example", self.bob.address)
        self.assertEqual(self.explained("anything@lists.test"), [self.bob.address])
        self.assertEqual(self.rcpt("anything@lists.test"), 250)
        self.json("list", "add", "team@lists.example")
        self.assertEqual(self.explained("team@lists.test", code=3), [])
        self.assertEqual(self.rcpt("team@lists.test"), 550, "the catch-all doesn't take it")
        self.json("list", "member", "add", "team@lists.example", self.alice.address, self.bob.address)
        self.assertEqual(self.explained("team+x@lists.test"), [self.alice.address, self.bob.address])
        self.assertEqual(self.rcpt("team+x@lists.test"), 250)
        self.json("list", "member", "remove", "team@lists.example", self.alice.address, self.bob.address)
        self.assertEqual(self.rcpt("team@lists.example"), 550)
        self.json("alias", "add", "loop@lists.example", "pool@lists.example")
        self.json("alias", "add", "pool@lists.example", "loop@lists.example")
        self.assertEqual(self.explained("loop@lists.example", code=1), [])
        self.assertEqual(self.rcpt("loop@lists.example"), 550)

    def test_postmaster_and_abuse_are_answered_from_the_start(self):
        self.json("domain", "add", "new.example")
        self.json("user", "add", "first@new.example", "--password-stdin", input="secret\n")
        for role in ("postmaster", "abuse"):
            reached = self.json("domain", "show", "new.example")[role]
            self.assertEqual(self.explained(f"{role}@new.example"), [reached])
            self.assertEqual(self.rcpt(f"{role}@new.example"), 250)

    def test_users_who_are_imported_log_in(self):
        document = self.instance.posthouse("export", "--with-hashes").stdout
        users = json.loads(document)["users"]
        alice = next(user for user in users if user["email"] == self.alice.address)
        alice["email"] = "twin@posthouse.example"
        report = self.json("import", "json", "-", input=json.dumps({"posthouse_directory": 1, "users": [alice]}))
        self.assertEqual(report["rows"]["users"]["added"], 1)
        self.assertEqual(self.log_in(User("twin@posthouse.example", self.alice.password)), "OK")


if __name__ == "__main__":
    main()
