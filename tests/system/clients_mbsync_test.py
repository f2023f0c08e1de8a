"""mbsync carries 5,000 messages in 50 folders, their changes both ways, and renamed folders; when nothing has changed, it asks
for nothing."""
# labels: clients

import mailbox

from client_tests import ClientTest
from mail_programs import imap_client
from posthouse_test import main

BOTH = "Patterns *\nCreate Both\nRemove Both\nExpunge Both\nSync All"
FOLDERS = ["INBOX"] + [f"Folder {number}" for number in range(25)] + [f"Deep/{number}" for number in range(24)]
CHANGING = {"APPEND", "UID STORE", "STORE", "UID COPY", "EXPUNGE", "UID EXPUNGE", "CREATE", "DELETE", "RENAME"}


class Mbsync(ClientTest):
    def near(self, folder):
        return mailbox.Maildir(self.mbsync.folder / "mail" / folder, create=False)

    def near_flags(self, folder):
        return {message["Subject"]: message.get_flags() for message in self.near(folder)}

    def sync(self, user):
        self.recorder.forget()
        done = self.mbsync.mbsync("imaps", user, "mail", BOTH)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([str(one) for one in self.recorder.refused()], [])

    def sync_again(self, user):
        """Nothing is left to do."""
        self.sync(user)
        self.assertEqual(CHANGING & set(self.recorder.verbs()), set())
        self.assertEqual([one for one in self.recorder.exchanges() if b"BODY" in one.command], [])

    def test_five_thousand_messages_in_fifty_folders(self):
        joe = self.user("many")
        self.fill(joe, {folder: [f"Subject: {folder} {number}\r\n\r\nbody {number}\r\n".encode() for number in range(100)]
                        for folder in FOLDERS})
        with self.recorded("mbsync") as (self.recorder, self.mbsync):
            self.sync(joe)
            self.assertEqual({folder: len(self.near(folder)) for folder in FOLDERS}, dict.fromkeys(FOLDERS, 100))
            self.sync_again(joe)

            for folder in FOLDERS:
                box = self.near(folder)
                for key, message in box.items():
                    if message["Subject"].endswith(" 7"):
                        message.set_subdir("cur")
                        message.set_flags("FS")
                        box[key] = message
                    elif message["Subject"].endswith(" 8"):
                        box.remove(key)
                box.add(f"Subject: {folder} new\n\nwritten here\n")
            with imap_client(self.instance, joe) as client:
                for folder in FOLDERS:
                    client.select(f'"{folder}"')
                    client.store("51:60", "+FLAGS", r"(\Answered)")
                    client.store("91:100", "+FLAGS", r"(\Deleted)")
                    client.expunge()
            self.sync(joe)
            for folder in FOLDERS:
                expected = {f"{folder} {number}": "R" if 50 <= number < 60 else "" for number in range(90) if number != 8}
                expected |= {f"{folder} 7": "FS", f"{folder} new": ""}
                self.assertEqual(self.near_flags(folder), expected)
            for folder in FOLDERS[0], FOLDERS[1], FOLDERS[-1]:
                there = self.far(joe, folder)
                self.assertEqual(set(there), set(self.near_flags(folder)))
                self.assertEqual({subject for subject, flags in there.items() if flags == {"\\Flagged", "\\Seen"}}, {f"{folder} 7"})
            self.sync_again(joe)

    def test_folders_that_were_renamed_on_either_side(self):
        joe = self.user("renaming")
        folders = {name: [f"Subject: {name} {number}\r\n\r\n".encode() for number in range(3)]
                   for name in ("Here", "There", "There/Sub", "Stays")}
        self.fill(joe, folders)
        with self.recorded("renaming") as (self.recorder, self.mbsync):
            self.sync(joe)
            with imap_client(self.instance, joe) as client:
                self.assertEqual(client.rename("There", "Elsewhere")[0], "OK")
            mail = self.mbsync.folder / "mail"
            (mail / "Here").rename(mail / "Moved")
            self.sync(joe)
            # To mbsync these are new folders; of old ones it leaves what has messages, so nothing is lost.
            self.assertLessEqual({"Moved", "Elsewhere", "Elsewhere/Sub", "Stays"}, self.far_folders(joe))
            for name, old in (("Moved", "Here"), ("Elsewhere", "There"), ("Elsewhere/Sub", "There/Sub"), ("Stays", "Stays")):
                self.assertEqual(set(self.far(joe, name)), {f"{old} {number}" for number in range(3)})
                self.assertEqual(set(self.near_flags(name)), {f"{old} {number}" for number in range(3)})
            self.sync_again(joe)


if __name__ == "__main__":
    main()
