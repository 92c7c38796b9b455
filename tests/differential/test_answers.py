"""
Zones of awkward shapes in three servers: NSD and Knot DNS from zone files, we from rows. Where the
two agree on an answer, ours is the same.

DIFFERENTIAL_SEEDS   seeds, e.g. "1 2 3"; "new:5" draws five
DIFFERENTIAL_KEEP    directory for rows, zone files and differences of seeds that failed
"""
import os
import random
import secrets

import pytest

from support.peers import Knot, Nsd

import fleet
import questions
import report
import rules
import shapes
import zones
from own_rules import OWN, Hosting


def seeds():
    for word in os.environ.get('DIFFERENTIAL_SEEDS', '1 2 3 4').split():
        if word.startswith('new:'):
            yield from (secrets.randbelow(2**31) for _ in range(int(word[4:])))
        else:
            yield int(word)


class WholeNsd(Nsd):
    """ANY over TCP is answered with all there is, as we do."""

    def configuration(self):
        return super().configuration().replace('refuse-any: yes', 'refuse-any: no')


@pytest.mark.parametrize('seed', list(seeds()))
def test_same_answers(seed, new_database, start_shared_server):
    print(f'DIFFERENTIAL_SEEDS={seed}')
    rng = random.Random(seed)
    some = shapes.all_zones(rng)
    database = new_database(zones.DDL)
    database.sql(zones.to_sql(rng, some))
    files = {zones.to_text(z.origin): z.file() for z in some}
    peers = [WholeNsd(files), Knot(files)]
    try:
        for peer in peers:
            peer.start()
        server = start_shared_server({**database.conf(), 'ignore-minimum': 'yes',
                                      'zone-cache-expire': '3600'})
        asked = questions.all_questions(rng, some)
        fleet.ask_all([server, *peers], asked)
        left_out = report.log_lines(server, 'left out')
        server.stop()
    except AssertionError:
        for peer in peers:
            print(report.peer_log(peer))
        raise
    finally:
        for peer in peers:
            peer.remove()
    verdict = rules.Verdict()
    hosting = Hosting(some)
    for question in asked:
        rules.judge(question, OWN, hosting, verdict)
    print(f'{len(asked)} questions to {len(some)} zones')
    for what, count in sorted(verdict.counts.items()):
        print(f'{count:7} {what}')
    if verdict.different:
        report.keep(seed, some, verdict.different)
    assert not left_out
    assert not verdict.different, report.describe(verdict.different)
