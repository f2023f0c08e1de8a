"""mutt and neomutt at work in a mailbox: new mail, flags, saving, deleting, with and without CONDSTORE and QRESYNC, compressed."""
# labels: clients

import re

from client_tests import ClientTest
from mail_programs import imap_client
from posthouse_test import eventually, main

# What people set who read large mailboxes.
CACHED = 'set header_cache="{0}/" message_cachedir="{0}/" imap_condstore=yes imap_qresync=yes\n'
PACKED = "set imap_deflate=yes\n"
PLAIN = "set imap_deflate=no imap_pipeline_depth=0\n"


class Mutt(ClientTest):
    program = "mutt"
    packs = True  # whether it can compress
    headers_again = 1  # fetched where one message is new and two are gone

    def test_tags_flags_moves_and_deletes(self):
        for name, settings in (("packed", PACKED), ("plain", PLAIN)):
            joe = self.user(f"{self.program}-{name}")
            self.send(joe, [f"move {number}" for number in range(3)] + [f"keep {number}" for number in range(3)] + ["delete"])
            with self.recorded(f"{self.program}-{name}") as (recorder, programs):
                done = programs.mutt_read(joe, "imaps", "".join((
                    "<tag-pattern>~s move<enter><tag-prefix><save-message>=Größe<enter><untag-pattern>.<enter>",
                    "<tag-pattern>~s keep<enter><tag-prefix><flag-message><tag-prefix><set-flag>r<untag-pattern>.<enter>",
                    "<delete-pattern>~s delete<enter><sync-mailbox><change-folder>=Größe<enter>",
                    "<display-message><exit><quit>")), settings, self.program)
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertEqual("COMPRESS" in recorder.verbs(), name == "packed" and self.packs)
                refusals = {re.sub(r"\].*", "]", one.result) for one in recorder.refused()}
                self.assertLessEqual(refusals, {"NO [NONEXISTENT]", "NO [TRYCREATE]"})  # it asks for folders that it then makes
            self.assertEqual(self.far(joe), {f"keep {number}": {"\\Flagged", "\\Answered", "\\Seen"} for number in range(3)})
            moved = self.far(joe, "Gr&APYA3w-e")
            self.assertEqual(set(moved), {f"move {number}" for number in range(3)})
            self.assertEqual([flags for flags in moved.values() if flags], [{"\\Seen"}])

    def test_shows_new_mail_and_what_others_change(self):
        joe = self.user(f"{self.program}-new")
        self.send(joe, ["was there"])
        with self.recorded(f"{self.program}-new") as (recorder, programs):
            settings = "set imap_idle=yes timeout=1 mail_check=1\n"
            with programs.mutt_on_terminal(joe, "imaps", settings, self.program) as terminal:
                terminal.wait("was there")
                eventually(lambda: "IDLE" in recorder.verbs(), "it idles")
                self.send(joe, ["just came"])
                terminal.wait("just came")
                with imap_client(self.instance, joe) as client:
                    client.select("INBOX")
                    client.store("1", "+FLAGS", r"(\Deleted)")
                    client.expunge()
                terminal.wait("Mailbox was externally modified")
                terminal.type("q")
                self.assertEqual(terminal.finish(), 0, terminal.output)

    def test_caches_and_asks_for_what_has_changed_only(self):
        joe = self.user(f"{self.program}-cached")
        self.fill(joe, {"INBOX": [b"Subject: number %d\r\n\r\nbody\r\n" % number for number in range(1, 301)]})
        with self.recorded(f"{self.program}-cached") as (recorder, programs):
            settings = CACHED.format(programs.folder / "cache")
            (programs.folder / "cache").mkdir()
            done = programs.mutt_read(joe, "imaps", "<quit>", settings, self.program)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(sum(b"BODY[HEADER" in one for one in self.said(recorder)), 300)
            with imap_client(self.instance, joe) as client:
                client.select("INBOX")
                client.store("10:12", "+FLAGS", r"(\Seen)")
                client.store("100,200", "+FLAGS", r"(\Deleted)")
                client.expunge()
                client.append("INBOX", None, None, b"Subject: number 301\r\n\r\nbody\r\n")
            recorder.forget()
            done = programs.mutt_read(joe, "imaps", "<last-entry><quit>", settings, self.program)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("number 301", done.stdout)
            fetched = [one for one in self.said(recorder) if b" FETCH " in one]
            self.assertEqual(sum(b"BODY[HEADER" in one for one in fetched), self.headers_again)
            self.assertEqual([one for one in self.said(recorder) if b"VANISHED" in one], [b"* VANISHED (EARLIER) 100,200\r\n"])

    def said(self, recorder):
        """The untagged responses to all commands."""
        return [one for exchange in recorder.exchanges() for one in exchange.untagged]


class NeoMutt(Mutt):
    program = "neomutt"
    packs = False  # not as Debian builds it
    headers_again = 3  # of the messages that moved up in place of those gone, too


if __name__ == "__main__":
    main()
