"""What benchmarks of whole servers share: clients (load/), processor time, sides that take turns, and the report."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "peer"), str(HERE.parent / "system"), str(HERE.parent / "interop")]
from posthouse_test import BUILD, Instance  # noqa: E402

LOAD = BUILD / "bench" / "load"
PEOPLE = 1000  # of the runs that are compared
TICKS = os.sysconf("SC_CLK_TCK")
COMPARED = ("per_second", "accepted_per_second", "cpu_ms_each", "client_cpu_ms_each")  # figures of a run, where it has them


def load(kind, place, **options):
    """Runs the clients; a dictionary of what they achieved."""
    words = [str(LOAD), kind, place if isinstance(place, str) else "%s:%d" % place]
    for name, value in options.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            words += ["--" + name.replace("_", "-")] + ([] if one is True else [str(one)])
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout)


def family(root):
    """A process and those it began, each with the words of its /proc/PID/stat behind the name."""
    children = {}
    stats = {}
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                words = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                stats[int(folder.name)] = words
                children.setdefault(int(words[1]), []).append(int(folder.name))
    found = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        if pid in stats:
            found[pid] = stats[pid]
        waiting += children.get(pid, [])
    return found


def processor_seconds(root):
    """What a process, those it began and those that have ended took."""
    return sum(int(word) for words in family(root).values() for word in words[11:15]) / TICKS


def memory(root):
    """Proportional memory of a process and those it began, in bytes: shared pages count to each process by its part."""
    total = 0
    for pid in family(root):
        with contextlib.suppress(OSError):  # it has ended
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024


def measured(root, kind, place, **options):
    before = processor_seconds(root)
    result = load(kind, place, **options)
    result["cpu_ms_each"] = 1000 * (processor_seconds(root) - before) / result["done"]
    return result


# The password "secret".
CHEAP = "{SSHA512}" + base64.b64encode(hashlib.sha512(b"secretsalt").digest() + b"salt").decode()


@contextlib.contextmanager
def apart():
    """Folders that are made within lie far from each other on the disk, so that no side pays for what the other removes: ext4 looks
    for an inode near the folder of a new file, and without a journal passes, one by one, over those that were freed within the last
    minutes. Its mark for the top of hierarchies of folders spreads what is below."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.chmod(folder, 0o755)
        subprocess.run(["chattr", "+T", folder], capture_output=True)  # other file systems don't know the mark, nor need it
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = None


@contextlib.contextmanager
def instance(settings=None, people=PEOPLE, hash=CHEAP):
    """A server with so many users who have this hash; without one, each an Argon2id hash of its own as ours are by default."""
    server = Instance({"log.level": "warning", "auth.rehash": "false", "imapd.workers": "0", **(settings or {})})
    try:
        server.start()
        domain = server.posthouse("domain", "add", "example.org")
        assert domain.returncode in (0, 4), domain.stderr
        rows = ("email,password_hash\n" if hash else "email,password\n") + \
            "".join(f"u{i}@example.org,{hash or 'secret'}\n" for i in range(people))
        added = server.posthouse("user", "add", "--csv", "-", input=rows)
        assert added.returncode == 0, added.stderr
        yield server
    finally:
        server.destroy()


class Report:
    def __init__(self):
        self.rows = []

    def add(self, work, **figures):
        self.rows.append({"work": work, **figures})
        print(f"{work:58}" + "  ".join(f"{name} {value:,.4g}" if isinstance(value, float) else f"{name} {value}"
                                       for name, value in figures.items()), flush=True)


def turns(report, work, sides, seconds, rounds=3):
    """Runs the sides alternately; medians, and the ratio of each to the first."""
    results = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            results[name].append(run(seconds))
    first = None
    for name, all in results.items():
        figures = {figure: statistics.median(one[figure] for one in all) for figure in COMPARED if figure in all[0]}
        first = first or figures
        ratios = {}
        if figures is not first:
            ratios["first_is_faster_by"] = first["per_second"] / figures["per_second"]
            if first["cpu_ms_each"] > 0:
                ratios["cpu_ratio"] = figures["cpu_ms_each"] / first["cpu_ms_each"]
        report.add(f"{work}: {name}", **figures, **ratios)


def pick(result):
    return {name: result[name] for name in ("per_second", "median_ms", "p99_ms", "max_ms", "cpu_ms_each") if name in result}
