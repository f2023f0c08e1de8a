"""posthoused with the real daemons: restart, reload, and what clients notice of them."""

import os
import re
import signal
import socket
import ssl

from mail_programs import imap_client
from posthouse_test import SystemTest, eventually, main, run


def greeting(address):
    with socket.create_connection(address, timeout=30) as client:
        return client.recv(1000).decode()


class Restart(SystemTest):
    settings = {"general.restart_delay": "100ms", "imapd.workers": "2"}

    def test_every_daemon_comes_back_after_sigkill(self):
        for daemon in ("authd", "guardd", "historyd", "lmtpd", "queued", "smtpd", "imapd", "pop3d", "bridged"):
            before = self.instance.pids(daemon)
            self.assertTrue(before, daemon)
            os.kill(before[0], signal.SIGKILL)
            eventually(lambda: self.instance.is_ready() and before[0] not in self.instance.pids(daemon), f"{daemon} is back")
        deaths = re.findall(r"died part=(\w+)-1 pid=\d+ reason=\"killed by SIGKILL\"", self.instance.log())
        self.assertEqual(len(set(deaths)), 9, deaths)
        self.assertTrue(greeting(self.instance.address("smtp")).startswith("220 "))

    def test_clients_wait_and_are_not_refused_while_a_daemon_is_away(self):
        for pid in self.instance.pids("smtpd"):
            os.kill(pid, signal.SIGKILL)
        self.assertTrue(greeting(self.instance.address("smtp")).startswith("220 "))

    def test_each_worker_has_its_own_process(self):
        self.assertEqual(len(set(self.instance.pids("imapd"))), 2)


class Reload(SystemTest):
    def served_certificate(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(self.instance.address("imaps"), timeout=30) as client:
            with context.wrap_socket(client) as tls:
                return tls.getpeercert(binary_form=True)

    def test_a_new_certificate_is_served_without_a_restart(self):
        pids = self.instance.pids()
        old = self.served_certificate()
        folder = self.instance.folder / "tls"
        made = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-subj", "/CN=new.posthouse.example", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem")
        self.assertEqual(made.returncode, 0, made.stderr)
        with socket.create_connection(self.instance.address("imap"), timeout=30) as client:
            self.assertTrue(client.recv(1000).startswith(b"* OK"))
            self.instance.reload()
            eventually(lambda: self.served_certificate() != old, "the new certificate is served")
            client.sendall(b"a NOOP\r\n")
            self.assertIn(b"a OK", client.recv(1000))
        self.assertEqual(self.instance.pids(), pids)

    def test_a_wrong_configuration_changes_nothing(self):
        pids = self.instance.pids()
        text = self.instance.config.read_text()
        self.addCleanup(self.instance.config.write_text, text)
        self.instance.set("log.levl", '"debug"')
        self.instance.reload()
        eventually(lambda: "reload refused, nothing has changed" in self.instance.log(), "the log says so")
        self.assertIn("did you mean", self.instance.log())
        self.assertEqual(self.instance.pids(), pids)
        self.assertTrue(greeting(self.instance.address("smtp")).startswith("220 "))


class ImapSessions(SystemTest):
    def test_outlive_a_reload_and_are_told_good_bye_at_a_stop(self):
        alice = self.instance.user("alice")
        idle, busy = (imap_client(self.instance, alice) for _ in range(2))
        idle.select()
        idle.send(b"i IDLE\r\n")
        self.assertTrue(idle.readline().startswith(b"+"))
        self.instance.reload()
        eventually(lambda: re.search(r"imapd\[\d+\]: (\w+: )?reloaded", self.instance.log()), "imapd reads its configuration again")
        self.assertEqual(busy.noop()[0], "OK")
        message = b"Subject: last call\r\n\r\nbye\r\n"
        busy.send(b"b APPEND INBOX {%d}\r\n" % len(message))
        self.assertTrue(busy.readline().startswith(b"+"))
        os.kill(self.instance.supervisor(), signal.SIGTERM)
        self.assertEqual(idle.readline(), b"* BYE Server is shutting down, try again later\r\n")
        self.assertEqual(idle.readline(), b"")
        busy.send(message + b"\r\n")
        self.assertTrue(busy.readline().startswith(b"b OK [APPENDUID "), "what was begun is done first")
        self.assertEqual(busy.readline(), b"* BYE Server is shutting down, try again later\r\n")
        self.assertEqual(busy.readline(), b"")
        eventually(lambda: not self.instance.supervisor(), "everything has stopped")


class CleanStop(SystemTest):
    def test_a_running_transaction_ends_first(self):
        bob = self.instance.user("bob")
        with socket.create_connection(self.instance.address("smtp"), timeout=30) as client:
            lines = client.makefile("rb")

            def say(text, code):
                client.sendall(text.encode())
                line = lines.readline()
                while line[3:4] == b"-":
                    line = lines.readline()
                self.assertTrue(line.startswith(code), line)

            say("", b"220")
            say("EHLO client.example\r\n", b"250")
            say("MAIL FROM:<>\r\n", b"250")
            say(f"RCPT TO:<{bob.address}>\r\n", b"250")
            say("DATA\r\n", b"354")
            os.kill(self.instance.supervisor(), signal.SIGTERM)
            eventually(lambda: "stopping" in self.instance.log(), "the supervisor stops")
            say("Subject: last call\r\n\r\nbye\r\n.\r\n", b"250")
        eventually(lambda: not self.instance.supervisor(), "everything has stopped")
        self.assertNotIn("did not stop in general.drain_timeout", self.instance.log())
        self.assertTrue(any(b"last call" in path.read_bytes()
                            for path in (self.instance.maildir(bob) / "new").iterdir()))


if __name__ == "__main__":
    main()
