"""Programs that fetch and sort mail by IMAP: getmail, fetchmail while it idles, imapfilter, and Perl's Mail::IMAPClient."""
# labels: clients

import pathlib
import re
import subprocess

from client_tests import ClientTest
from mail_programs import messages_of
from posthouse_test import PATIENCE, eventually, main


class Fetching(ClientTest):
    def test_getmail_fetches_from_several_folders_and_delivers_by_lmtp(self):
        joe, bob = self.user("getmail"), self.user("getmail-bob")
        folders = {folder: [f"Return-Path: <a@example.org>\r\nSubject: {folder} {number}\r\n\r\n.\r\nbody\r\n".encode()
                            for number in range(10)] for folder in ("INBOX", "Work/Deep")}
        self.fill(joe, folders)
        expected = []
        for kind, listener, mailboxes in (("IMAP", "imaps", ["INBOX", "Work/Deep"]), ("POP3", "pop3s", ["INBOX"])):
            expected += [f"{folder} {number}" for folder in mailboxes for number in range(10)]
            with self.recorded(f"getmail-{kind}") as (recorder, programs):
                # To a Maildir it delivers by a child process, never as root, and it may miss the child's end when the machine
                # is busy; to LMTP it delivers itself.
                config = programs.file("getmailrc", f"""
[retriever]
type = Simple{kind}SSLRetriever
server = localhost
port = {recorder.port(listener)}
username = {joe.address}
password = {joe.password}
ca_certs = {self.instance.certificate}
{f"mailboxes = {tuple(mailboxes)}" if kind == "IMAP" else ""}
[destination]
type = MDA_lmtp
host = {self.instance.address("lmtp")}
override = {bob.address}
[options]
read_all = false
""")
                for _ in range(2):  # the second time it finds nothing new
                    done = programs.run("getmail", "--getmaildir", programs.folder, "--rcfile", config)
                    self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
                    found = re.findall(rb"(?m)^Subject: (.*)\r$", b"".join(messages_of(self.instance, bob, "")))
                    self.assertEqual(sorted(subject.decode() for subject in found), sorted(expected))

    def test_fetchmail_idles_and_fetches_what_comes(self):
        joe = self.user("fetchmail")
        self.send(joe, ["first"])
        with self.recorded("fetchmail") as (recorder, programs):
            sink = programs.folder / "sink"
            config = programs.fetchmail_settings("imaps", joe, f'keep idle mda "tee -a {sink}"')
            with subprocess.Popen(["fetchmail", "-f", config, "--pidfile", programs.folder / "pid", "--nosyslog", "--nodetach"],
                                  env={**programs.environment, "PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as fetchmail:
                try:
                    for number, subject in enumerate(("first", "second", "third"), 1):
                        eventually(lambda: sink.exists() and f"Subject: {subject}\n" in sink.read_text(), f"{subject} is fetched")
                        eventually(lambda: recorder.verbs().count("IDLE") >= number, "it idles")
                        if number < 3:
                            self.send(joe, [("second", "third")[number - 1]])
                finally:
                    fetchmail.terminate()
                    output = fetchmail.communicate(timeout=PATIENCE)[0]
            self.assertEqual([str(one) for one in recorder.refused()], [], output)

    def test_imapfilter_moves_marks_and_deletes(self):
        joe = self.user("imapfilter")
        self.fill(joe, {"INBOX": [f"From: {sender}@example.org\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode() for sender, subject, text in (
            ("ann", "to be moved", "x"), ("joe", "to be marked", "x"), ("spam", "to be deleted", "x"), ("ann", "stays", "needle"))]})
        with self.recorded("imapfilter") as (recorder, programs):
            config = programs.file("config.lua", f"""
options.timeout = 60
options.create = true
options.subscribe = true
account = IMAP {{ server = 'localhost', port = {recorder.port("imaps")}, username = '{joe.address}', password = '{joe.password}',
                  ssl = 'auto' }}
mailboxes, folders = account:list_all()
account:create_mailbox('Made')
account.INBOX:contain_subject('moved'):move_messages(account['Filtered/Ann'])
account.INBOX:contain_subject('marked'):mark_flagged()
account.INBOX:contain_from('spam'):delete_messages()
found = account.INBOX:contain_body('needle') * account.INBOX:is_unseen() * account.INBOX:is_newer(1)
found:copy_messages(account.Made)
found:mark_seen()
exist, unread = account.INBOX:check_status()
print('counts', exist, unread)
for _, message in ipairs(account.Made:select_all()) do
    mailbox, uid = table.unpack(message)
    print('fetched', mailbox[uid]:fetch_field('Subject'), mailbox[uid]:fetch_body())
end
""")
            done = programs.run("imapfilter", "-c", config, "-t", self.instance.certificate)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("counts\t2\t", done.stdout)
            self.assertIn("fetched\tSubject: stays\tneedle", done.stdout)
            self.assertEqual([one.result.split("]")[0] for one in recorder.refused()], ["NO [TRYCREATE"])
        self.assertEqual(self.far(joe), {"to be marked": {"\\Flagged"}, "stays": {"\\Seen"}})
        self.assertEqual(set(self.far(joe, "Filtered/Ann")), {"to be moved"})
        self.assertEqual(set(self.far(joe, "Made")), {"stays"})

    def test_perls_client_works(self):
        joe = self.user("perl")
        with self.recorded("perl") as (recorder, programs):
            script = pathlib.Path(__file__).with_name("mail_imapclient.pl")
            done = programs.run("perl", script, recorder.port("imaps"), self.instance.certificate, joe.address, joe.password)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
