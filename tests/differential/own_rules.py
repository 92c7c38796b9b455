"""
Where NSD and Knot are no measure: asked only where ours is not what they say. Each with its reason.
"""
import collections

from wire import ANY, DNAME
from zones import is_below

Own = collections.namedtuple('Own', 'reason applies')


def labels_of(wire):
    labels = []
    while wire[0]:
        labels.append(wire[1:1 + wire[0]])
        wire = wire[1 + wire[0]:]
    return tuple(labels)


class Hosting:
    """What is known of the zones."""

    def __init__(self, zones):
        self.dnames = {o for z in zones for o, types in z.types.items() if DNAME in types}


def _same_but_additional(ours, nsd, knot):
    return not ours.tc and all(getattr(ours, p) == getattr(nsd, p) == getattr(knot, p)
                               for p in ('rcode', 'aa', 'tc', 'answer', 'authority'))


def _any(question, ours, nsd, knot, _):
    if question.kind != ANY or ours.tc or ours.rcode:
        return False
    # NSD follows a chain into another zone, as we do; Knot into what the zone itself hides there.
    return (ours.answer and set(ours.answer) >= set(nsd.answer)
            and (set(ours.answer) >= set(knot.answer) or set(nsd.answer) - set(knot.answer))
            and ours.aa and not ours.authority
            and any(r.rcode == 0 and r.aa and r.answer for r in (nsd, knot)))


def _wildcard_owner(question, ours, nsd, knot, _):
    def data(reply):
        return {record[1:] for record in reply.additional}
    return (_same_but_additional(ours, nsd, knot) and ours.additional
            and data(ours) <= data(knot) and any(r.owner[:2] == b'\1*' for r in knot.additional))


def _below_dname(question, ours, nsd, knot, hosting):
    more = set(ours.additional) - set(nsd.additional)
    return (_same_but_additional(ours, nsd, knot) and more
            and set(nsd.additional) == set(knot.additional) < set(ours.additional)
            and all(any(is_below(labels_of(r.owner), d) for d in hosting.dnames) for r in more))


OWN = [
    Own('ANY over TCP: all RRsets here, one of them there (RFC 8482)', _any),
    Own('additional addresses by a wildcard: Knot calls them by the name of the wildcard',
        _wildcard_owner),
    Own('glue below a DNAME, which a zone file of NSD may not have', _below_dname),
]
