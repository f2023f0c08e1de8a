"""packaging/quickstart.sh: what it promises to people and programs."""

import json
import os
import pathlib
import socket
import unittest

from posthouse_test import BIN, Instance, SystemTest, eventually, is_alive, main, port_is_free, run, QUICKSTART


class Quickstart(SystemTest):
    def test_describes_the_instance_for_programs(self):
        description = self.instance.description
        self.assertEqual(set(description), {"version", "config", "mail_root", "listeners", "users", "processes"})
        self.assertEqual(description["config"], str(self.instance.config))
        for name in ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "http"):
            with socket.create_connection(self.instance.address(name), timeout=10):
                pass
        for name in ("lmtp", "auth", "login", "userdb", "socketmap", "guard"):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(description["listeners"][name]["path"])
        for name, pids in description["processes"].items():
            self.assertTrue(pids and all(is_alive(pid) for pid in pids), name)
        self.assertEqual([user["address"].split("@")[0] for user in description["users"]], ["alice", "bob"])

    def test_keeps_secrets_from_other_users(self):
        for name in ("instance.json", "tls/key.pem", "db/demo-users"):
            self.assertEqual((self.instance.folder / name).stat().st_mode & 0o077, 0, name)

    def test_status_shows_every_part(self):
        result = self.instance.posthouse("status", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        parts = {part["name"]: part for part in json.loads(result.stdout)["parts"]}
        self.assertEqual(set(parts), {"authd", "guardd", "historyd", "lmtpd", "queued", "smtpd", "imapd", "pop3d", "bridged"})
        self.assertEqual({part["state"] for part in parts.values()}, {"ready"})


class SecondRun(SystemTest):
    def test_keeps_configuration_users_and_mail(self):
        users = self.instance.description["users"]
        self.instance.set("smtpd.banner", '"kept"')
        result = self.instance.quickstart()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.instance.read_description()
        self.assertEqual(self.instance.description["users"], users)
        self.assertIn('banner = "kept"', self.instance.config.read_text())
        stored = list((self.instance.maildir(self.instance.user("bob"))).glob("*/*"))
        self.assertEqual(len([path for path in stored if path.parent.name in ("new", "cur")]), 2)

    def test_moves_one_listener_when_told_so(self):
        port = self.instance.ports.base + 7
        result = self.instance.quickstart("--port", f"smtp={port}")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.instance.read_description()
        self.assertEqual(self.instance.port("smtp"), port)


class Stop(SystemTest):
    def test_leaves_nothing_running(self):
        pids = [self.instance.supervisor(), *self.instance.pids()]
        result = self.instance.stop()
        self.assertEqual(result.returncode, 0, result.stderr)
        eventually(lambda: not any(is_alive(pid) for pid in pids), "no process is left")
        self.assertFalse((self.instance.folder / "instance.json").exists())
        self.assertFalse(list((self.instance.folder / "run").rglob("*.sock")))
        again = self.instance.stop()
        self.assertEqual(again.returncode, 0)
        self.assertIn("nothing to stop", again.stdout)
        self.assertEqual(self.instance.posthouse("status").returncode, 5)


class WhatIsWrong(unittest.TestCase):
    """One clear line that says what and where, exit code not 0, nothing half done."""

    def setUp(self):
        self.instance = Instance({"directory.engine": "sqlite"})
        self.addCleanup(self.instance.destroy)

    def start(self, *arguments):
        return self.instance.quickstart("--port-base", self.instance.ports.base, *arguments)

    def expect_failure(self, result, *words):
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse((self.instance.folder / "instance.json").exists())
        self.assertEqual(self.instance.supervisor(), 0)
        self.assertEqual(self.instance.pids(), [])

    def start_once(self):
        """Makes configuration and users, and stops again."""
        self.instance.start()
        self.instance.stop()

    def test_a_port_in_use(self):
        port = self.instance.ports.base + 43
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen(1)
            self.expect_failure(self.start(), f"port {port}", "imap")

    def test_a_port_in_use_that_only_the_supervisor_notices(self):
        self.start_once()
        port = self.instance.ports.base + 43
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen(1)
            result = run(BIN / "posthoused", "--config", self.instance.config, "--background")
            self.expect_failure(result, "listen.imap", f"127.0.0.1:{port}", "in use")

    def test_an_unknown_parameter(self):
        self.start_once()
        self.instance.set("smtpd.mesage_size_limit", '"1M"')
        line = self.instance.config.read_text().splitlines().index('mesage_size_limit = "1M"') + 1
        self.expect_failure(self.start(), f"{self.instance.config}:{line}", 'did you mean "message_size_limit"?')

    def test_a_value_of_a_wrong_type(self):
        self.start_once()
        self.instance.set("smtpd.workers", '"many"')
        self.expect_failure(self.start(), "smtpd.workers must be a number")

    def test_a_missing_certificate(self):
        self.start_once()
        self.instance.set("tls.certificate", '"tls/other.pem"')
        self.expect_failure(self.start(), "tls.certificate", "tls/other.pem")

    def test_a_key_of_another_certificate(self):
        self.start_once()
        key = self.instance.folder / "tls" / "other.pem"
        made = run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.instance.set("tls.key", '"tls/other.pem"')
        self.expect_failure(self.start(), "tls.key", "does not belong to the certificate")

    def test_a_database_that_is_none(self):
        self.start_once()
        (self.instance.folder / "db" / "directory.sqlite").write_bytes(b"this is no database " * 100)
        result = run(BIN / "posthoused", "--config", self.instance.config, "--background")
        self.expect_failure(result, "authd-1 did not start", "directory.sqlite")

    def test_a_log_that_cannot_be_written(self):
        self.start_once()
        self.instance.set("log.path", '"db"')
        self.expect_failure(self.start(), "log.path", "cannot be written")

    def test_a_second_supervisor(self):
        self.instance.start()
        result = run(BIN / "posthoused", "--config", self.instance.config, "--background")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("already running here", result.stderr)
        self.assertTrue(self.instance.is_ready())

    def test_a_wrong_option(self):
        for arguments in (["--port", "smtp=x"], ["--port", "ftp=2100"], ["--port-base", "99999"], ["--wrong"]):
            result = run(QUICKSTART, "--dir", self.instance.folder / "none", *arguments)
            self.assertNotEqual(result.returncode, 0, arguments)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertFalse((self.instance.folder / "none").exists())


if __name__ == "__main__":
    main()
