"""`posthouse mailbox` looks at, checks and mends mail while a client has the mailbox selected, and when nothing runs."""
# labels: clients
import json
import re

from mail_programs import imap_client
from posthouse_test import SystemTest, main


class MailboxRepair(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = cls.instance.user("alice"), cls.instance.user("bob")

    def posthouse(self, *arguments, code=0):
        done = self.instance.posthouse("--json", "mailbox", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def ok(self, answer):
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def bodies(self, client):
        """UID to content of all messages in the selected mailbox."""
        data = self.ok(client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[TEXT])"))
        return {int(re.search(rb"UID (\d+)", part[0]).group(1)): part[1].strip() for part in data if isinstance(part, tuple)}

    def spoil_size(self, maildir, uid):
        """Makes a message's file name wrong about its size, in the folder and in its line."""
        listed = (maildir / "dovecot-uidlist").read_text()
        base = re.search(rf"^{uid} .*?:(.*)$", listed, re.M).group(1)
        wrong = base.replace(",S=", ",S=9")
        file = next(path for path in (maildir / "cur").iterdir() if path.name.startswith(base))
        (maildir / "dovecot-uidlist").write_text(listed.replace(base, wrong))
        file.rename(file.with_name(file.name.replace(base, wrong)))
        return base

    def test_a_session_that_stays_selected_sees_only_what_was_hidden(self):
        maildir = self.instance.maildir(self.alice)
        with imap_client(self.instance, self.alice) as client:
            self.ok(client.select("INBOX"))
            for number in range(5):
                self.ok(client.append("INBOX", r"(\Seen \Flagged)" if number % 2 else None, None, b"Subject: %d\r\n\r\nbody %d\r\n" % (number, number)))
            self.ok(client.noop())
            before = self.bodies(client)
            uids = sorted(before)
            self.assertEqual(self.posthouse("check", self.alice.address)["findings"], [])
            base = self.spoil_size(maildir, uids[1])
            (maildir / "cur" / "folder:2,S").mkdir()
            other = next(path for path in (maildir / "cur").iterdir() if "F" in path.name and base not in path.name)
            (maildir / "new" / other.name.partition(":")[0]).write_bytes(b"Subject: double\n\nhidden\n")

            found = self.posthouse("check", self.alice.address, "INBOX", code=1)["findings"]
            self.assertLessEqual({"foreign_entry", "wrong_size"}, {finding["kind"] for finding in found})
            mended = self.posthouse("repair", self.alice.address)
            self.assertEqual(mended["not_mended"], 0, mended)
            self.assertEqual(self.posthouse("check", self.alice.address)["findings"], [])
            self.assertTrue((maildir / "posthouse-aside" / "INBOX" / "from-cur" / "folder:2,S").is_dir())
            self.assertTrue([path for path in (maildir / "cur").iterdir() if path.name.startswith(base)])

            self.ok(client.noop())
            after = self.bodies(client)
            self.assertEqual({uid: after[uid] for uid in uids}, before)
            self.assertEqual([after[uid] for uid in set(after) - set(uids)], [b"hidden"])
            self.ok(client.uid("STORE", str(uids[1]), "+FLAGS", r"(\Answered)"))

    def test_the_index_is_made_anew_under_a_session(self):
        with imap_client(self.instance, self.bob) as client:
            self.ok(client.append("INBOX", r"(\Seen)", None, b"Subject: x\r\n\r\nbody\r\n"))
            self.ok(client.select("INBOX"))
            before = self.bodies(client)
            made = self.posthouse("reindex", self.bob.address, "--summaries")
            self.assertEqual(made[0]["failures"], [])
            self.assertEqual(self.bodies(client), before)
            self.ok(client.append("INBOX", None, None, b"Subject: y\r\n\r\nlater\r\n"))
            self.ok(client.noop())
            self.assertEqual(len(self.bodies(client)), len(before) + 1)
            listed = {row["mailbox"]: row for row in self.posthouse("list", self.bob.address)}
            self.assertEqual(listed["INBOX"]["messages"], len(before) + 1)
            self.assertEqual(self.posthouse("status", self.bob.address)["guid"], listed["INBOX"]["guid"])
            self.assertGreaterEqual(self.posthouse("stats", "--all")["total"]["messages"], len(before) + 1)

    def test_all_goes_without_the_daemons(self):
        instance = self.start_instance()
        bob = instance.user("bob")
        with imap_client(instance, bob) as client:
            self.ok(client.append("INBOX", r"(\Seen)", None, b"Subject: x\r\n\r\nbody\r\n"))
            guid = json.loads(instance.posthouse("--json", "mailbox", "status", bob.address).stdout)["guid"]
        instance.stop()
        (instance.maildir(bob) / ".Sent" / "dovecot-uidlist").unlink(missing_ok=True)
        (instance.maildir(bob) / ".Sent" / "dovecot-uidlist").mkdir()
        for command, code in (("check", 1), ("repair", 0), ("check", 0)):
            done = instance.posthouse("mailbox", command, "--all")
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        done = instance.posthouse("--json", "mailbox", "status", bob.address)
        self.assertEqual(json.loads(done.stdout)["guid"], guid)


if __name__ == "__main__":
    main()
