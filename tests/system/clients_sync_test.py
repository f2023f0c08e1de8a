"""mbsync synchronises in both directions, and mutt works in a mailbox on a terminal, over STARTTLS and over TLS from the
start."""
# labels: clients

import contextlib
import mailbox
import re

from client_tests import ClientTest
from mail_programs import imap_client, messages_of
from posthouse_test import User, main

BOTH = "Patterns *\nCreate Both\nRemove Both\nExpunge Both\nSync All"


class SyncClients(ClientTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.instance.user("alice")

    def sync(self, listener, user, mail, settings=BOTH):
        done = self.programs.mbsync(listener, user, mail, settings)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def near(self, mail, folder="INBOX"):
        """{subject: flags} of the messages on our side."""
        box = mailbox.Maildir(self.programs.folder / mail / folder, create=False)
        return {message["Subject"]: message.get_flags() for message in box}

    def files(self, mail):
        """Name and time of change of everything on our side."""
        return {path: path.stat().st_mtime_ns for path in (self.programs.folder / mail).rglob("*") if path.is_file()}

    def test_mbsync_carries_messages_flags_and_folders_both_ways(self):
        for listener in ("imap", "imaps"):
            joe, mail = self.user(f"both-{listener}"), f"mail-{listener}"
            self.send(joe, ["one", "two", "three"])
            self.sync(listener, joe, mail)
            self.assertEqual(self.near(mail), {"one": "", "two": "", "three": ""})

            box = mailbox.Maildir(self.programs.folder / mail / "INBOX", create=False)
            for key, message in box.items():
                if message["Subject"] == "one":
                    message.set_subdir("cur")
                    message.set_flags("FS")
                    box[key] = message
                elif message["Subject"] == "two":
                    box.remove(key)
            box.add(b"Subject: written here\n\nbody\n")
            mailbox.Maildir(self.programs.folder / mail / "Projekte").add(b"Subject: in a new folder\n\nbody\n")
            with imap_client(self.instance, joe) as client:
                client.select("INBOX")
                client.store("3", "+FLAGS", r"(\Answered)")
                client.create("&ANw-ber")
                client.append("&ANw-ber", r"(\Draft)", None, b"Subject: written there\r\n\r\nbody\r\n")
            self.sync(listener, joe, mail)

            self.assertEqual(self.near(mail), {"one": "FS", "three": "R", "written here": ""})
            self.assertEqual(self.far(joe), {"one": {"\\Flagged", "\\Seen"}, "three": {"\\Answered"}, "written here": set()})
            self.assertEqual(self.far(joe, "Projekte"), {"in a new folder": set()})
            self.assertEqual(self.near(mail, "&ANw-ber"), {"written there": "D"})
            self.assertTrue(messages_of(self.instance, joe, "written here")[0].endswith(b"\r\n\r\nbody\r\n"))

            before = self.files(mail), self.far(joe), (self.instance.maildir(joe) / "dovecot-uidlist").read_bytes()
            self.sync(listener, joe, mail)
            after = self.files(mail), self.far(joe), (self.instance.maildir(joe) / "dovecot-uidlist").read_bytes()
            self.assertEqual(before, after)

    def test_mbsync_pulls_and_pushes_many_messages(self):
        joe = self.user("many")
        subjects = {f"number {number}" for number in range(100)}
        self.send(joe, subjects)
        self.sync("imaps", joe, "many")
        self.assertEqual(set(self.near("many")), subjects)
        other = self.user("other")
        settings = "Patterns INBOX\nSync Push"
        state, mail = self.programs.folder / "pushed.state", self.programs.folder / "pushed"
        (self.programs.folder / "many").rename(mail)
        self.assertFalse(state.exists())
        for path in (mail / "INBOX").rglob("*"):
            if path.is_file() and ",U=" in path.name:
                path.rename(path.with_name(re.sub(r",U=\d+", "", path.name)))  # UIDs belong to the other account
        self.sync("imap", other, "pushed", settings)
        self.assertEqual(set(self.far(other)), subjects)
        self.sync("imap", other, "pushed", settings)
        self.assertEqual(len(messages_of(self.instance, other, "number ")), 100)

    def test_mbsync_reports_a_wrong_password(self):
        for listener in ("imap", "imaps"):
            done = self.programs.mbsync(listener, User(self.alice.address, "wrong"), "none", BOTH)
            self.assertEqual(done.returncode, 1)
            self.assertIn("[AUTHENTICATIONFAILED] Authentication failed", done.stdout + done.stderr)

    def test_mutt_saves_copies_moves_and_deletes(self):
        for listener in ("imap", "imaps"):
            joe = self.user(f"mutt-{listener}")
            self.send(joe, ["keep", "copy", "move", "delete", "export"])
            saved = self.programs.folder / f"saved-{listener}"
            done = self.programs.mutt_read(joe, listener, "".join((
                f"<tag-pattern>~s export<enter><tag-prefix><copy-message>{saved}<enter><untag-pattern>.<enter>",
                "<tag-pattern>~s copy<enter><tag-prefix><copy-message>=Archive<enter><untag-pattern>.<enter>",
                "<tag-pattern>~s move<enter><tag-prefix><save-message>=New<enter><untag-pattern>.<enter>",
                "<delete-pattern>~s delete<enter><flag-message><quit>")))
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(set(self.far(joe)), {"keep", "copy", "export"}, done.stdout)
            self.assertEqual(set(self.far(joe, "Archive")), {"copy"}, done.stdout)
            self.assertEqual(set(self.far(joe, "New")), {"move"}, done.stdout)
            with contextlib.closing(mailbox.mbox(saved, create=False)) as exported:
                self.assertEqual([(one["Subject"], one.get_payload()) for one in exported], [("export", "body of export\n")])
            self.assertEqual(1, sum("\\Flagged" in flags for flags in self.far(joe).values()))


if __name__ == "__main__":
    main()
