"""Mail as other servers leave it on disk, made by hand: plain Maildirs, and Courier's.

    tree = plain(root, random.Random(7))      # makes the files below root, which is the account's folder
    tree.mailboxes["INBOX"]                   # what a server must show of it: a list of Made
    before = files_of(root)
    ...
    assert files_of(root) == before           # no message was rewritten"""

import dataclasses
import os
import pathlib

from operations import message

LETTERS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
KEYWORDS = ["$Forwarded", "Junk", "work"]


@dataclasses.dataclass
class Made:
    token: str
    flags: frozenset
    date: int
    uid: int = 0  # 0: the tree has none


@dataclasses.dataclass
class Tree:
    mailboxes: dict  # {name: [Made]}
    subscribed: frozenset = frozenset()
    uid_validity: dict = dataclasses.field(default_factory=dict)  # {name: UIDVALIDITY}
    uid_next: dict = dataclasses.field(default_factory=dict)
    unique_ids: dict = dataclasses.field(default_factory=dict)  # {UID in INBOX: POP3's unique-id}


def files_of(root):
    """{folder and base name: (inode, time, bytes)} of every message's file; flags and new/ or cur/ don't matter."""
    return {(str(path.parent.parent.relative_to(root)), path.name.partition(":2,")[0]):
            (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
            for path in pathlib.Path(root).rglob("*") if path.parent.name in ("new", "cur") and path.is_file()}


def folder(root, name):
    """The Maildir of a mailbox, made if it isn't there."""
    place = pathlib.Path(root) if name == "INBOX" else pathlib.Path(root) / ("." + name.replace("/", "."))
    for part in ("new", "cur", "tmp"):
        (place / part).mkdir(parents=True, exist_ok=True)
    if name != "INBOX":
        (place / "maildirfolder").touch()
    return place


def put(place, chance, token, style):
    """A message's file, in the manner of some program. Gives its base name and what is to be shown."""
    date = chance.randrange(10**9, 1_700_000_000)
    content = message(chance, token)
    if chance.random() < 0.8:
        content = content.replace(b"\r\n", b"\n")
    base = f"{date}.{style.format(chance.randrange(10**6), chance.randrange(10**5), len(content))}"
    letters = "".join(sorted(chance.sample(sorted(LETTERS), chance.randrange(0, 4))))
    fresh = not letters and chance.random() < 0.5
    path = place / "new" / base if fresh else place / "cur" / f"{base}:2,{letters}"
    path.write_bytes(content)
    os.utime(path, (date + 5, date))
    return base, Made(token, frozenset(LETTERS[letter] for letter in letters), date)


def plain(root, chance):
    """As a delivery agent, mutt or an rsync of Maildirs leaves it: nothing but messages."""
    tree = Tree({})
    for name in ("INBOX", "Sent", "Entw&APw-rfe", "Work/2024", "Work/2024/Q1"):
        place = folder(root, name)
        styles = ["M{}P{}.host", "{}_{}.host.example.org", "M{}P{}V0801I1.old,S={}", "R{}{}.a=b+c", "{}.{} with blanks"]
        tree.mailboxes[name] = [put(place, chance, f"{name}-{number}".encode("ascii", "replace").decode(), chance.choice(styles))[1]
                                for number in range(chance.randrange(3, 30))]
    return tree


def courier(root, chance):
    """As Courier-IMAP 5.0 leaves it: UIDs in courierimapuiddb; keywords in courierimapkeywords/:list, and what changed since
    in a file per message; INBOX.… subscribed; unique-ids of POP3 in INBOX's courierpop3dsizelist."""
    tree = Tree({}, frozenset(("Sent", "Work/Q1", "INBOX")))
    (pathlib.Path(root)).mkdir(parents=True, exist_ok=True)
    for name in ("INBOX", "Sent", "Entw&APw-rfe", "Work/Q1"):
        place = folder(root, name)
        uid, lines, keywords, sizes = 0, [], [], []
        tree.mailboxes[name] = []
        (place / "courierimapkeywords").mkdir()
        for number in range(chance.randrange(5, 30)):
            uid += chance.choice([1, 1, 1, 7])
            base, made = put(place, chance, f"{name}-{number}", "M{}P{}V0801I1_0.host,S={}")
            made.uid = uid
            lines.append(f"{uid} {base}\n")
            if chosen := sorted(chance.sample(range(len(KEYWORDS)), chance.randrange(0, 3))):
                made.flags |= {KEYWORDS[one] for one in chosen}
                if chance.random() < 0.3:
                    keywords.append(f"{base}:0\n")
                    own = "".join(KEYWORDS[one] + "\n" for one in chosen)
                    (place / "courierimapkeywords" / base).write_text(own)
                    (place / "courierimapkeywords" / f".5985910.{base}").write_text(KEYWORDS[0] + "\n")
                else:
                    keywords.append(f"{base}:{' '.join(map(str, chosen))}\n")
            if name == "INBOX" and chance.random() < 0.8:
                tree.unique_ids[uid] = f"UID{number + 1}-1400000000"
                sizes.append(f"{base}:2,S 1000 {number + 1}:1400000000:0\n")
            tree.mailboxes[name].append(made)
        tree.uid_validity[name], tree.uid_next[name] = chance.randrange(10**9, 1_500_000_000), uid + 3
        (place / "courierimapuiddb").write_text(f"1 {tree.uid_validity[name]} {tree.uid_next[name]}\n" + "".join(lines))
        (place / "courierimapkeywords" / ":list").write_text("\n".join(KEYWORDS) + "\n\n" + "".join(keywords))
        if name == "INBOX":
            (place / "courierpop3dsizelist").write_text("/3 100 1400000000\n" + "".join(sizes))
    lines = ("INBOX" if name == "INBOX" else f"INBOX.{name.replace('/', '.')}" for name in sorted(tree.subscribed))
    (pathlib.Path(root) / "courierimapsubscribed").write_text("".join(line + "\n" for line in lines))
    return tree
