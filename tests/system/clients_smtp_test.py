"""Real programs send mail: swaks, msmtp, curl, mutt and smtplib, with STARTTLS and with TLS from the start, and hear
the protocol's own refusals."""
# labels: clients

import base64
import email
import email.message
import email.policy
import random
import smtplib

from mail_programs import Programs, messages_of, smtp_client
from mail_wire import Smtp, dot_stuffed
from posthouse_test import SystemTest, User, eventually, main
from spool_files import queued_as, queued_messages

SUBMISSION = ("submission", "submissions")
CONTENT = "Subject: {}\nFrom: a@example.org\nContent-Type: text/plain; charset=utf-8\n\nGrüße,\n.\n..dots\n\n"


class SmtpClients(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = Programs(cls.instance)
        cls.alice, cls.bob = cls.instance.user("alice"), cls.instance.user("bob")
        cls.wrong = User(cls.alice.address, "not the password")
        cls.nobody = User("nobody@posthouse.example", "x")

    def check_delivered(self, subject, ending=None, user=None):
        """One message with this subject has come, and ends so; the reply 250 says that it can be read already."""
        found = messages_of(self.instance, user or self.bob, subject)
        self.assertEqual(len(found), 1, subject)
        if ending is not None:
            wanted = ending.encode().replace(b"\n", b"\r\n")
            self.assertTrue(found[0].endswith(wanted), found[0])
        return found[0]

    def test_swaks_sends_over_tls_with_every_mechanism(self):
        for listener in SUBMISSION:
            for mechanism in ("PLAIN", "LOGIN"):
                subject = f"swaks {listener} {mechanism}"
                sent = self.programs.swaks(listener, "--from", self.alice.address, "--to", self.bob.address, "--h-Subject", subject,
                                           "--body", ".one dot", user=self.alice, mechanism=mechanism)
                self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)
                self.assertIn("=== TLS started with cipher", sent.stdout)
                self.assertIn(b"\r\n\r\n.one dot\r\n", self.check_delivered(subject))

    def test_swaks_delivers_as_another_server_does(self):
        for tls in ([], ["--tls", "--tls-verify", "--tls-ca-path", self.instance.certificate]):
            subject = f"swaks port 25 {len(tls)}"
            sent = self.programs.swaks("smtp", "--from", "x@example.org", "--to", self.bob.address, "--h-Subject", subject, "--pipeline",
                                       *tls)
            self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)
            content = self.check_delivered(subject)
            self.assertTrue(content.startswith(b"Return-Path: <x@example.org>\r\n"), content)
            self.assertIn(b"with ESMTPS id" if tls else b"with ESMTP id", content)

    def test_msmtp_sends_what_it_was_given(self):
        for listener in SUBMISSION:
            for mechanism in ("plain", "login"):
                content = CONTENT.format(f"msmtp {listener} {mechanism}")
                sent = self.programs.msmtp(listener, self.alice, self.bob.address, content=content, mechanism=mechanism)
                self.assertEqual((sent.returncode, sent.stderr), (0, ""))
                self.check_delivered(f"msmtp {listener} {mechanism}", content)

    def test_curl_uploads(self):
        for listener, user in (("smtp", None), ("submission", self.alice), ("submissions", self.alice)):
            content = CONTENT.format(f"curl {listener}")
            upload = self.programs.file("upload", content.replace("\n", "\r\n"))
            sent = self.programs.curl(listener, "client.example.org", "--mail-from", self.alice.address, "--mail-rcpt",
                                      self.bob.address, "--upload-file", upload, user=user)
            self.assertEqual((sent.returncode, sent.stderr), (0, ""))
            self.check_delivered(f"curl {listener}", content)

    def test_mutt_sends_an_attachment(self):
        picture = random.Random(1).randbytes(100_000)
        path = self.programs.file("picture.bin", picture)
        for listener in SUBMISSION:
            subject = f"mutt {listener} grüßt"
            sent = self.programs.mutt_send(self.alice, listener, "-s", subject, "-a", path, "--", self.bob.address,
                                           content="Schöne Grüße\n")
            self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)
            message = email.message_from_bytes(self.check_delivered(f"mutt {listener}"), policy=email.policy.default)
            self.assertEqual(message["Subject"], subject)
            self.assertEqual(message.get_body().get_content().strip(), "Schöne Grüße")
            self.assertEqual([part.get_content() for part in message.iter_attachments()], [picture])

    def test_smtplib_sends(self):
        for listener in SUBMISSION:
            message = email.message.EmailMessage()
            message["From"], message["To"], message["Subject"] = self.alice.address, self.bob.address, f"smtplib {listener}"
            message.set_content("Grüße\n", cte="8bit")
            with smtp_client(self.instance, listener, self.alice) as client:
                self.assertEqual(client.send_message(message, mail_options=["BODY=8BITMIME"]), {})
            self.assertIn("Grüße".encode(), self.check_delivered(f"smtplib {listener}"))

    def test_thunderbird_sends(self):
        """As Thunderbird 115 speaks: one line at a time, AUTH PLAIN with the response in it, BODY and SIZE with MAIL where they are
        offered, both DSN parameters when a receipt is asked for; and a second message on the same connection after RSET."""
        for listener in SUBMISSION:
            with Smtp(self.instance.address(listener), tls=listener == "submissions", certificate=self.instance.certificate) as session:
                hello = "EHLO [192.168.1.7]"
                if listener == "submission":
                    offered = session.command(hello)[1].split("\n")
                    self.assertIn("STARTTLS", offered)
                    self.assertEqual([line for line in offered if line.startswith("AUTH")], [])
                    self.assertEqual(session.command("STARTTLS")[0], 220)
                    session.start_tls(self.instance.certificate)
                offered = session.command(hello)[1].split("\n")
                self.assertLessEqual({"8BITMIME", "DSN", "SMTPUTF8"}, set(offered))
                self.assertRegex(" ".join(offered), r"\bAUTH (\S+ )*PLAIN\b.*")
                plain = base64.b64encode(f"\0{self.alice.address}\0{self.alice.password}".encode()).decode()
                self.assertEqual(session.command("AUTH PLAIN " + plain)[0], 235)
                for number, receipt in enumerate((False, True)):
                    content = CONTENT.format(f"thunderbird {listener} {number}").replace("\n", "\r\n")
                    size = len(content.encode())
                    ret = " RET=FULL ENVID=<1@posthouse.example>" if receipt else ""
                    notify = f" NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{self.bob.address}" if receipt else ""
                    self.assertEqual(session.command(f"MAIL FROM:<{self.alice.address}> BODY=8BITMIME{ret} SIZE={size}")[0], 250)
                    self.assertEqual(session.command(f"RCPT TO:<{self.bob.address}>{notify}")[0], 250)
                    self.assertEqual(session.command("DATA")[0], 354)
                    session.send(dot_stuffed(content.encode()) + b".\r\n")
                    self.assertEqual(session.reply()[0], 250)
                    eventually(lambda: messages_of(self.instance, self.bob, f"thunderbird {listener} {number}"), "it arrives")
                    self.check_delivered(f"thunderbird {listener} {number}", content.replace("\r\n", "\n"))
                    self.assertEqual(session.command("RSET")[0], 250)
                self.assertEqual(session.command("QUIT")[0], 221)

    def test_many_messages_go_over_one_connection(self):
        with smtp_client(self.instance, "submission", self.alice) as client:
            for number in range(30):
                client.sendmail(self.alice.address, [self.alice.address], f"Subject: series {number}\r\n\r\nx\r\n")
        self.assertEqual(len(messages_of(self.instance, self.alice, "series ")), 30)

    def test_a_wrong_password_fails_as_the_program_expects_and_as_an_unknown_user_does(self):
        for listener in SUBMISSION:
            for user in (self.wrong, self.nobody):
                swaks = self.programs.swaks(listener, "--to", self.bob.address, user=user)
                self.assertEqual(swaks.returncode, 28, swaks.stdout)
                self.assertIn("535 5.7.8 Authentication credentials invalid", swaks.stdout)
                msmtp = self.programs.msmtp(listener, user, self.bob.address, content="Subject: no\n\n")
                self.assertEqual(msmtp.returncode, 77, msmtp.stderr)
                self.assertIn("535 5.7.8", msmtp.stderr)
                upload = self.programs.file("upload", "Subject: no\r\n\r\n")
                curl = self.programs.curl(listener, "", "--mail-from", self.alice.address, "--mail-rcpt", self.bob.address,
                                          "--upload-file", upload, user=user)
                self.assertEqual(curl.returncode, 67, curl.stderr)
                mutt = self.programs.mutt_send(user, listener, "-s", "no", "--", self.bob.address, content="no\n")
                self.assertEqual(mutt.returncode, 1, mutt.stdout + mutt.stderr)
                with self.assertRaises(smtplib.SMTPAuthenticationError) as raised:
                    smtp_client(self.instance, listener, user)
                self.assertEqual(raised.exception.smtp_code, 535)

    def test_a_log_in_after_a_failed_one_works_on_the_same_connection(self):
        with smtp_client(self.instance, "submissions") as client:
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                client.login(self.wrong.address, self.wrong.password)
            client.login(self.alice.address, self.alice.password)

    def test_relaying_is_refused_without_a_log_in(self):
        swaks = self.programs.swaks("smtp", "--from", "a@example.org", "--to", "someone@elsewhere.example.net")
        self.assertEqual(swaks.returncode, 24, swaks.stdout)
        self.assertIn("554 5.7.1 <someone@elsewhere.example.net>: relay access denied", swaks.stdout)

    def test_users_send_to_other_servers_through_the_queue(self):
        self.assertEqual(self.instance.posthouse("transport", "add", "elsewhere.example.net", "retry:not here").returncode, 0)
        someone = "someone@elsewhere.example.net"
        for listener in SUBMISSION:
            swaks = self.programs.swaks(listener, "--from", self.alice.address, "--to", someone, user=self.alice)
            self.assertEqual(swaks.returncode, 0, swaks.stdout)
            reply = next(line for line in swaks.stdout.splitlines() if "queued as" in line)
            self.assertEqual(queued_as(self.instance, reply).addresses(), [someone])
        content = CONTENT.format("msmtp to elsewhere")
        msmtp = self.programs.msmtp("submission", self.alice, someone, content=content)
        self.assertEqual((msmtp.returncode, msmtp.stderr), (0, ""))
        found = [one for one in queued_messages(self.instance) if b"Subject: msmtp to elsewhere" in one.content]
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].content.endswith(content.encode().replace(b"\n", b"\r\n")), found[0].content)

    def test_a_sender_that_is_another_s_is_refused_with_the_reason(self):
        swaks = self.programs.swaks("submission", "--from", self.bob.address, "--to", self.bob.address, user=self.alice)
        self.assertEqual(swaks.returncode, 23, swaks.stdout)
        self.assertIn(f"553 5.7.1 <{self.bob.address}>: not an address of {self.alice.address}; ", swaks.stdout)
        msmtp = self.programs.msmtp("submission", self.alice, f"--from={self.bob.address}", self.alice.address, content="Subject: no\n\n")
        self.assertEqual(msmtp.returncode, 65, msmtp.stderr)
        self.assertIn("553 5.7.1", msmtp.stderr)

    def test_an_unknown_user_is_refused_and_the_others_get_the_message(self):
        swaks = self.programs.swaks("smtp", "--from", "a@example.org", "--to", "nobody@posthouse.example")
        self.assertEqual(swaks.returncode, 24, swaks.stdout)
        self.assertIn("550 5.1.1 <nobody@posthouse.example>: no such user here", swaks.stdout)
        swaks = self.programs.swaks("smtp", "--from", "a@example.org", "--to", f"nobody@posthouse.example,{self.bob.address}",
                                    "--h-Subject", "one of two")
        self.assertEqual(swaks.returncode, 0, swaks.stdout)
        self.check_delivered("one of two")

    def test_before_tls_no_password_is_asked_for_or_taken(self):
        for listener, code in (("smtp", 502), ("submission", 538)):
            with smtplib.SMTP("127.0.0.1", self.instance.port(listener), "client.example.org") as client:
                client.ehlo()
                self.assertNotIn("auth", client.esmtp_features)
                self.assertEqual(client.docmd("AUTH", "PLAIN AGFAYgBj")[0], code)
        with smtplib.SMTP("127.0.0.1", self.instance.port("submission"), "client.example.org") as client:
            client.ehlo()
            self.assertEqual(client.mail(self.alice.address)[0], 530)
            with self.assertRaises(smtplib.SMTPNotSupportedError):
                client.login(self.alice.address, self.alice.password)

    def test_submission_needs_a_log_in(self):
        for listener in SUBMISSION:
            with smtp_client(self.instance, listener) as client:
                client.ehlo()
                code, text = client.mail(self.alice.address)
                self.assertEqual((code, text[:5]), (530, b"5.7.0"))

    def test_a_message_over_the_announced_size_is_refused_before_it_is_sent(self):
        with smtp_client(self.instance, "submissions", self.alice) as client:
            limit = int(client.esmtp_features["size"]) if client.ehlo() else 0
            self.assertEqual(client.mail(self.alice.address, [f"SIZE={limit}"])[0], 250)
            client.rset()
            code, text = client.mail(self.alice.address, [f"SIZE={limit + 1}"])
            self.assertEqual((code, text[:5]), (552, b"5.3.4"))


if __name__ == "__main__":
    main()
