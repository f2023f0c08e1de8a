"""poplib, curl and fetchmail read mail by POP3, over STLS and over TLS from the start; fetchmail also by IMAP."""
# labels: clients

import os
import poplib
import re

from mail_programs import Programs, imap_client, messages_of, pop3_client, smtp_client
from posthouse_test import SystemTest, User, main

LISTENERS = ("pop3", "pop3s")


class Pop3Clients(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = Programs(cls.instance)

    def setUp(self):
        """Every test has a mailbox of its own with five messages."""
        self.joe = User(f"joe-{os.urandom(4).hex()}@posthouse.example", "pass word")
        added = self.instance.posthouse("user", "add", self.joe.address, "--password-stdin", input=self.joe.password + "\n")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.bodies = [f"Subject: number {number}\r\n\r\n.\r\n..\r\n" + f"{number}\r\n" * number * 100 for number in range(1, 6)]
        with smtp_client(self.instance, "smtp") as client:
            for body in self.bodies:
                client.sendmail("a@example.org", [self.joe.address], body)

    def test_poplib_lists_reads_and_deletes(self):
        for listener in LISTENERS:
            client = pop3_client(self.instance, self.joe, listener)
            count, size = client.stat()
            self.assertEqual(count, 5)
            listed = [int(line.split()[1]) for line in client.list()[1]]
            self.assertEqual(sum(listed), size)
            for number, body in enumerate(self.bodies, 1):
                _, lines, octets = client.retr(number)
                content = b"".join(line + b"\r\n" for line in lines)
                self.assertTrue(content.endswith(body.encode()), content)
                self.assertEqual(len(content), listed[number - 1])
                self.assertTrue(client.top(number, 2)[1][-2:] == [b".", b".."])
            client.dele(2)
            with self.assertRaisesRegex(poplib.error_proto, "-ERR"):
                client.retr(2)
            self.assertEqual(client.stat()[0], 4)
            client.rset()
            self.assertEqual(client.stat()[0], 5)
            client.quit()

    def test_unique_ids_stay_and_deleting_counts_at_quit(self):
        client = pop3_client(self.instance, self.joe)
        before = [line.split()[1] for line in client.uidl()[1]]
        self.assertEqual(len(set(before)), 5)
        client.dele(1)
        client.close()  # without QUIT nothing is deleted
        client = pop3_client(self.instance, self.joe, "pop3")
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], before)
        client.dele(1)
        client.dele(4)
        client.quit()
        client = pop3_client(self.instance, self.joe)
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], [before[1], before[2], before[4]])
        client.quit()
        with imap_client(self.instance, self.joe) as imap:
            self.assertEqual(imap.select("INBOX")[1], [b"3"])

    def test_curl_lists_reads_and_deletes(self):
        for listener in LISTENERS:
            listed = self.programs.curl(listener, "", user=self.joe)
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertRegex(listed.stdout, r"\A1 \d+\s+2 \d+\s+3 \d+\s")
            got = self.programs.curl(listener, "3", user=self.joe)
            self.assertTrue(got.stdout.endswith(self.bodies[2].replace("\r\n", "\n")), got.stdout)
        deleted = self.programs.curl("pop3s", "1", "-X", "DELE", "--list-only", user=self.joe)
        self.assertEqual(deleted.returncode, 0, deleted.stderr)
        self.assertEqual(len(messages_of(self.instance, self.joe, "number")), 4)

    def test_passwords_are_taken_after_tls_only(self):
        client = poplib.POP3("127.0.0.1", self.instance.port("pop3"))
        self.assertNotIn("USER", client.capa())
        self.assertNotIn("SASL", client.capa())
        with self.assertRaisesRegex(poplib.error_proto, "-ERR"):
            client.user(self.joe.address)
        client.quit()

    def test_a_wrong_password_and_an_unknown_user_hear_the_same(self):
        for user in (User(self.joe.address, "not the password"), User("nobody@posthouse.example", "x")):
            for listener in LISTENERS:
                with self.assertRaisesRegex(poplib.error_proto, r"-ERR \[AUTH\] "):
                    pop3_client(self.instance, user, listener)
                self.assertEqual(self.programs.curl(listener, "", user=user).returncode, 67)
                fetched = self.programs.fetchmail(listener, user, "keep mda /bin/true")
                self.assertEqual(fetched.returncode, 3, fetched.stdout + fetched.stderr)
                self.assertIn("Authorization failure", fetched.stdout + fetched.stderr)

    def test_fetchmail_fetches_by_pop3_and_imap_and_finds_nothing_new_again(self):
        for listener in ("pop3", "pop3s", "imap", "imaps"):
            batch = self.programs.folder / f"{self.joe.address}.{listener}.bsmtp"
            uids = self.programs.folder / f"{listener}.uids"
            options = f'keep bsmtp "{batch}"'
            arguments = ["--idfile", uids] + ["--uidl"] * listener.startswith("pop3")
            fetched = self.programs.fetchmail(listener, self.joe, options, *arguments)
            self.assertEqual(fetched.returncode, 0, fetched.stdout + fetched.stderr)
            self.check_batch(batch)
            again = self.programs.fetchmail(listener, self.joe, options, *arguments)
            self.assertEqual(again.returncode, 1, again.stdout + again.stderr)  # no mail
            self.check_batch(batch)
            with imap_client(self.instance, self.joe) as imap:
                imap.select("INBOX")
                imap.store("1:*", "FLAGS", "()")

    def test_fetchmail_takes_all_messages_away(self):
        sink = self.programs.folder / f"{self.joe.address}.mbox"
        for listener in ("pop3s", "imaps"):
            fetched = self.programs.fetchmail(listener, self.joe, f'nokeep fetchall mda "tee -a {sink}"')
            # The second finds an empty mailbox: exit code 1.
            self.assertEqual(fetched.returncode, 0 if listener == "pop3s" else 1, fetched.stdout + fetched.stderr)
        self.assertEqual(re.findall(r"(?m)^Subject: number (\d)", sink.read_text()), list("12345"))
        self.assertEqual(messages_of(self.instance, self.joe, "number"), [])

    def check_batch(self, path):
        """A file of batched SMTP has every message once, as it was sent."""
        content = path.read_bytes().replace(b"\r\n", b"\n").decode()
        found = re.findall(r"(?ms)^(Subject: number .*?\n)\.\n", content)
        self.assertEqual([re.sub(r"(?m)^\.", "", one) for one in found], [body.replace("\r\n", "\n") for body in self.bodies])


if __name__ == "__main__":
    main()
