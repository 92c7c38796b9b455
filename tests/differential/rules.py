"""
What counts as a difference. Where NSD and Knot DNS give the same, so do we. Where they differ from
each other, ours is one of theirs or one of OWN, each with its reason. Everything is counted.
"""
import collections

import wire

OURS, NSD, KNOT = range(3)
TC = 2
PARTS = ('rcode', 'aa', 'answer', 'authority')


class Verdict:
    def __init__(self):
        self.counts = collections.Counter()
        self.different = []             # (question, what)

    def count(self, what):
        self.counts[what] += 1

    def wrong(self, question, what):
        self.counts['DIFFERENT'] += 1
        self.different.append((question, what))


def _check_form(question, reply):
    """What must hold for a reply whatever it says."""
    asked = question.name + question.kind.to_bytes(2, 'big') + b'\0\1'
    if reply.question != asked:
        return 'another question'
    if reply.flags != 0x8000:
        return f'flags {reply.flags:04x}'
    if (reply.edns is not None) != (question.edns is not None):
        return 'OPT'
    limit = 65535 if question.tcp else min(max(question.edns or 512, 512), 1232)
    if reply.size > limit:
        return f'{reply.size} octets'
    if reply.tc and question.tcp:
        return 'TC over TCP'
    for section in ('answer', 'authority', 'additional'):
        if len(set(getattr(reply, section))) != len(getattr(reply, section)):
            return f'a record twice in {section}'
    return None


def _same(a, b, part):
    """Records as sets: NSD and Knot put the same one twice at times, we never (see _check_form)."""
    a, b = getattr(a, part), getattr(b, part)
    return a == b or (isinstance(a, tuple) and set(a) == set(b))


def _referral(reply):
    return reply.rcode == 0 and any(r.type == wire.NS for r in reply.authority)


def judge(question, own_rules, hosting, verdict):
    """Compare the three replies of QUESTION; HOSTING: what the rules may ask about the zones."""
    replies = []
    for octets in question.replies:
        try:
            replies.append(None if octets is None else wire.read(octets))
        except wire.Broken as error:
            if octets is question.replies[OURS]:
                return verdict.wrong(question, f'broken: {error}')
            replies.append(None)
    ours, nsd, knot = replies
    if ours is None:
        return verdict.wrong(question, 'no reply')
    wrong = _check_form(question, ours)
    if wrong:
        return verdict.wrong(question, wrong)
    if nsd is None or knot is None:
        return verdict.count(f'no reply of {"NSD" if nsd is None else "Knot"}')
    verdict.count('compared')
    truncated = nsd.tc or knot.tc or ours.tc
    wrong, what = (_judge_truncated if truncated else _judge_whole)(ours, nsd, knot)
    if not wrong:
        return verdict.count(what)
    for rule in own_rules:
        if rule.applies(question, ours, nsd, knot, hosting):
            return verdict.count(f'own: {rule.reason}')
    return verdict.wrong(question, what)


def _judge_whole(ours, nsd, knot):
    """(whether it is wrong, what to count or tell)"""
    different = [part for part in PARTS if not _same(nsd, knot, part)]
    if different:
        like = [n for n, r in (('NSD', nsd), ('Knot', knot))
                if all(_same(ours, r, p) for p in PARTS)]
        what = ', '.join(different)
        return (False, f'NSD and Knot differ ({what}): as {like[0]}') if like else (
            True, f'like neither: {what}')
    different = [part for part in PARTS if not _same(ours, nsd, part)]
    if different:
        return True, 'both agree on ' + ', '.join(different)
    return _judge_additional(ours, nsd, knot)


def _judge_additional(ours, nsd, knot):
    """ADDITIONAL where all else is the same: glue as both give it, else no more than they know."""
    kind = 'referral' if _referral(ours) else 'answer'
    theirs = [set(nsd.additional), set(knot.additional)]
    own = set(ours.additional)
    if theirs[0] == theirs[1] == own:
        return False, f'the same, {kind}'
    if own in theirs:
        return False, f'the same, {kind} with additional as {"NSD" if own == theirs[0] else "Knot"}'
    if own <= theirs[0] | theirs[1] and (kind == 'answer' or theirs[0] != theirs[1]):
        return False, f'the same, {kind} with less additional than one of them'
    return True, f'additional of {kind}'


def _judge_truncated(ours, nsd, knot):
    """What is sent with TC is everybody's own choice; whether it is set depends on the size."""
    if nsd.tc and knot.tc:
        if ours.tc:
            if (ours.rcode, ours.aa) not in ((nsd.rcode, nsd.aa), (knot.rcode, knot.aa)):
                return True, 'rcode or aa with TC'
            return False, 'TC: all three'
        return False, 'TC: both, ours fits'
    if ours.tc and not nsd.tc and not knot.tc:
        return True, f'TC, though {nsd.size} and {knot.size} octets do'
    if not ours.tc:
        other = knot if nsd.tc else nsd
        for part in PARTS:
            if not _same(ours, other, part):
                return True, f'beside TC of one: {part}'
    return False, (f'TC: {"NSD" if nsd.tc else "Knot" if knot.tc else "neither"}, '
                   f'ours {"too" if ours.tc else "not"}')
