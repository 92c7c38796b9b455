"""
What SQL takes for equal is not equal in DNS: accents, ligatures, spaces at the end. Only ASCII
capitals are (RFC 4343), whatever the collation of the tables.
"""
import dns.name
import pytest

from support import schema
from support.query import ask, data, rcode

COLLATIONS = ['latin1_swedish_ci', 'latin1_german2_ci', 'latin1_bin', 'utf8mb3_general_ci',
              'utf8mb3_unicode_ci', 'utf8mb3_bin', 'utf8mb4_general_ci', 'utf8mb4_unicode_520_ci',
              'utf8mb4_nopad_bin', 'utf8mb4_bin']
ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'),
        ('e', 'A', '192.0.2.1'), ('é', 'A', '192.0.2.2'), ('É', 'A', '192.0.2.3'),
        ('strasse', 'A', '192.0.2.4'), ('straße', 'A', '192.0.2.5'), ('WWW', 'A', '192.0.2.6'),
        ('space ', 'A', '192.0.2.7'), (r'blank\032', 'A', '192.0.2.8'), ('blank', 'A', '192.0.2.9'),
        ('o', 'A', '192.0.2.10'), ('to', 'CNAME', 'é'), ('toe', 'CNAME', 'E'),
        ('*.wïld', 'A', '192.0.2.11'), ('wild', 'TXT', 'none'), ('under_score', 'A', '192.0.2.12'),
        ('per%cent', 'A', '192.0.2.13'), (r'oct\233', 'A', '192.0.2.14'), ('raw.é', 'TXT', 'é')]


def own(collation):
    text = schema.own()
    charset = collation.split('_', maxsplit=1)[0]
    assert 'CHARACTER SET ascii COLLATE ascii_general_ci' in text
    return text.replace('CHARACTER SET ascii COLLATE ascii_general_ci',
                        f'CHARACTER SET {charset} COLLATE {collation}') + """
        ALTER TABLE soa DROP KEY origin;
        ALTER TABLE rr DROP KEY rr, ADD KEY (zone), MODIFY data VARCHAR(600) NOT NULL;"""


def name(text, charset, zone='example.com'):
    """TEXT.zone as it lies in the table."""
    labels = [label.encode(charset) for label in text.split('.')] if text else []
    return dns.name.Name([*labels, *zone.encode(charset).split(b'.'), b''])


def answers(server, text, charset, kind='A'):
    return data(ask(server, name(text, charset), kind))


@pytest.mark.parametrize('collation', COLLATIONS)
def test_names(new_database, start_server, collation):
    charset = 'latin-1' if collation.startswith('latin1') else 'utf-8'
    database = new_database(own(collation))
    database.add_zone('example.com.', ROWS)
    database.add_zone('dé.example.', [('', 'NS', 'ns1'), ('www', 'A', '192.0.2.20')])
    database.add_zone('dE.example.', [('', 'NS', 'ns1'), ('www', 'A', '192.0.2.21')])
    server = start_server(database.conf())
    assert answers(server, 'e', charset) == ['192.0.2.1']
    assert answers(server, 'E', charset) == ['192.0.2.1']
    assert answers(server, 'é', charset) == ['192.0.2.2']
    assert answers(server, 'É', charset) == ['192.0.2.3']
    assert answers(server, 'strasse', charset) == ['192.0.2.4']
    assert answers(server, 'STRAßE', charset) == ['192.0.2.5']
    assert answers(server, 'www', charset) == ['192.0.2.6']
    assert answers(server, 'space', charset) == ['192.0.2.7']
    assert answers(server, 'blank ', charset) == ['192.0.2.8']
    assert answers(server, 'blank', charset) == ['192.0.2.9']
    assert answers(server, 'under_score', charset) == ['192.0.2.12']
    assert answers(server, 'per%cent', charset) == ['192.0.2.13']
    assert data(ask(server, dns.name.Name([b'oct\xe9', b'example', b'com', b'']))) == ['192.0.2.14']
    for missing in ('è', 'ê', 'ö', 'ÉÉ', 'wẅw' if charset == 'utf-8' else 'wÿw', 'space ', 'e ',
                    ' e', 'underXscore', 'per_cent', '%', '_', 'x.wild', 'stras\xdf'):
        assert rcode(ask(server, name(missing, charset))) == 'NXDOMAIN', missing
    assert answers(server, 'x.wïld', charset) == ['192.0.2.11']
    to = ask(server, name('to', charset))
    assert [rrset.name for rrset in to.answer] == [name('to', charset), name('é', charset)]
    assert str(to.answer[1][0]) == '192.0.2.2'
    assert data(ask(server, name('toe', charset)))[0] == '192.0.2.1'
    text = ask(server, name('raw.é', charset), 'TXT').answer[0][0]
    assert text.strings == ('é'.encode(charset),)
    assert data(ask(server, name('www', charset, 'dé.example'))) == ['192.0.2.20']
    assert data(ask(server, name('www', charset, 'de.example'))) == ['192.0.2.21']
    assert rcode(ask(server, name('www', charset, 'dè.example'))) == 'REFUSED'
    assert 'left out' not in server.log()


@pytest.mark.parametrize('engine', ['InnoDB', 'MyISAM'])
def test_fixed_width_columns(new_database, start_server, engine):
    """CHAR drops spaces at the end by itself; the names are the same."""
    database = new_database(schema.mydns_11(engine, 'latin1'))
    database.add_zone('example.com.', [('', 'NS', 'ns1'), ('space   ', 'A', '192.0.2.7'),
                                       ('é', 'A', '192.0.2.2'), ('text', 'TXT', 'end ')])
    server = start_server(database.conf())
    assert answers(server, 'space', 'latin-1') == ['192.0.2.7']
    assert answers(server, 'é', 'latin-1') == ['192.0.2.2']
    assert rcode(ask(server, name('e', 'latin-1'))) == 'NXDOMAIN'
    assert data(ask(server, 'text.example.com', 'TXT')) == ['"end"']
