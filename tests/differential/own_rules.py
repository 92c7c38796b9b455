"""
Where NSD and Knot are no measure: asked only where ours is not what they say. Each with its reason.
"""
import collections

from wire import ANY, CNAME, DNAME
from zones import fold, is_below

DS, RRSIG, NSEC = 43, 46, 47

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
        self.names = {fold(z.origin): z.names_in_file() for z in zones}
        self.dnames = {o for z in zones for o, types in z.types.items() if DNAME in types}

    def zone_of(self, name):
        """The deepest origin at or above NAME, None when there is none."""
        return next((name[i:] for i in range(len(name) + 1) if name[i:] in self.names), None)

    def is_hidden(self, name):
        """Does NAME lie in a hosted child, while a zone above has it too, or a wildcard for it?"""
        zone = self.zone_of(name)
        if zone is None:
            return False
        also = {name} | {(b'*',) + name[i:] for i in range(1, len(name) - len(zone) + 1)}
        return any(also & names for origin, names in self.names.items()
                   if origin != zone and is_below(zone, origin))


def end_of_chain(question, reply):
    """The last name that was looked up."""
    name = question.name.lower()
    cnames = {r.owner: r.rdata for r in reply.answer if r.type == CNAME}
    for _ in cnames:
        name = cnames.get(name, name)
    return labels_of(name)


def _same_but_additional(ours, nsd, knot):
    return not ours.tc and all(getattr(ours, p) == getattr(nsd, p) == getattr(knot, p)
                               for p in ('rcode', 'aa', 'tc', 'answer', 'authority'))


def _any(question, ours, nsd, knot, _):
    if question.kind != ANY or ours.tc or ours.rcode:
        return False
    return (ours.answer and set(ours.answer) >= set(nsd.answer) | set(knot.answer)
            and ours.aa and knot.aa and not ours.authority and not knot.authority)


def _hidden(question, ours, nsd, _, hosting):
    return (ours.rcode == 3 and nsd.rcode == 0 and set(ours.answer) == set(nsd.answer)
            and set(ours.authority) == set(nsd.authority)
            and hosting.is_hidden(end_of_chain(question, ours)))


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


def _parent_side(question, ours, nsd, knot, hosting):
    end = end_of_chain(question, ours)
    return (question.kind == DS and end != labels_of(question.name.lower())
            and hosting.zone_of(end) == end and hosting.zone_of(end[1:]) is not None
            and ours.rcode == 0 and ours.aa)


def _signatures(question, ours, nsd, knot, hosting):
    return (question.kind in (RRSIG, NSEC) and any(r.type == CNAME for r in ours.answer)
            and not knot.answer and hosting.is_hidden(labels_of(question.name.lower())))


OWN = [
    Own('ANY over TCP: all RRsets here, one of them there (RFC 8482)', _any),
    Own('NXDOMAIN in a hosted child; NSD gives NODATA, since a zone above has the name', _hidden),
    Own('DS behind a CNAME to a hosted child: of its parent here, of the child there',
        _parent_side),
    Own('additional addresses by a wildcard: Knot calls them by the name of the wildcard',
        _wildcard_owner),
    Own('glue below a DNAME, which a zone file of NSD may not have', _below_dname),
    Own('RRSIG, NSEC at a CNAME: followed as NSD does, but for names that a zone above has too',
        _signatures),
]
