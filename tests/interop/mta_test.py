"""Debian's Postfix and Exim let Posthouse's users log in, by authd's Dovecot auth socket; Postfix asks authd's socketmap which
domains, mailboxes and aliases there are; both deliver to lmtpd."""

import base64
import json
import os
import pathlib
import shutil
import smtplib
import tempfile
import unittest

from both_servers import User, eventually
from mail_programs import tls_context
from mail_transfer import ID, BesideMailServers, Exim, Postfix, certificate_of, why_not_here
from posthouse_test import PATIENCE, main, run

POSTFIX = """
myhostname = mx.posthouse.example
mynetworks =
recipient_delimiter = +
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = /etc/postfix/certificate.pem
smtpd_tls_key_file = /etc/postfix/key.pem
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {sockets}/auth.sock
virtual_mailbox_domains = socketmap:unix:{sockets}/socketmap.sock:domain
virtual_mailbox_maps = socketmap:unix:{sockets}/socketmap.sock:mailbox
virtual_alias_maps = socketmap:unix:{sockets}/socketmap.sock:alias
virtual_transport = lmtp:unix:{sockets}/lmtp.sock
transport_maps = socketmap:unix:{sockets}/socketmap.sock:transport
smtpd_sender_login_maps = socketmap:unix:{sockets}/socketmap.sock:sender
smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
minimal_backoff_time = 1s
queue_run_delay = 1s
"""

EXIM = """
tls_advertise_hosts = *
tls_certificate = /etc/exim4/certificate.pem
tls_privatekey = /etc/exim4/key.pem
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}{{}}}}
smtp_max_unknown_commands = 1000
begin acl
rcpt:
  accept authenticated = *
  deny message = relay not permitted
begin routers
posthouse:
  driver = accept
  transport = posthouse
begin transports
posthouse:
  driver = lmtp
  socket = {sockets}/lmtp.sock
begin authenticators
plain:
  driver = dovecot
  public_name = PLAIN
  server_socket = {sockets}/auth.sock
  server_set_id = $auth1
login:
  driver = dovecot
  public_name = LOGIN
  server_socket = {sockets}/auth.sock
  server_set_id = $auth1
scram:
  driver = dovecot
  public_name = SCRAM-SHA-256
  server_socket = {sockets}/auth.sock
  server_set_id = $auth1
"""


@unittest.skipIf(why_not_here(), why_not_here())
class MailServers(BesideMailServers):
    """The sockets lie in a folder whose group is the servers': what is made in it is, too (docs/administration.md)."""

    @classmethod
    def setUpClass(cls):
        cls.sockets = pathlib.Path(tempfile.mkdtemp(prefix="sockets-"))
        cls.addClassCleanup(shutil.rmtree, cls.sockets, ignore_errors=True)
        os.chown(cls.sockets, 0, ID)
        cls.sockets.chmod(0o2750)
        cls.settings = {"directory.engine": "sqlite", "general.restart_delay": "100ms", "general.restart_delay_limit": "100ms",
                        "auth.failure_delay": "0", "guard.failure_delay": "0", "guard.free_failures": "1000",
                        "auth.mechanisms": "PLAIN,LOGIN,SCRAM-SHA-256", "auth.scram_keys": "SCRAM-SHA-256",
                        **{f"listen.{name}": cls.sockets / f"{name}.sock" for name in ("auth", "socketmap", "lmtp")}}
        super().setUpClass()
        cls.alice = cls.instance.user("alice")
        cls.postfix = Postfix(POSTFIX.format(sockets=cls.sockets), certificate_of(cls.instance))
        cls.exim = Exim(EXIM.format(sockets=cls.sockets), certificate_of(cls.instance))
        cls.servers = cls.postfix, cls.exim
        for server in cls.servers:
            cls.enterClassContext(server)

    def posthouse(self, *arguments, input=None):
        done = self.instance.posthouse("--yes", *arguments, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)

    def add_user(self, name, password="secret"):
        user = User(f"{name}@posthouse.example", password)
        self.posthouse("user", "add", user.address, "--password-stdin", input=password + "\n")
        return user

    def session(self, server, tls=True):
        client = smtplib.SMTP("127.0.0.1", server.port, "client.example.org", timeout=PATIENCE)
        self.addCleanup(client.close)
        if tls:
            client.starttls(context=tls_context(self.instance))
        client.ehlo()
        return client

    def auth(self, server, user, mechanism="PLAIN", client=None, initial=True):
        """The code of the reply to AUTH, or to what follows it where the client waits for a challenge first."""
        client = client or self.session(server)
        client.user, client.password = user.address, user.password
        method = client.auth_plain if mechanism == "PLAIN" else client.auth_login
        try:
            return client.auth(mechanism, method, initial_response_ok=initial)[0]
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code

    def rcpt(self, address, client=None, sender="sender@example.org"):
        client = client or self.session(self.postfix)
        client.mail(sender)
        try:
            return client.rcpt(address)[0]
        finally:
            client.rset()

    # -- log-ins

    def test_who_knows_the_password_may_relay(self):
        for server in self.servers:
            for mechanism in ("PLAIN", "LOGIN"):
                with self.subTest(server.name, mechanism=mechanism):
                    client = self.session(server)
                    self.assertIn(self.rcpt("someone@elsewhere.example", client), (550, 554))
                    self.assertEqual(self.auth(server, self.alice, mechanism, client), 235)
                    self.assertEqual(self.rcpt("someone@elsewhere.example", client, self.alice.address), 250)

    def test_nothing_is_offered_before_tls(self):
        for server in self.servers:
            self.assertFalse(self.session(server, tls=False).has_extn("auth"), server.name)

    def test_swaks_logs_in(self):
        for server in self.servers:
            for mechanism in ("PLAIN", "LOGIN"):
                for user, code in ((self.alice, 0), (User(self.alice.address, "wrong"), 28)):
                    done = run("swaks", "--server", "127.0.0.1", "--port", server.port, "--tls", "--auth", mechanism,
                               "--auth-user", user.address, "--auth-password", user.password, "--quit-after", "AUTH")
                    self.assertEqual(done.returncode, code, done.stdout)

    def test_scram_goes_through_them(self):
        """The server proves itself as well, in one more challenge."""
        zoe = self.add_user("zoe")
        for server in self.servers:
            for user, code in ((zoe, 0), (User(zoe.address, "wrong"), 77), (User("nobody@posthouse.example", "x"), 77)):
                done = run("msmtp", "--file=/dev/null", "--host=127.0.0.1", f"--port={server.port}", f"--from={user.address}",
                           "--auth=scram-sha-256", f"--user={user.address}", f"--passwordeval=echo {user.password}", "--tls=on",
                           "--tls-starttls=on", f"--tls-trust-file={self.instance.certificate}", "--tls-host-override=localhost",
                           self.alice.address, input="Subject: by SCRAM\n\nx\n")
                self.assertEqual(done.returncode, code, (server.name, done.stderr))

    def test_wrong_passwords_unknown_and_disabled_users_are_refused_for_good(self):
        joe = self.add_user("joe")
        self.posthouse("user", "disable", joe.address)
        for server in self.servers:
            for mechanism in ("PLAIN", "LOGIN"):
                for initial in (True, False):
                    for user in (User(self.alice.address, "wrong"), User(self.alice.address, ""), joe,
                                 User("nobody@posthouse.example", self.alice.password), User("alice", self.alice.password)):
                        with self.subTest(server.name, mechanism=mechanism, initial=initial, user=user.address):
                            self.assertEqual(self.auth(server, user, mechanism, initial=initial), 535)
                    self.assertEqual(self.auth(server, self.alice, mechanism, initial=initial), 235)

    def test_names_and_passwords_of_any_bytes_pass(self):
        for number, password in enumerate(("pa ss\"w{o}rd$1$", "p\u00e4ssw\u00f6rt", "=", "x" * 200, "a\tb", "${run{id}}")):
            user = self.add_user(f"bytes{number}", password)
            response = base64.b64encode(f"\0{user.address}\0{password}".encode()).decode()
            for server in self.servers:
                self.assertEqual(self.session(server).docmd("AUTH", "PLAIN " + response)[0], 235, password)

    def test_responses_out_of_form_are_refused_and_the_session_goes_on(self):
        for server in self.servers:
            client = self.session(server)
            for response in ("!!!", "AGFsaWNl=AHg=", "A", "=", base64.b64encode(b"alice").decode(), base64.b64encode(b"\0\0").decode(),
                             base64.b64encode(b"\0a\0b\0c").decode()):
                self.assertIn(client.docmd("AUTH", "PLAIN " + response)[0], range(500, 600), (server.name, response))
            self.assertEqual(self.auth(server, self.alice, client=client), 235)

    def test_what_a_user_may_counts_there_too(self):
        may = self.add_user("may")
        made = self.instance.posthouse("--json", "app-password", "add", may.address, "--name", "Printer", "--scope", "smtp")
        self.assertEqual(made.returncode, 0, made.stderr)
        printer = User(may.address, json.loads(made.stdout)["password"])
        for server in self.servers:
            for user in (may, printer):
                self.assertEqual(self.auth(server, user), 235)
            self.posthouse("user", "set", may.address, "--app-passwords-only", "on")
            self.assertEqual((self.auth(server, may), self.auth(server, printer)), (535, 235), server.name)
            self.posthouse("user", "set", may.address, "--app-passwords-only", "off", "--services", "imap")
            self.assertEqual((self.auth(server, may), self.auth(server, printer)), (535, 535), server.name)
            self.posthouse("user", "set", may.address, "--services", "all")

    # -- look-ups

    def test_postfix_knows_domains_mailboxes_and_aliases(self):
        ann = self.add_user("ann")
        self.posthouse("alias", "add", "info@posthouse.example", ann.address, "outside@elsewhere.example")
        self.posthouse("domain", "add", "catch.example")
        self.posthouse("alias", "add", "@catch.example", ann.address)
        for address, code in ((ann.address, 250), ("ANN@PostHouse.Example", 250),
                              ("ann+folder@posthouse.example", 250), ("info+folder@posthouse.example", 250),
                              ("anything@catch.example", 250), ("postmaster@posthouse.example", 250),
                              ("info@posthouse.example", 250),
                              ("nobody@posthouse.example", 550), ("nobody+ann@posthouse.example", 550),
                              ("'@posthouse.example", 550), ("a*b@posthouse.example", 550),
                              ("ann@elsewhere.example", 554), ("ann@sub.posthouse.example", 554)):
            self.assertEqual(self.rcpt(address), code, address)
        self.posthouse("user", "remove", ann.address)
        self.assertEqual(self.rcpt(ann.address), 550)

    def test_postfix_knows_who_may_send_as_whom(self):
        client = self.session(self.postfix)
        self.auth(self.postfix, self.alice, client=client)
        self.posthouse("alias", "add", "sales@posthouse.example", self.alice.address)
        senders = {self.alice.address: 250, "alice+tag@posthouse.example": 250, "bob@posthouse.example": 553,
                   "sales@posthouse.example": 553, "someone@elsewhere.example": 553}
        for sender, code in senders.items():
            self.assertEqual(self.rcpt("someone@elsewhere.example", client, sender), code, sender)
        self.posthouse("grant", "add", self.alice.address, "sales@posthouse.example")
        self.assertEqual(self.rcpt("someone@elsewhere.example", client, "sales@posthouse.example"), 250)

    def test_postfix_knows_where_mail_is_handed_to(self):
        client = self.session(self.postfix)
        self.auth(self.postfix, self.alice, client=client)
        self.posthouse("transport", "add", ".closed.example", "error:5.1.2 closed")
        for address, code in (("a@sub.closed.example", 550), ("a+b@x.sub.closed.example", 550), ("a@closed.example", 250)):
            self.assertEqual(self.rcpt(address, client, self.alice.address), code, address)

    def test_mail_through_them_arrives(self):
        ann = self.add_user("anna")
        self.posthouse("alias", "add", "team@posthouse.example", ann.address)
        self.posthouse("domain", "add", "all.example")
        self.posthouse("alias", "add", "@all.example", "team@posthouse.example")
        self.session(self.postfix).sendmail("sender@example.org", ["whoever+x@all.example", self.alice.address],
                                            "Subject: by Postfix\r\n\r\nx\r\n")
        client = self.session(self.exim)
        self.auth(self.exim, self.alice, client=client)
        client.sendmail(self.alice.address, [ann.address], "Subject: by Exim\r\n\r\nx\r\n")
        eventually(lambda: self.subjects(ann) == ["by Exim", "by Postfix"] and self.subjects(self.alice).count("by Postfix") == 1,
                   "all is delivered")

    def subjects(self, user):
        folder = self.instance.maildir(user) / "new"
        texts = [path.read_text() for path in folder.iterdir()] if folder.exists() else []
        return sorted(line[9:] for text in texts for line in text.split("\n\n")[0].splitlines() if line.startswith("Subject: "))

    # -- outages

    def test_while_the_directory_is_away_everything_is_temporary(self):
        joe = self.add_user("jane")
        database = self.instance.folder / "db" / "directory.sqlite"
        away = database.with_suffix(".away")
        database.rename(away)
        for server in self.servers:
            self.assertIn(self.auth(server, joe), (435, 454), server.name)
            self.assertIn(self.auth(server, User("nobody@posthouse.example", "x")), (435, 454), server.name)
        self.assertEqual(self.rcpt(joe.address), 451)
        self.assertEqual(self.rcpt("nobody@posthouse.example"), 451)
        away.rename(database)
        self.check_all_is_well(joe)

    def test_while_posthouse_is_stopped_everything_is_temporary_and_then_goes_on(self):
        joe = self.add_user("jim")
        waiting = [self.session(server) for server in self.servers]
        self.instance.stop()
        for server, client in zip(self.servers, waiting):
            self.assertIn(self.auth(server, self.alice, client=client), (435, 454), server.name)
        self.assertEqual(self.rcpt(joe.address, waiting[0]), 451)
        self.instance.start()
        self.check_all_is_well(joe)
        self.assertEqual(self.auth(self.postfix, joe, client=waiting[0]), 235)

    def test_authd_killed_is_noticed_by_nobody_for_long(self):
        joe = self.add_user("jon")
        for _ in range(3):
            self.instance.kill("authd")
            self.check_all_is_well(joe)

    def check_all_is_well(self, joe):
        """Soon; until then answers are temporary ones."""
        for server in self.servers:
            def answer():
                try:
                    return self.auth(server, joe)
                except (smtplib.SMTPException, OSError):
                    return 454  # a Postfix that finds no authd at start ends the session
            codes = []
            eventually(lambda: codes.append(answer()) or codes[-1] == 235, f"log-ins to {server.name}")
            self.assertEqual(set(codes) - {435, 454, 235}, set())
        codes = []
        eventually(lambda: codes.append(self.rcpt(joe.address)) or codes[-1] == 250, "look-ups of Postfix")
        self.assertEqual(set(codes) - {451, 250}, set())
        self.assertEqual(self.rcpt("nobody@posthouse.example"), 550)


if __name__ == "__main__":
    main()
