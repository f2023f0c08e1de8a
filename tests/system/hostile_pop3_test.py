"""A hostile POP3 client: commands out of order and over their bounds, bytes behind STLS, a reader that does not read.
After each attack every daemon is the process it was, and normal clients work."""

import socket

from hostile import HostileTest, ends
from mail_wire import Pop3, Smtp
from posthouse_test import eventually, main


class Hostile(HostileTest):
    settings = {"pop3d.error_limit": "10000", "auth.failure_delay": "100ms", "guard.failure_delay": "0"}

    def test_before_login_everything_else_is_refused_and_the_connection_goes_on(self):
        pop3 = self.pop3(listener="pop3")
        self.addCleanup(pop3.close)
        for command in ("STAT", "LIST", "RETR 1", "DELE 1", "RSET", "NOOP", "UIDL", "TOP 1 1", "PASS x", "USER a", "APOP a b",
                        "AUTH PLAIN", "AUTH PLAIN AGEAYg==", "AUTH FOO", "AUTH", "STLS x", "", "   ", "\0", "US\0ER a", "X" * 300,
                        "X" * 65_000, "X" * 1_000_000, "GET / HTTP/1.1", "USER " + "x" * 10_000, "\xff\xfe"):
            self.assertTrue(pop3.command(command).startswith("-ERR"), command[:40])
            status, _ = pop3.multi("CAPA")
            self.assertTrue(status.startswith("+OK"), command[:40])

    def test_numbers_and_arguments_over_their_bounds_are_refused_and_the_connection_goes_on(self):
        pop3 = self.pop3(self.instance.user("bob"))
        self.addCleanup(pop3.close)
        for command in ("LIST 0", "LIST -1", "LIST 99999999999999999999", "LIST 1 2", "RETR", "RETR 0", "RETR 4294967297",
                        "RETR 18446744073709551617", "RETR abc", "RETR 1 2", "RETR " + "1" * 1_000, "TOP 1", "TOP 1 -1",
                        "TOP 1 99999999999999999999", "TOP 0 0", "TOP 1 1 1", "UIDL 0", "UIDL x", "DELE 0", "DELE 99999", "DELE",
                        "RSET x", "NOOP x", "QUIT x", "USER a", "PASS b", "STLS", "AUTH PLAIN", "LAST", "XTND", "\0", "ST\0AT"):
            self.assertTrue(pop3.command(command).startswith("-ERR"), command[:40])
            self.assertEqual(pop3.command("NOOP")[:3], "+OK", command[:40])

    def test_bytes_behind_stls_are_discarded(self):
        pop3 = self.pop3(listener="pop3")
        self.addCleanup(pop3.close)
        pop3.send("STLS\r\nQUIT\r\nUSER evil\r\n")
        self.assertTrue(pop3.line().startswith(b"+OK"))
        pop3.start_tls(self.instance.certificate)
        self.assertTrue(pop3.command("PASS x").startswith("-ERR"), "no USER was taken")
        status, capabilities = pop3.multi("CAPA")
        self.assertTrue(status.startswith("+OK"))
        self.assertNotIn(b"STLS", capabilities)
        self.assertTrue(pop3.command("STLS").startswith("-ERR"))

    def test_what_is_deleted_stays_when_the_client_breaks_off(self):
        alice = self.instance.user("alice")
        with Smtp(self.instance.address("smtp")) as smtp:
            smtp.command("EHLO client.example.org")
            self.assertEqual(smtp.transaction("a@example.org", [alice.address], b"Subject: kept\r\n\r\nx\r\n")[0], 250)
        pop3 = self.pop3(alice)
        self.assertTrue(pop3.command("DELE 1").startswith("+OK"))
        self.assertTrue(pop3.command("RETR 1").startswith("-ERR"))
        pop3.send("DELE 1\r\nQUI")
        pop3.socket.shutdown(socket.SHUT_RDWR)
        pop3.close()
        with self.pop3(alice) as again:
            self.assertTrue(again.command("RETR 1").startswith("+OK"))

    def test_who_never_reads_costs_no_memory(self):
        alice = self.instance.user("alice")
        with Smtp(self.instance.address("smtp")) as smtp:
            smtp.command("EHLO client.example.org")
            large = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 280_000
            self.assertEqual(smtp.transaction("a@example.org", [alice.address], large)[0], 250)
        readers = [self.pop3(alice) for _ in range(10)]
        number = readers[0].command("STAT").split()[1]
        before = self.resident("pop3d")
        for reader in readers:
            self.addCleanup(reader.close)
            reader.send(f"RETR {number}\r\n" * 20)
        self.check_normal_clients()  # the daemon works on while they don't read
        self.check_growth("pop3d", before, 10 * 1_024)
        # Who then reads gets all of it.
        self.assertTrue(readers[0].line().startswith(b"+OK"))
        size = 0
        while (line := readers[0].file.readline()) != b".\r\n":
            size += len(line)
        self.assertGreater(size, len(large))

    def test_five_hundred_silent_connections_cost_little(self):
        for listener in ("pop3", "pop3s"):
            self.check_cost_of_strangers("pop3d", listener, b"", connections=250, greets=listener == "pop3")
        for sent in (b"U" * 200, b"x" * 200_000, b"CAPA\r\n" * 20_000, b"AUTH PLAIN " + b"A" * 30_000):
            self.check_cost_of_strangers("pop3d", "pop3", sent)

    def test_who_exists_is_not_told_and_log_lines_cannot_be_forged(self):
        alice = self.instance.user("alice")
        replies = set()
        for name in (alice.address, "nobody@posthouse.example", "alice@remote.example", 'a" user="root'):
            with self.pop3() as pop3:
                self.assertTrue(pop3.command(f"USER {name}").startswith("+OK"))
                replies.add(pop3.command("PASS wrong"))
        self.assertEqual(len(replies), 1, replies)
        with self.pop3() as pop3:
            for name in ("x\x1b[31m", "x\x01", "x\x7f", "\x9b31m"):
                pop3.command(f"USER {name}")
                self.assertTrue(pop3.command("PASS wrong").startswith("-ERR"))
        log = (self.instance.folder / "log" / "posthouse.log").read_bytes()
        self.assertEqual([byte for byte in set(log) if (byte < 32 or byte > 126) and byte != 10], [])


class Slow(HostileTest):
    settings = {"pop3d.login_timeout": "2s"}

    def check_normal_clients(self):
        """The time-outs of this instance are not for normal clients on a busy machine."""

    def test_who_does_not_log_in_in_time_is_closed(self):
        clients = [Pop3(self.instance.address("pop3")) for _ in range(3)]
        for client, sent in zip(clients, ("", "CA", "X" * 5_000)):
            client.send(sent)
        dripping = Pop3(self.instance.address("pop3"))

        def drip_until_closed():
            try:
                dripping.socket.settimeout(0.1)
                dripping.send("QUUX\r\n")
                while dripping.socket.recv(1000):
                    pass
                return True
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        eventually(drip_until_closed, "commands now and then do not keep a connection without a log-in")
        for client in clients:
            ends(client.socket)
            client.close()
        dripping.close()


if __name__ == "__main__":
    main()
