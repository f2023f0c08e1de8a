"""What a client knows of its selected mailbox when it believes all that it is told, and what it may not be told."""

from imap_values import pairs


class Violation(AssertionError):
    """The server said what it must not say."""


def require(holds, what):
    if not holds:
        raise Violation(what() if callable(what) else what)


class Entry:
    """A message. None: not known yet."""
    __slots__ = ("uid", "flags", "modseq", "flags_modseq")

    def __init__(self, uid=None):
        self.uid = uid
        self.flags = None
        self.modseq = None  # of its last change
        self.flags_modseq = None  # when flags were told with it


class Enabled:
    def __init__(self):
        self.condstore = self.qresync = self.uid_only = False


class Model:
    """Of the selected mailbox: in sequence, or by UID alone with UIDONLY (RFC 9586)."""

    def __init__(self, name, enabled):
        self.name, self.enabled = name, enabled
        self.validity = None
        self.uid_next = None
        self.highest = None  # HIGHESTMODSEQ as a client may use it to resync (RFC 7162 §3.2.5)
        self.read_only = False
        self.entries = []  # in sequence; UIDONLY: only those whose UIDs are known
        self.by_uid = {}
        self.exists = 0
        self.seen_modseq = 0  # the highest of all FETCH responses
        self.passing = False  # the mailbox may be deleted or renamed

    def uids(self):
        return [entry.uid for entry in self.entries]

    def has_unknown(self):
        return len(self.by_uid) < self.exists

    # -- untagged responses

    def exists_is(self, count):
        require(count >= self.exists, f"EXISTS {count} after {self.exists}")
        if not self.enabled.uid_only:
            self.entries += [Entry() for _ in range(count - self.exists)]
        self.exists = count

    def expunge(self, number):
        """Gives the UID if it is known."""
        require(not self.enabled.qresync and not self.enabled.uid_only, "EXPUNGE after ENABLE QRESYNC or UIDONLY (RFC 7162 §3.2.3)")
        require(1 <= number <= self.exists, f"EXPUNGE {number} of {self.exists}")
        entry = self.entries.pop(number - 1)
        self.exists -= 1
        self.by_uid.pop(entry.uid, None)
        return entry.uid

    def vanished(self, uid):
        require(self.enabled.qresync or self.enabled.uid_only, "VANISHED without QRESYNC and UIDONLY")
        entry = self.by_uid.pop(uid, None)
        if entry:
            self.entries.remove(entry)
        else:
            require(self.has_unknown(), f"VANISHED {uid}, which isn't in the mailbox")
            if not self.enabled.uid_only:
                place = self.gap_for(uid)
                require(place is not None, f"VANISHED {uid}, which can't be in the mailbox: {self.uids()}")
                del self.entries[place]
        self.exists -= 1

    def gap_for(self, uid):
        """A place that the UID can have, of those whose UID isn't known."""
        for place, entry in enumerate(self.entries):
            if entry.uid is None:
                after = next((one.uid for one in self.entries[place:] if one.uid is not None), None)
                if after is None or uid < after:
                    return place
            elif entry.uid > uid:
                return None
        return None

    def fetched(self, number, items, solicited):
        """FETCH or UIDFETCH; `solicited`: names that the command asked for. Gives (entry, flags before)."""
        data = pairs(items)
        if self.enabled.uid_only:
            require(b"UID" not in data or data[b"UID"] == number, f"UIDFETCH {number} with UID {data.get(b'UID')}")
            entry = self.by_uid.get(number)
            if not entry:
                require(self.has_unknown(), f"UIDFETCH {number}, which isn't in the mailbox")
                entry = self.by_uid[number] = Entry(number)
                self.entries.append(entry)
        else:
            require(1 <= number <= self.exists, f"FETCH {number} of {self.exists}")
            entry = self.entries[number - 1]
            if (uid := data.get(b"UID")) is not None:
                self.is_uid(number, entry, uid)
        before = entry.flags
        modseq = data[b"MODSEQ"][0] if b"MODSEQ" in data else None
        if modseq is not None:
            require(self.enabled.condstore, "MODSEQ before anything that enables CONDSTORE")
            require(entry.modseq is None or modseq >= entry.modseq, f"MODSEQ of {entry.uid} fell from {entry.modseq} to {modseq}")
            entry.modseq = modseq
            self.seen_modseq = max(self.seen_modseq, modseq)
        if b"FLAGS" in data:
            flags = frozenset(data[b"FLAGS"]) - {b"\\Recent"}
            if self.enabled.condstore and b"FLAGS" not in solicited:
                require(modseq is not None, "flags that were not asked for, without MODSEQ (RFC 7162 §3.2)")
            if modseq is not None:
                if entry.flags_modseq == modseq:
                    require(flags == entry.flags, f"flags of {entry.uid} changed and MODSEQ {modseq} did not: {entry.flags} {flags}")
                entry.flags_modseq = modseq
            else:
                entry.flags_modseq = None
            entry.flags = flags
        return entry, before

    def is_uid(self, number, entry, uid):
        if entry.uid is not None:
            require(entry.uid == uid, f"message {number} had UID {entry.uid} and has {uid}")
            return
        require(uid not in self.by_uid, f"UID {uid} is at {number} and elsewhere")
        for place in range(number - 2, -1, -1):
            if self.entries[place].uid is not None:
                require(self.entries[place].uid < uid, f"UID {uid} behind {self.entries[place].uid}")
                break
        for place in range(number, len(self.entries)):
            if self.entries[place].uid is not None:
                require(self.entries[place].uid > uid, f"UID {uid} before {self.entries[place].uid}")
                break
        entry.uid = uid
        self.by_uid[uid] = entry
