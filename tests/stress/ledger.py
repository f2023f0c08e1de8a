"""What all clients together know of the mail: what each flag may be, which messages there may be, and which there must be.

Commands take time, and what one changes is seen by others at some moment between its start and its end. Moments are
numbers of events, counted here; whatever could have been so in some order of the commands is right."""

import bisect

from model import require

FOREVER = 1 << 60


class Register:
    """A value that commands write: what a look from `start` to `end` may find."""
    __slots__ = ("writes",)

    def __init__(self, value, start, end):
        self.writes = [(start, end, value, True)]

    def add(self, start, end, value, certain):
        self.writes.append((start, end, value, certain))

    def possible(self, start, end):
        # What ended before another began that ended before the look can't be seen any more.
        newest = max((one[0] for one in self.writes if one[3] and one[1] < start), default=-1)
        return {value for begun, ended, value, _ in self.writes if begun <= end and ended >= newest}

    def forget(self, horizon):
        """Drops what no look that begins after `horizon` can find."""
        newest = max((one[0] for one in self.writes if one[3] and one[1] < horizon), default=-1)
        self.writes = [one for one in self.writes if one[1] >= newest]


class Message:
    __slots__ = ("uid", "token", "flags", "settled", "may_be_gone", "gone")

    def __init__(self, uid):
        self.uid = uid
        self.token = None
        self.flags = {}  # {flag: Register}; what isn't here is False
        self.settled = False  # it is known with which flags it began
        self.may_be_gone = False  # a command has been answered that may have removed it
        self.gone = None  # when somebody was told that it is gone


class Told:
    """A number that only rises, by the moments in which it was told."""

    def __init__(self):
        self.moments, self.numbers = [], []

    def tell(self, moment, number):
        if not self.numbers or number > self.numbers[-1]:
            self.moments.append(moment)
            self.numbers.append(number)

    def before(self, moment):
        place = bisect.bisect_left(self.moments, moment)
        return self.numbers[place - 1] if place else 0


class Box:
    """A mailbox, by its UIDVALIDITY."""

    def __init__(self, validity):
        self.validity = validity
        self.messages = {}
        self.uid_next, self.highest = Told(), Told()
        self.removals = {}  # commands under way that remove what is \Deleted: {command: (start, UIDs or None)}
        self.removed_lately = []  # those that ended while others were under way: (start, end, UIDs or None)
        self.passing = False  # it has had a name that is deleted and renamed


class Ledger:
    def __init__(self):
        self.moment = 0
        self.boxes = {}
        self.running = {}  # {command: its start}
        self.tokens = set()  # of all messages that have been looked at
        self.nameless = 0  # messages that were gone before anybody looked

    def now(self):
        self.moment += 1
        return self.moment

    def box(self, validity):
        return self.boxes.setdefault(validity, Box(validity))

    def begin(self, command):
        self.running[command] = self.now()
        return self.running[command]

    def end(self, command):
        del self.running[command]
        return self.now()

    def horizon(self):
        return min(self.running.values(), default=self.moment)

    # -- messages

    def message(self, box, uid, heard):
        """The message as it is known, or as it is heard of now. UIDs are never used again."""
        found = box.messages.get(uid)
        if not found:
            found = box.messages[uid] = Message(uid)
            box.uid_next.tell(heard, uid + 1)
        return found

    def born(self, box, uid, start, token, flags):
        """The answer to an APPEND that began at `start`."""
        require(uid >= box.uid_next.before(start), f"UID {uid} of {box.validity} is below UIDNEXT {box.uid_next.before(start)}, told before")
        known = box.messages.get(uid)
        message = self.message(box, uid, self.now())
        if known:
            require(known.token in (None, token), f"UID {uid} of {box.validity} is {known.token} and {token}")
        message.token, message.settled = token, True
        for flag in flags:
            self.register(message, flag).add(start, self.moment, True, True)
        self.may_have_been_overtaken(box, message, start)
        return message

    def copied(self, original, target_box, target, start):
        """A COPYUID, of a message and its copy's UID, of a command that began at `start`."""
        require(target >= target_box.uid_next.before(start),
                f"COPYUID {target} of {target_box.validity} is below UIDNEXT {target_box.uid_next.before(start)}, told before")
        self.now()
        known = target_box.messages.get(target)
        copy = self.message(target_box, target, self.now())
        if known and known.token and original.token:
            require(known.token == original.token, f"copy {target} of {original.token} is {known.token}")
        copy.token = copy.token or original.token
        copy.settled = original.settled
        for flag, register in original.flags.items():
            possible = register.possible(start, self.moment)
            for value in possible:
                self.register(copy, flag).add(start, self.moment, value, len(possible) == 1)
        self.may_have_been_overtaken(target_box, copy, start)
        return copy

    def may_have_been_overtaken(self, box, message, start):
        """It was made by a command that began at `start`; one that removed it may have been answered before that one was."""
        for began, ended, uids in box.removed_lately:
            if ended >= start and (uids is None or message.uid in uids):
                message.may_be_gone |= not message.settled or True in self.possible(message, b"\\Deleted", began, self.moment)

    def token(self, message, token):
        require(message.token in (None, token), f"UID {message.uid} was {message.token} and is {token}")
        message.token = token
        self.tokens.add(token)

    # -- flags

    def register(self, message, flag):
        if flag not in message.flags:
            message.flags[flag] = Register(False, -1, 0)
        return message.flags[flag]

    def possible(self, message, flag, start, end):
        register = message.flags.get(flag)
        return register.possible(start, end) if register else {False}

    def write(self, message, changes, start, end, certain):
        """`changes`: {flag: value}."""
        horizon = self.horizon()
        for flag, value in changes.items():
            register = self.register(message, flag)
            register.add(start, end, value, certain)
            if len(register.writes) > 4:
                register.forget(horizon)

    def writing(self, message, changes, start):
        """A command that is under way may write this now or never. What it did is told by written()."""
        for flag, value in changes.items():
            self.register(message, flag).add(start, FOREVER, value, False)

    def written(self, message, changes, start, end, certain):
        """`certain`: None when it didn't."""
        for flag, value in changes.items():
            self.register(message, flag).writes.remove((start, FOREVER, value, False))
        if certain is not None:
            self.write(message, changes, start, end, certain)

    def check_flags(self, message, flags, start, end, who):
        if not message.settled:
            return
        for flag in flags | message.flags.keys():
            possible = self.possible(message, flag, start, end)
            require((flag in flags) in possible,
                    lambda: f"{who}: {flag.decode()} of UID {message.uid} ({message.token}) is {flag in flags}; from {start} to {end} "
                            f"it can be {possible}, written {message.flags[flag].writes if flag in message.flags else ''}")

    # -- what is gone

    def removing(self, box, command, start, uids=None):
        box.removals[command] = start, None if uids is None else frozenset(uids)

    def removed(self, box, command, end):
        """The command has been answered, or nobody will know."""
        start, uids = box.removals.pop(command)
        horizon = self.horizon()
        box.removed_lately = [one for one in box.removed_lately if one[1] >= horizon] + [(start, end, uids)]
        for message in box.messages.values():
            if not message.may_be_gone and (uids is None or message.uid in uids):
                message.may_be_gone = not message.settled or True in self.possible(message, b"\\Deleted", start, end)

    def may_be_gone(self, box, message):
        return message.may_be_gone or not message.settled or box.passing or any(
            (uids is None or message.uid in uids) and True in self.possible(message, b"\\Deleted", start, self.moment)
            for start, uids in box.removals.values())

    def is_gone(self, box, message, who):
        """Somebody was told so."""
        require(self.may_be_gone(box, message), f"{who}: UID {message.uid} of {box.validity} ({message.token}) is gone, and nobody removed it")
        if message.gone is None:
            message.gone = self.now()
            self.nameless += message.token is None

    def is_there(self, box, message, start, who):
        """Somebody was told so by a command that began at `start` and looked anew."""
        require(message.gone is None or message.gone > start, f"{who}: UID {message.uid} of {box.validity} ({message.token}) is back")

    # -- when nothing is under way

    def settle(self, box, truth, who):
        """`truth`: {UID: flags} of all that is there."""
        now = self.now()
        for uid, message in list(box.messages.items()):
            if uid in truth:
                self.is_there(box, message, now, who)
                self.check_flags(message, truth[uid], now, now, who)
            elif message.gone is None:
                self.is_gone(box, message, who)
        tokens = {uid: message.token for uid, message in box.messages.items()}
        box.messages = {}
        for uid, flags in truth.items():
            message = self.message(box, uid, now)
            message.token, message.settled = tokens.get(uid), True
            message.flags = {flag: Register(True, now, now) for flag in flags}
        box.removals = {}
