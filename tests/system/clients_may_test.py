"""What a user may log in to, and with which password, as mail clients see it: services."""
# labels: clients

import imaplib
import poplib
import smtplib

from mail_programs import imap_client, pop3_client, smtp_client
from posthouse_test import SystemTest, User, eventually, main

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


if __name__ == "__main__":
    main()
