"""OfflineIMAP synchronises in both directions; when nothing has changed, it asks for nothing."""
# labels: clients

import mailbox

from client_tests import ClientTest
from mail_programs import imap_client
from posthouse_test import main

CHANGING = {"APPEND", "UID STORE", "STORE", "UID COPY", "EXPUNGE", "UID EXPUNGE", "CREATE", "DELETE", "RENAME"}


class OfflineImap(ClientTest):
    def sync(self, user):
        self.recorder.forget()
        config = self.offlineimap.file("offlineimaprc", f"""
[general]
accounts = posthouse
metadata = {self.offlineimap.folder}/metadata
[Account posthouse]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {self.offlineimap.folder}/mail
sep = /
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {self.recorder.port("imaps")}
remoteuser = {user.address}
remotepass = {user.password}
ssl = yes
sslcacertfile = {self.instance.certificate}
usecompression = yes
maxconnections = 2
""")
        done = self.offlineimap.run("offlineimap", "-c", config, "-o", "-u", "basic")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([str(one) for one in self.recorder.refused()], [])

    def near(self, folder="INBOX"):
        return mailbox.Maildir(self.offlineimap.folder / "mail" / folder, create=False)

    def near_flags(self, folder="INBOX"):
        return {message["Subject"]: message.get_flags() for message in self.near(folder)}

    def test_carries_messages_flags_and_folders_both_ways(self):
        joe = self.user("both")
        self.fill(joe, {folder: [f"Subject: {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nbody\r\n".encode()
                                 for number in range(20)] for folder in ("INBOX", "Work", "Work/Deep", "&ANw-ber")})
        with self.recorded("offlineimap") as (self.recorder, self.offlineimap):
            self.sync(joe)
            self.assertEqual({name: len(self.near(name)) for name in ("INBOX", "Work", "Work/Deep", "&ANw-ber")},
                             {"INBOX": 20, "Work": 20, "Work/Deep": 20, "&ANw-ber": 20})
            box = self.near()
            for key, message in box.items():
                if message["Subject"] == "1":
                    message.set_subdir("cur")
                    message.set_flags("FS")
                    box[key] = message
                elif message["Subject"] == "2":
                    box.remove(key)
            box.add(b"Subject: written here\nMessage-ID: <here@example.org>\n\nbody\n")
            mailbox.Maildir(self.offlineimap.folder / "mail" / "Projekte").add(b"Subject: in a new folder\n\nbody\n")
            with imap_client(self.instance, joe) as client:
                client.select("INBOX")
                client.store("4", "+FLAGS", r"(\Answered)")
                client.store("5", "+FLAGS", r"(\Deleted)")
                client.expunge()
                client.append("Work", None, None, b"Subject: written there\r\n\r\nbody\r\n")
            self.sync(joe)
            expected = {str(number): "" for number in range(20) if number not in (2, 4)} | {"1": "FS", "3": "R", "written here": ""}
            self.assertEqual(self.near_flags(), expected)
            self.assertEqual(self.far(joe), {subject: {{"F": "\\Flagged", "S": "\\Seen", "R": "\\Answered"}[flag] for flag in flags}
                                             for subject, flags in expected.items()})
            self.assertEqual(self.far(joe, "Projekte"), {"in a new folder": set()})
            self.assertIn("written there", self.near_flags("Work"))

            self.sync(joe)
            self.assertEqual(CHANGING & set(self.recorder.verbs()), set())
            self.assertEqual([one for one in self.recorder.exchanges() if b"BODY" in one.command], [])


if __name__ == "__main__":
    main()
