"""Failures told so that a person can repeat them by hand."""
import os

import dns.exception
import dns.message
import dns.name
import dns.rdatatype

from zones import fold, to_text

SHOWN = 12              # differences told in full
LINES = 60              # of a zone, the nearest to the question first


def log_lines(server, word):
    return '\n'.join(line for line in server.log().splitlines() if word in line)


def peer_log(peer):
    try:
        with open(peer.directory / 'log', encoding='utf-8', errors='replace') as file:
            return f'--- log of {type(peer).__name__}\n' + file.read()[-6000:]
    except FileNotFoundError:
        return ''


def _labels(wire):
    labels = []
    while wire[0]:
        labels.append(wire[1:1 + wire[0]])
        wire = wire[1 + wire[0]:]
    return tuple(labels)


def ask_line(question):
    name = to_text(_labels(question.name))
    kind = dns.rdatatype.to_text(question.kind)
    way = ' +tcp' if question.tcp else ''
    way += ' +noedns' if question.edns is None else f' +bufsize={question.edns}'
    return f"dig +norec +nocookie{way} '{name}' {kind}"


def _reply(octets):
    if octets is None:
        return 'none'
    try:
        lines = dns.message.from_wire(octets).to_text().splitlines()
    except (dns.exception.DNSException, ValueError) as error:
        return f'{error!r}: {octets.hex()}'
    if len(lines) > 40:
        lines[30:] = [f'... {len(lines) - 30} lines more']
    return f'{len(octets)} octets\n' + '\n'.join(lines)


def _nearest(lines, question):
    """Those LINES of a zone file first that share most labels with the question."""
    asked = fold(_labels(question.name))

    def shared(line):
        owner = fold(tuple(dns.name.from_text(line.split(' ')[0]).labels[:-1]))
        count = 0
        while count < min(len(owner), len(asked)) and owner[-1 - count] == asked[-1 - count]:
            count += 1
        return -count
    return sorted(lines, key=shared)


def _zone(question):
    zone = question.zone
    if zone is None:
        return ''
    lines = [f'--- zone {to_text(zone.origin)} (soa.id {zone.soa_id}), as a file:']
    lines += [x[:300] for x in _nearest(zone.file().splitlines(), question)[:LINES]]
    if len(zone.rows) <= LINES:
        lines += ['--- as rows (name, type, data, aux, ttl):'] + [str(r)[:300] for r in zone.rows]
    return '\n'.join(lines)


def one(question, what):
    text = f'=== {what}\n$ {ask_line(question)}\n'
    for name, octets in zip(('mydns', 'NSD', 'Knot'), question.replies):
        text += f'--- {name}: {_reply(octets)}\n'
    return text


def describe(different):
    text = f'{len(different)} differences\n'
    for question, what in different[:SHOWN]:
        text += one(question, what)
    for question in {id(q.zone): q for q, _ in different[:SHOWN]}.values():
        text += _zone(question) + '\n'
    return text


def keep(seed, zones, different):
    """Everything into files, where DIFFERENTIAL_KEEP says."""
    top = os.environ.get('DIFFERENTIAL_KEEP')
    if not top:
        return
    directory = os.path.join(top, f'seed-{seed}')
    os.makedirs(directory, exist_ok=True)
    for zone in zones:
        with open(os.path.join(directory, to_text(zone.origin).replace('/', '_') + 'zone'), 'w',
                  encoding='utf-8') as file:
            file.write(zone.file())
        with open(os.path.join(directory, to_text(zone.origin).replace('/', '_') + 'rows'), 'w',
                  encoding='utf-8') as file:
            file.write('\n'.join(map(str, zone.rows)) + '\n')
    with open(os.path.join(directory, 'differences'), 'w', encoding='utf-8') as file:
        file.write(''.join(one(q, w) for q, w in different))
