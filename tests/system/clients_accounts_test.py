"""What an administrator changes on the command line, mail clients notice at once: users, passwords, aliases, domains."""
# labels: clients

import imaplib
import json
import poplib
import shutil
import smtplib

from mail_programs import Programs, imap_client, messages_of, pop3_client, smtp_client
from posthouse_test import SystemTest, User, eventually, main


class Accounts(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0", "directory.postmaster": "bob@posthouse.example"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = Programs(cls.instance)

    def posthouse(self, *arguments, input=None):
        done = self.instance.posthouse("--yes", *arguments, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def user(self, name, password="first password"):
        joe = User(f"{name}@posthouse.example", password)
        self.posthouse("user", "add", joe.address, "--password-stdin", input=password + "\n")
        return joe

    def deliver(self, recipients, subject):
        """Sends from outside. Gives {recipient: reply} of those that were refused."""
        with smtp_client(self.instance, "smtp") as client:
            try:
                return client.sendmail("a@example.org", recipients, f"Subject: {subject}\r\n\r\nx\r\n")
            except smtplib.SMTPRecipientsRefused as refused:
                return refused.recipients

    def check_log_in(self, user, works):
        """Every protocol takes the password, or none does."""
        if works:
            smtp_client(self.instance, "submissions", user).quit()
            imap_client(self.instance, user).logout()
            pop3_client(self.instance, user).quit()
        else:
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                smtp_client(self.instance, "submissions", user)
            with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
                imap_client(self.instance, user)
            with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
                pop3_client(self.instance, user)

    def test_a_new_user_gets_mail_and_reads_it_at_once(self):
        address = "newcomer@posthouse.example"
        self.assertEqual(self.deliver([address], "too early")[address][0], 550)
        joe = self.user("newcomer")
        self.assertEqual(self.deliver([address], "welcome"), {})
        self.check_log_in(joe, True)
        self.assertEqual(len(messages_of(self.instance, joe, "welcome")), 1)

    def test_a_changed_password_counts_at_once(self):
        joe = self.user("changing")
        self.check_log_in(joe, True)
        for password in ("second password", "pässwörd \\ \"quoted\""):
            old, joe = joe, User(joe.address, password)
            self.posthouse("user", "passwd", joe.address, "--password-stdin", input=password + "\n")
            self.check_log_in(old, False)
            if password.isascii():
                self.check_log_in(joe, True)
        sent = self.programs.swaks("submissions", "--from", joe.address, "--to", joe.address, user=joe)
        self.assertEqual(sent.returncode, 0, sent.stdout)
        with imap_client(self.instance) as client:
            client.authenticate("PLAIN", lambda _: f"\0{joe.address}\0{joe.password}".encode())

    def test_a_disabled_user_cannot_log_in_and_still_gets_mail(self):
        joe = self.user("disabled")
        self.posthouse("user", "disable", joe.address)
        self.check_log_in(joe, False)
        self.assertEqual(self.deliver([joe.address], "while away"), {})
        self.posthouse("user", "enable", joe.address)
        self.check_log_in(joe, True)
        self.assertEqual(len(messages_of(self.instance, joe, "while away")), 1)

    def test_a_removed_user_is_unknown_at_once(self):
        joe = self.user("leaving")
        self.assertEqual(self.deliver([joe.address], "before"), {})
        self.posthouse("user", "remove", joe.address, "--delete-mail")
        refused = self.deliver([joe.address], "after")
        self.assertEqual((refused[joe.address][0], refused[joe.address][1][:5]), (550, b"5.1.1"))
        self.check_log_in(joe, False)
        self.assertFalse(self.instance.maildir(joe).exists())
        again = self.user("leaving")
        with imap_client(self.instance, again) as client:
            self.assertEqual(client.select("INBOX")[1], [b"0"])

    def test_an_alias_counts_at_once_and_leads_on(self):
        ann, joe = self.user("ann"), self.user("joe")
        self.posthouse("alias", "add", "team@posthouse.example", ann.address, joe.address)
        self.posthouse("alias", "add", "all@posthouse.example", "team@posthouse.example")
        self.assertEqual(self.deliver(["all@posthouse.example", joe.address, "JOE@posthouse.EXAMPLE"], "to all"), {})
        for user in (ann, joe):
            self.assertEqual(len(messages_of(self.instance, user, "to all")), 1, user.address)
        self.posthouse("alias", "remove", "team@posthouse.example", joe.address)
        self.assertEqual(self.deliver(["all@posthouse.example"], "to one"), {})
        self.assertEqual([len(messages_of(self.instance, user, "to one")) for user in (ann, joe)], [1, 0])
        self.posthouse("alias", "remove", "all@posthouse.example")
        self.assertEqual(self.deliver(["all@posthouse.example"], "to none")["all@posthouse.example"][0], 550)

    def test_a_new_domain_with_an_address_for_everybody(self):
        joe = self.user("catch-all")
        self.assertEqual(self.deliver(["x@new.example"], "relay")["x@new.example"][0], 554)
        self.posthouse("domain", "add", "new.example")
        self.assertEqual(self.deliver(["x@new.example"], "unknown")["x@new.example"][0], 550)
        self.posthouse("alias", "add", "@new.example", joe.address)
        self.assertEqual(self.deliver(["x@new.example", "y@new.example"], "caught"), {})
        self.assertEqual(len(messages_of(self.instance, joe, "caught")), 1)
        self.posthouse("domain", "remove", "new.example")
        self.assertEqual(self.deliver(["x@new.example"], "relay")["x@new.example"][0], 554)

    def test_a_message_to_many_recipients_comes_to_each_of_them_once(self):
        users = [User(f"many{number}@posthouse.example", "a password") for number in range(100)]
        self.posthouse("user", "add", "--csv", "-", input="email,password_hash\n" + "".join(
            f"{user.address},{{PLAIN}}{user.password}\n" for user in users))
        self.check_log_in(users[-1], True)
        self.posthouse("alias", "add", "many@posthouse.example", *(user.address for user in users[:50]))
        recipients = ["many@posthouse.example", "nobody@posthouse.example", *(user.address for user in users[25:])]
        refused = self.deliver(recipients, "to many")
        self.assertEqual(list(refused), ["nobody@posthouse.example"])
        for user in users:  # so many recipients are served from the queue
            held = eventually(lambda user=user: list((self.instance.maildir(user) / "new").glob("*")), f"{user.address} has it")
            self.assertEqual(len(held), 1, user.address)
            content = held[0].read_bytes().replace(b"\r\n", b"\n")
            self.assertTrue(content.endswith(b"\nSubject: to many\n\nx\n"), content)

    def test_mail_with_a_detail_after_the_name_comes_to_the_user(self):
        joe = self.user("detail")
        self.assertEqual(self.deliver(["detail+shop@posthouse.example"], "bill"), {})
        self.assertEqual(len(messages_of(self.instance, joe, "bill")), 1)

    def test_the_postmaster_is_reached_under_every_name(self):
        bob = self.instance.user("bob")
        recipients = ("postmaster", "PostMaster", "postmaster@posthouse.example", "abuse@posthouse.example")
        for number, recipient in enumerate(recipients):
            self.assertEqual(self.deliver([recipient], f"complaint {number}"), {})
            self.assertEqual(len(messages_of(self.instance, bob, f"complaint {number}")), 1, recipient)

    def test_a_special_use_is_seen_by_clients_at_once_and_goes_with_its_mailbox(self):
        joe = self.user("special")
        with imap_client(self.instance, joe) as client:
            def uses():
                lines = [line.decode() for line in client.list('""', "*")[1]]
                return {line.rpartition(" ")[2].strip('"'): use for line in lines for use in ("\\Sent", "\\Junk") if use in line}
            self.assertEqual(client.create("Gesendet")[0], "OK")
            self.assertEqual(uses(), {"Sent": "\\Sent", "Junk": "\\Junk"})
            self.posthouse("metadata", "set", joe.address, "Gesendet", "/private/specialuse", "\\Sent")
            self.assertEqual(uses(), {"Gesendet": "\\Sent", "Junk": "\\Junk"})
            self.assertEqual(client.rename("Gesendet", "Raus")[0], "OK")
            self.assertEqual(client.rename("Junk", "Mist")[0], "OK")
            self.assertEqual(uses(), {"Raus": "\\Sent", "Mist": "\\Junk"})
            self.posthouse("acl", "set", joe.address, "Raus", "ann@posthouse.example", "lr")
            self.assertEqual(client.create("Raus/Child")[0], "OK")
        shown = json.loads(self.posthouse("--json", "acl", "get", joe.address, "Raus/Child"))
        self.assertEqual([(one["identifier"], one["rights"]) for one in shown["entries"]], [("user=ann@posthouse.example", "lr")])

    def test_a_shared_mailbox_is_found_read_and_gone_for_another_users_client(self):
        joe, ann = self.user("sharer"), self.user("reader")
        name = f"Other Users/{joe.address}/Work"
        with imap_client(self.instance, joe) as client:
            self.assertEqual(client.create("Work")[0], "OK")
            self.assertEqual(client.append("Work", None, None, b"Subject: hello\r\n\r\nx\r\n")[0], "OK")
            self.assertEqual(client.setacl("Work", ann.address, "lrs")[0], "OK")

        def listed(client):
            return any(name.encode() in line for line in client.list('""', "*")[1] if line)
        with imap_client(self.instance, ann) as client:
            self.assertTrue(listed(client))
            self.assertEqual(client.select(f'"{name}"'), ("OK", [b"1"]))
            self.assertEqual(client.store("1", "+FLAGS", "(\\Seen)")[0], "OK")
            self.assertEqual(client.store("1", "+FLAGS", "(\\Deleted)")[0], "NO")
            self.assertEqual(client.search(None, "UNSEEN")[1], [b""])
        with imap_client(self.instance, joe) as client:
            self.assertIn(b"UNSEEN 1", client.status("Work", "(UNSEEN)")[1][0])
        registry = self.instance.maildir(joe).parents[1] / "SHARES"
        shutil.rmtree(registry)
        with imap_client(self.instance, ann) as client:
            self.assertFalse(listed(client))
            self.posthouse("acl", "reindex", "--all")
            self.assertTrue(listed(client))
            self.posthouse("acl", "delete", joe.address, "Work", ann.address)
            self.assertFalse(listed(client))
            self.assertEqual(client.select(f'"{name}"')[0], "NO")


if __name__ == "__main__":
    main()
