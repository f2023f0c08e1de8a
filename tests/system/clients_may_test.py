"""What a user may log in to, and with which password, as mail clients see it: services, app passwords, a password that must
be changed; and what becomes of sessions when that changes."""
# labels: clients

import contextlib
import imaplib
import json
import poplib
import shutil
import smtplib

from mail_programs import imap_client, pop3_client, smtp_client
from posthouse_test import SOURCE, SystemTest, User, eventually, main, run

REFUSED = object()  # as a wrong password is


class WhatUsersMay(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0"}
    users = 0

    def posthouse(self, *arguments, input=None):
        done = self.instance.posthouse("--yes", *arguments, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def user(self, *options, password="a first password"):
        WhatUsersMay.users += 1
        user = User(f"may{self.users}@posthouse.example", password)
        self.posthouse("user", "add", user.address, "--password-stdin", *options, input=password + "\n")
        return user

    def check(self, user, imap=None, pop3=None, smtp=None):
        """Each protocol takes the password (None), or refuses it as a wrong one (REFUSED), or with these words."""
        for log_in, error, expected, refusal in (
                (lambda: imap_client(self.instance, user).logout(), imaplib.IMAP4.error, imap, "AUTHENTICATIONFAILED"),
                (lambda: pop3_client(self.instance, user).quit(), poplib.error_proto, pop3, r"-ERR \[AUTH\] Authentication failed"),
                (lambda: smtp_client(self.instance, "submissions", user).quit(), smtplib.SMTPAuthenticationError, smtp, "535.*5.7.8")):
            if expected is None:
                log_in()
                continue
            with self.assertRaisesRegex(error, refusal if expected is REFUSED else expected):
                log_in()

    def logged(self, *parts):
        """Waits for a line of authd that has all of these parts."""
        eventually(lambda: any(all(part in line for part in parts) for line in self.instance.log().splitlines() if " authd[" in line),
                   parts)

    def test_a_user_logs_in_to_their_services_only(self):
        joe = self.user("--services", "imap,http")
        text = "This account may not use this service"
        self.check(joe, pop3=rf"-ERR \[AUTH\] {text}", smtp=rf"535.*5\.7\.0 {text}")
        self.logged("log-in failed", "service=pop3", 'reason="may not use this service"', f"user={joe.address}")
        self.posthouse("user", "set", joe.address, "--services", "smtp")
        self.check(joe, imap=rf"\[AUTHORIZATIONFAILED\] {text}", pop3=rf"-ERR \[AUTH\] {text}")
        self.check(User(joe.address, "a wrong password"), imap=REFUSED, pop3=REFUSED, smtp=REFUSED)
        self.posthouse("user", "set", joe.address, "--services", "all")
        self.check(joe)

    def app_password(self, user, *options):
        made = json.loads(self.posthouse("--json", "app-password", "add", user.address, *options))
        return User(user.address, made["password"])

    def test_an_app_password_serves_for_its_scope(self):
        joe = self.user()
        phone = self.app_password(joe, "--name", "Phone", "--scope", "imap,smtp")
        self.check(phone, pop3=r"-ERR \[AUTH\] This app password is not for this service")
        self.logged("log-in failed", 'reason="app password is not for this service"', f"user={joe.address}", "app_password=Phone")
        self.logged("logged in", f"user={joe.address}", "app_password=Phone", "service=imap")
        self.check(joe)
        mail = self.app_password(joe, "--name", "Reader", "--scope", "pop3")
        text = "This app password is not for this service"
        self.check(mail, imap=rf"\[AUTHORIZATIONFAILED\] {text}", smtp=rf"535.*5\.7\.0 {text}")
        def last_used():
            return [row["last_used_at"] for row in json.loads(self.posthouse("--json", "app-password", "list", joe.address))]
        eventually(lambda: all(last_used()), "both were used")

    def test_an_app_password_serves_from_its_networks(self):
        joe = self.user()
        self.check(self.app_password(joe, "--name", "Here", "--network", "127.0.0.0/8"))
        text = "This app password may not be used from there"
        self.check(self.app_password(joe, "--name", "There", "--network", "192.0.2.0/24", "--network", "2001:db8::/32"),
                   imap=rf"\[AUTHORIZATIONFAILED\] {text}", pop3=rf"-ERR \[AUTH\] {text}", smtp=rf"535.*5\.7\.0 {text}")

    def test_an_app_password_expires(self):
        joe = self.user()
        short = self.app_password(joe, "--name", "Short", "--expires", "1s")
        def refusal():
            try:
                imap_client(self.instance, short).logout()
            except imaplib.IMAP4.error as error:
                return str(error)
        self.assertIn("[EXPIRED] This app password has expired", eventually(refusal, "it expires"))
        self.check(short, imap=r"\[EXPIRED\]", pop3=r"-ERR \[AUTH\] This app password has expired", smtp=r"535.*5\.7\.0 .*expired")

    def test_an_app_password_that_is_taken_back_is_a_wrong_one_and_its_sessions_end(self):
        joe = self.user()
        phone = self.app_password(joe, "--name", "Phone")
        self.check(phone)
        client = imap_client(self.instance, phone)
        self.posthouse("app-password", "remove", joe.address, "Phone")
        self.check(phone, imap=REFUSED, pop3=REFUSED, smtp=REFUSED)
        self.check_ended(client)

    def test_with_app_passwords_only_the_password_itself_is_refused(self):
        joe = self.user()
        phone = self.app_password(joe, "--name", "Phone")
        self.posthouse("user", "set", joe.address, "--app-passwords-only", "on")
        text = "This account needs an app password here"
        self.check(joe, imap=rf"\[AUTHORIZATIONFAILED\] {text}", pop3=rf"-ERR \[AUTH\] {text}", smtp=rf"535.*5\.7\.0 {text}")
        self.check(phone)
        self.posthouse("user", "set", joe.address, "--app-passwords-only", "off")
        self.check(joe)

    def test_a_password_must_be_changed_first(self):
        joe = self.user("--must-change")
        text = "The password must be changed first"
        self.check(joe, imap=rf"\[EXPIRED\] {text}", pop3=rf"-ERR \[AUTH\] {text}", smtp=rf"535.*5\.7\.0 {text}")
        self.check(User(joe.address, "a wrong password"), imap=REFUSED, pop3=REFUSED, smtp=REFUSED)
        self.posthouse("user", "passwd", joe.address, "--password-stdin", input="one of the user's own\n")
        self.check(User(joe.address, "one of the user's own"))

    def test_fail2ban_passes_over_whoever_knows_the_password(self):
        if not shutil.which("fail2ban-regex"):
            self.skipTest("fail2ban is not installed")
        joe = self.user("--must-change")
        apps = [self.app_password(joe, "--name", name, *terms) for name, *terms in (
            ("Reader", "--scope", "pop3"), ("There", "--network", "192.0.2.0/24"), ("Short", "--expires", "1s"))]
        reasons = ["password must be changed first", "app password is not for this service", "app password is not for this network",
                   "app password has expired", "needs an app password", "may not use this service"]
        def lines():
            return [line for line in self.instance.log().splitlines()
                    if " authd[" in line and "log-in failed" in line and joe.address in line]
        def refused(user):
            with contextlib.suppress(imaplib.IMAP4.error):
                imap_client(self.instance, user).logout()
            return any(f'reason="{reasons[3]}"' in line for line in lines())
        for user in (joe, *apps[:2]):
            refused(user)
        eventually(lambda: refused(apps[2]), "it expires")
        self.posthouse("user", "set", joe.address, "--app-passwords-only", "on")
        self.posthouse("user", "passwd", joe.address, "--password-stdin", input=joe.password + "\n")
        refused(joe)
        self.posthouse("user", "set", joe.address, "--app-passwords-only", "off", "--services", "smtp")
        refused(joe)
        for reason in reasons:
            self.logged(f'reason="{reason}"', joe.address)
        log = self.instance.folder / "of joe"
        log.write_text("\n".join(lines()) + "\n")
        found = run("fail2ban-regex", "-o", "<ip>", log, SOURCE / "packaging/fail2ban/filter.d/posthouse.conf")
        self.assertEqual((found.returncode, found.stdout.split()), (0, []), found.stderr)
        refused(User(joe.address, "a wrong password"))
        eventually(lambda: any("wrong password" in line for line in lines()), "it is logged")
        log.write_text("\n".join(lines()) + "\n")
        found = run("fail2ban-regex", "-o", "<ip>", log, SOURCE / "packaging/fail2ban/filter.d/posthouse.conf")
        self.assertEqual(found.stdout.split(), ["127.0.0.1"], found.stderr)

    def check_ended(self, client):
        """An IMAP session is told good-bye, and its connection ends."""
        client.sock.settimeout(60)
        with contextlib.suppress(OSError):
            said = client.readline()
            self.assertEqual(said, b"* BYE Session ended by the administrator\r\n")
            self.assertEqual(client.readline(), b"")
        client.sock.close()

    def test_sessions_end_when_a_user_is_disabled_or_kicked(self):
        joe, ann = self.user(), self.user()
        def clients(user):
            return imap_client(self.instance, user), pop3_client(self.instance, user), smtp_client(self.instance, "submissions", user)
        imap, pop3, smtp = clients(joe)
        others = clients(ann)
        sessions = json.loads(self.posthouse("--json", "who", joe.address))
        self.assertEqual(sorted(session["listener"] for session in sessions), ["imaps", "pop3s", "submissions"])
        self.assertIn(ann.address, self.posthouse("who", "@posthouse.example"))
        self.posthouse("user", "disable", joe.address)
        self.check_ended(imap)
        with self.assertRaisesRegex(poplib.error_proto, r"-ERR \[SYS/TEMP\] Session ended by the administrator"):
            pop3.stat()
        code, text = smtp.noop()
        self.assertEqual((code, text.split(b" ", 2)[2]), (421, b"Session ended by the administrator"))
        for client in (pop3, smtp):
            client.close()
        eventually(lambda: json.loads(self.posthouse("--json", "who", joe.address)) == [], "nobody is there")
        self.check(joe, imap="AUTHENTICATIONFAILED.*disabled", pop3="disabled", smtp="535")
        self.assertEqual(others[0].noop()[0], "OK")
        others[1].noop()
        self.assertEqual(others[2].noop()[0], 250)
        self.assertRegex(self.posthouse("kick", "@posthouse.example"), "^Ended [0-9]+ sessions.\n$")
        self.check_ended(others[0])
        for client in others[1:]:
            client.close()
        self.check(ann)

    def test_a_session_that_waits_in_idle_ends_too(self):
        joe = self.user()
        client = imap_client(self.instance, joe)
        client.send(b"x IDLE\r\n")
        self.assertTrue(client.readline().startswith(b"+ "))
        self.posthouse("user", "set", joe.address, "--services", "smtp")
        self.check_ended(client)


if __name__ == "__main__":
    main()
