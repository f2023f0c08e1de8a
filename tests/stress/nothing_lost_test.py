"""Every message that was answered with 250 is delivered, or returned to its sender, or still in the queue, whatever ends,
hangs or fails meanwhile: daemons are killed, the spool's disk is full now and then, the destination puts off, refuses, is
silent and closes. Within Posthouse nothing is delivered twice; what the destination got twice is counted.

POSTHOUSE_RUNS=200 POSTHOUSE_MESSAGES=2000 make it long, POSTHOUSE_SEED=N repeats a run's choices. Needs root, to mount a small disk."""
# timeout: 1800

import asyncio
import collections
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from destination import CLOSED, GOOD, HARD, SILENT, SOFT, Destination  # noqa: E402
from posthouse_test import PATIENCE, Instance, SystemTest, eventually, main, setting  # noqa: E402

SEED = setting("SEED", 0) or random.randrange(1, 1 << 32)
RUNS = setting("RUNS", 1)
MESSAGES = setting("MESSAGES", 300)
SENDERS = 10
SPOOL = "64m"
SETTLED = 120  # seconds until the queue must be empty once all is well again

SETTINGS = {"smtpd.mynetworks": "127.0.0.0/8", "smtpd.queue_minfree": "2M", "queued.minimal_backoff_time": "1s", "queued.maximal_backoff_time": "2s",
            "queued.queue_run_delay": "2s", "smtpd.delivery_timeout": "2s", "general.restart_delay": "50ms",
            "general.restart_delay_limit": "200ms", "log.level": "warning",
            **{f"outbound.{name}_timeout": "2s" for name in ("connect", "helo", "mail", "rcpt", "data_init", "data_xfer", "data_done")}}


class SmallSpool(Instance):
    """An instance whose spool lies on a disk of its own."""

    def start(self):
        spool = self.folder / "spool"
        spool.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SPOOL},mode=0710", "posthouse-test", spool], capture_output=True, text=True)
        if mounted.returncode != 0:
            print(f"\nno small disk can be mounted, so none gets full: {mounted.stderr.strip()}")
        return super().start()

    def destroy(self):
        try:
            if self.supervisor():
                self.stop()
        finally:
            subprocess.run(["umount", "--lazy", self.folder / "spool"], capture_output=True)
            super().destroy()


class Run:
    """One run: so many messages, and what happens meanwhile."""

    def __init__(self, instance, number, chance):
        self.instance, self.number, self.chance = instance, number, chance
        self.alice, self.bob = instance.user("alice"), instance.user("bob")
        self.accepted = {}  # token: recipients
        self.begun = 0
        self.calm = False
        self.destination = Destination(instance.ports.base + 50, self.mood)
        self.kills = collections.Counter()

    def mood(self, stage):
        if self.calm or self.chance.random() < 0.93:
            return GOOD
        if stage == "after end of data":
            return CLOSED
        return self.chance.choice((SOFT, SOFT, HARD, SILENT, CLOSED) if stage not in ("connect", "EHLO") else (SOFT, CLOSED, SILENT))

    async def play(self):
        await self.destination.start()
        senders = [asyncio.create_task(self.send()) for _ in range(SENDERS)]
        disturbers = [asyncio.create_task(self.kill()), asyncio.create_task(self.fill_disk())]
        await asyncio.gather(*senders)
        for disturber in disturbers:
            disturber.cancel()
        await asyncio.gather(*disturbers, return_exceptions=True)
        self.calm = True
        (self.instance.folder / "spool" / ".filler").unlink(missing_ok=True)
        await asyncio.to_thread(eventually, self.instance.is_ready, "all daemons are back", PATIENCE)
        try:
            await asyncio.to_thread(self.settle)
        finally:
            await self.destination.stop()

    # -- sending

    async def send(self):
        """Message after message, over connections that may end at any moment."""
        host, port = self.instance.address("smtp")
        while self.begun < MESSAGES:
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), PATIENCE)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            try:
                await asyncio.wait_for(self.session(reader, writer), PATIENCE * 2)
            except (ConnectionError, EOFError):
                pass
            finally:
                writer.close()

    async def session(self, reader, writer):
        async def reply():
            while True:
                line = await reader.readline()
                if not line.endswith(b"\n"):
                    raise EOFError
                if line[3:4] != b"-":
                    return int(line[:3])

        async def command(text):
            writer.write(text.encode() + b"\r\n")
            return await reply()

        if await reply() != 220 or await command("EHLO client.example.org") != 250:
            return
        for _ in range(self.chance.randrange(1, 20)):
            if self.begun >= MESSAGES:
                return
            self.begun += 1
            token = f"t{self.number}x{self.begun}"
            wanted = self.chance.choice(([self.bob.address], [self.bob.address], [f"r{self.begun}@destination.example"],
                                         [self.bob.address, self.alice.address, f"s{self.begun}@destination.example"]))
            if await command(f"MAIL FROM:<{self.alice.address}>") != 250:
                await asyncio.sleep(0.05)  # as who tries again later
                continue
            taken = [one for one in wanted if await command(f"RCPT TO:<{one}>") == 250]
            if not taken or await command("DATA") != 354:
                await command("RSET")
                await asyncio.sleep(0.05)
                continue
            body = "x" * 70 + "\r\n"
            content = f"Subject: {token}\r\n\r\n" + body * self.chance.choice((1, 50, 3000))
            if await command(content + ".") == 250:
                self.accepted[token] = taken

    # -- what happens meanwhile

    async def kill(self):
        """Daemons die by SIGKILL at random moments: one, or all at once."""
        while True:
            await asyncio.sleep(self.chance.uniform(0.1, 1.0))
            name = self.chance.choice(("smtpd", "queued", "lmtpd", "authd", "all"))
            self.kills[name] += 1
            for pid in self.instance.pids(None if name == "all" else name):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    async def fill_disk(self):
        spool = self.instance.folder / "spool"
        while os.path.ismount(spool):
            await asyncio.sleep(self.chance.uniform(1, 4))
            disk = os.statvfs(spool)
            try:
                with (spool / ".filler").open("wb", buffering=0) as filler:
                    for _ in range(disk.f_bavail * disk.f_frsize // 65536 + 1):
                        filler.write(b"x" * 65536)
            except OSError:
                pass
            await asyncio.sleep(self.chance.uniform(0.1, 0.5))
            (spool / ".filler").unlink(missing_ok=True)

    # -- afterwards

    def settle(self):
        """All is well again: the queue must run empty."""
        end = time.monotonic() + SETTLED
        while left := self.queue():
            if time.monotonic() > end:
                raise AssertionError(f"still in the queue: {left}")
            self.instance.posthouse("queue", "flush", "--all")
            time.sleep(0.5)

    def queue(self):
        listed = self.instance.posthouse("--json", "queue", "list", "--limit", "100000")
        assert listed.returncode == 0, listed.stderr
        return json.loads(listed.stdout)

    def stored(self, user):
        """(subject, content) of all messages in the user's INBOX."""
        for part in ("new", "cur"):
            for path in (self.instance.maildir(user) / part).glob("*"):
                content = path.read_text(errors="replace")
                yield re.search(r"(?m)^Subject: (.*)$", content)[1], content

    def check(self):
        """What became of every message that was answered with 250."""
        had, returned = collections.Counter(), set()
        for user in (self.alice, self.bob):
            for subject, content in self.stored(user):
                if re.fullmatch(r"t\d+x\d+", subject):
                    had[subject, user.address] += 1
                    continue
                token = re.findall(r"(?m)^Subject: (t\d+x\d+)$", content)
                returned |= {(token[-1], one) for one in re.findall(r"(?m)^Final-Recipient: rfc822; (\S+)$", content)} if token else set()
        twice = [key for key, count in had.items() if count > 1]
        lost = [key for token, recipients in self.accepted.items() for key in ((token, one) for one in recipients)
                if not (had[key] or self.destination.taken[key] or key in returned)]
        again = {key: count for key, count in self.destination.taken.items() if count > 1}
        inexplicable = [key for key, count in again.items() if count > 1 + self.destination.unanswered[key]]
        return lost, twice, returned, again, inexplicable


    def forget(self):
        """Makes room for the next run."""
        for user in (self.alice, self.bob):
            for part in ("new", "cur"):
                for path in (self.instance.maildir(user) / part).glob("*"):
                    path.unlink()


class NothingLost(SystemTest):
    @classmethod
    def setUpClass(cls):
        cls.instance = SmallSpool(SETTINGS)
        cls.addClassCleanup(cls.instance.destroy)
        cls.instance.start()
        print(f"\nseed: POSTHOUSE_SEED={SEED}")
        added = cls.instance.posthouse("transport", "add", "destination.example", f"smtp:[127.0.0.1]:{cls.instance.ports.base + 50}")
        assert added.returncode == 0, added.stderr

    def test_what_was_answered_250_is_delivered_or_returned(self):
        for number in range(RUNS):
            run = Run(self.instance, number, random.Random(SEED + number))
            asyncio.run(run.play())
            lost, twice, returned, again, inexplicable = run.check()
            print(f"run {number}: {len(run.accepted)} of {run.begun} accepted, {len(returned)} returned, kills {dict(run.kills)}, "
                  f"{len(again)} twice at the destination, {len(inexplicable)} of them without a lost answer of its own")
            self.assertEqual(lost, [], "answered 250, and nowhere")
            self.assertEqual(twice, [], "delivered twice within Posthouse")
            self.assertGreater(len(run.accepted), MESSAGES // 4)
            run.forget()


if __name__ == "__main__":
    main()
