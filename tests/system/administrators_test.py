"""Two administrators at once, and commands that are killed in the middle: the directory is as it was before or as it is
afterwards, never between, with SQLite and with MariaDB."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from mariadb_server import MariadbServer
from posthouse_test import BIN, PATIENCE, main, setting

ROUNDS = int(setting("POSTHOUSE_CUT_ROUNDS", 12))
HASH = "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA=="
OK, NOT_FOUND, EXISTS, UNAVAILABLE = 0, 3, 4, 5


class CommandLine(unittest.TestCase):
    """Runs `posthouse` with a configuration of its own; no daemon takes part. Who waits for another waits however long it takes."""

    settings = {"directory.busy_timeout": "50s", "directory.query_timeout": "1m"}

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.config = self.folder / "posthouse.toml"
        self.config.write_text('[general]\nmail_root = "mail"\nindex_root = "index"\n[directory]\nsqlite = "directory.sqlite"\n')
        self.environment = os.environ | {"POSTHOUSE_" + name.upper().replace(".", "_"): value
                                         for name, value in self.settings.items()}
        self.random = random.Random(int(setting("POSTHOUSE_CUT_SEED", random.randrange(1 << 30))))
        self.seed = self.random.getstate()[1][0]
        self.expect("db", "init")
        self.expect("domain", "add", "example.org")

    def start(self, *arguments):
        return subprocess.Popen([BIN / "posthouse", "--config", self.config, "--yes", *arguments], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def posthouse(self, *arguments):
        """(exit code, what it printed, what it said of errors)."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE * 2)
        return process.returncode, out, err

    def expect(self, *arguments, code=OK):
        done, out, err = self.posthouse(*arguments)
        self.assertEqual(done, code, f"{arguments}: {out}{err}")
        return out

    def listed(self, *arguments):
        return json.loads(self.expect("--json", *arguments))

    def users(self, domain="example.org"):
        return {user["email"] for user in self.listed("user", "list", "--domain", domain)}

    def csv(self, name, count):
        path = self.folder / f"{name}.csv"
        path.write_text("email,password_hash\n" + "".join(f"{name}{i}@example.org,{HASH}\n" for i in range(count)))
        return path

    def killed(self, longest, *arguments):
        """Starts a command and kills it before `longest` seconds have passed; whether it had ended by itself."""
        process = self.start(*arguments)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.random.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode != -signal.SIGKILL


class OnAnyEngine:
    def test_an_import_that_is_killed_leaves_all_or_nothing(self):
        csv = self.csv("many", 4000)
        begun = time.monotonic()
        self.expect("user", "add", "--csv", csv)
        longest = time.monotonic() - begun
        self.expect("domain", "remove", "example.org")
        self.expect("domain", "add", "example.org")
        cut = 0
        for _ in range(ROUNDS):
            ended = self.killed(1.1 * longest, "user", "add", "--csv", csv)
            found = len(self.users())
            self.assertIn(found, (0, 4000))
            if ended:
                self.assertEqual(found, 4000)
            cut += not ended
            # Nothing of it is in the way of who comes next.
            self.expect("alias", "add", "next@example.org", "a@example.org")
            self.expect("domain", "remove", "example.org")
            self.expect("domain", "add", "example.org")
        self.assertGreater(cut, 0)

    def test_a_rename_that_is_killed_is_finished_by_the_same_command(self):
        names = [f"u{i}" for i in range(30)]
        for name in names:
            self.expect("user", "add", f"{name}@example.org", "--generate")
            (self.folder / "mail" / "example.org" / name / "new").mkdir(parents=True)
            (self.folder / "mail" / "example.org" / name / "new" / "1.M1P1.host").write_text("x\n")
        (self.folder / "mail" / "example.org" / "u0" / "cur").mkdir()
        old, new = "example.org", "example.net"
        for _ in range(ROUNDS):
            ended = self.killed(0.06, "domain", "rename", old, new)
            domains = {domain["name"] for domain in self.listed("domain", "list")}
            self.assertIn(domains, ({old}, {new}))
            if ended:
                self.assertEqual(domains, {new})
            if domains == {old}:
                self.expect("domain", "rename", old, new)
            self.assertEqual(self.users(new), {f"{name}@{new}" for name in names})
            messages = sorted(path.relative_to(self.folder / "mail").parts[:2]
                              for path in (self.folder / "mail").glob("*/*/new/*"))
            self.assertEqual(messages, sorted((new, name) for name in names))
            old, new = new, old

    def test_two_administrators_do_not_undo_each_other(self):
        """Each has users of its own, and both want the same ones: whoever is told that it was done has done it."""
        done = [[], []]
        wrong = []

        def work(number):
            chance = random.Random(self.seed + number)
            for i in range(25):
                own, shared = f"own{number}-{i}@example.org", f"shared{i}@example.org"
                for words in (("user", "add", own, "--generate"), ("user", "add", shared, "--generate"),
                              ("alias", "add", f"all{i}@example.org", own),
                              ("user", "rename", own, f"renamed{number}-{i}@example.org") if chance.random() < 0.5
                              else ("user", "disable", own)):
                    code, out, err = self.posthouse(*words)
                    if code == OK:
                        done[number].append(words)
                    elif code != EXISTS or words[2] != shared:
                        wrong.append((words, code, out, err))

        threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        expected, disabled, aliases = set(), set(), set()
        for words in done[0] + done[1]:
            if words[1] == "add" and words[0] == "user":
                self.assertNotIn(words[2], expected, "both were told that they had added it")
                expected.add(words[2])
            elif words[0] == "alias":
                aliases.add((words[2], words[3]))
            elif words[1] == "rename":
                expected = expected - {words[2]} | {words[3]}
                aliases = {(source, words[3] if target == words[2] else target) for source, target in aliases}
            else:
                disabled.add(words[2])
        listed = self.listed("user", "list")
        self.assertEqual({user["email"] for user in listed}, expected)
        self.assertEqual({user["email"] for user in listed if not user["enabled"]}, disabled)
        self.assertEqual({(alias["source"], alias["destination"]) for alias in self.listed("alias", "list")}, aliases)
        entries = self.listed("db", "audit", "--last", "1000")
        self.assertEqual(len([entry for entry in entries if entry["action"] != "domain.add"]), len(done[0] + done[1]))

    def test_two_imports_of_the_same_users_give_them_once(self):
        csv = self.csv("both", 2000)
        processes = [self.start("user", "add", "--csv", csv) for _ in range(2)]
        for process in processes:
            process.communicate(timeout=PATIENCE * 2)
        self.assertEqual(sorted(process.returncode for process in processes), [OK, EXISTS])
        self.assertEqual(len(self.users()), 2000)


class Sqlite(OnAnyEngine, CommandLine):
    pass


class Mariadb(OnAnyEngine, CommandLine):
    @classmethod
    def setUpClass(cls):
        cls.server = MariadbServer()
        cls.addClassCleanup(cls.server.destroy)
        cls.settings = CommandLine.settings | cls.server.settings()

    def setUp(self):
        self.server.execute("DROP DATABASE posthouse; CREATE DATABASE posthouse")
        super().setUp()


if __name__ == "__main__":
    main()
