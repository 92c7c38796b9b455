"""
Two million rows, a million in one transaction: added, changed, loaded from a file and deleted, while
queries for the same zone are answered as ever. Each transaction shows as soon as it is read, and all of it
at once; memory has a bound, and what it took is given back.

Vanish protection is on, as it is by default, and must not hold the DELETE back: the binary log tells of each
row, the zone is one of fewer than 10, and it keeps its soa row and some records.
"""
import time

import pytest

from support.load import Load
from support.query import is_data, is_rcode
from support.wait import wait_until

MARIADB = {'binlog': True, 'options': ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M']}

STAY = 3000             # rows that no transaction touches
MANY = 1000000
SHOWN = 60.0            # seconds from COMMIT
STATEMENT = 600         # what MariaDB itself may take for a million rows
# So many rows may the zone have, and not one more. Served, a row takes some 80 octets; while the zone is read
# there is its former version as well, and for a while some 100 octets of each row as it came.
MAX_ROWS = 2 * MANY + STAY + 2
ROW_OCTETS = 300
KEPT = 64 << 20         # by malloc, when all are gone


@pytest.fixture(scope='module')
def database(new_database):
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    database.zone = database.add_zone('example.com.', [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53')])
    database.sql(fill(database, 'n', STAY))
    return database


def fill(database, prefix, rows):
    return ('INSERT INTO rr (zone, name, type, data, aux, ttl) '
            f"SELECT {database.zone}, CONCAT('{prefix}', seq), 'A', CONCAT('10.', seq >> 16, '.', "
            f"seq >> 8 & 255, '.', seq & 255), 0, 3600 FROM seq_1_to_{rows}")


def address(number, net=10):
    return f'{net}.{number >> 16}.{number >> 8 & 255}.{number & 255}'


def write_file(database):
    """A million lines for LOAD DATA INFILE."""
    path = database.instance.directory / 'rows'
    with open(path, 'w', encoding='ascii') as file:
        file.writelines(f'{database.zone}\tfile{n}\tA\t{address(n)}\t0\t3600\n' for n in range(1, MANY + 1))
    return path


class Bulk:
    """A server, a load that also asks for the ends of each million, and what was measured."""

    def __init__(self, database, server, load):
        self.database, self.server, self.load = database, server, load
        self.begun = server.memory()
        self.lines = []

    def run(self, what, text, expected):
        """One transaction; EXPECTED: questions, and what they are answered when it shows."""
        for question, answer in expected.items():
            self.load.allow(question, expects(answer))
        asked = time.monotonic()
        self.database.instance.sql(text, self.database.name, seconds=STATEMENT)
        committed = time.monotonic()
        first, last = list(expected)[0], list(expected)[-1]
        wait_until(lambda: shows(self.server, last, expected[last]), SHOWN)
        took = time.monotonic() - committed
        assert shows(self.server, first, expected[first]), 'the last row shows and the first does not'
        for question, answer in expected.items():
            assert shows(self.server, question, answer), question
            self.load.only(question, expects(answer))
        self.lines.append(f'{what:10}  SQL {committed - asked:5.1f} s  shown {took:5.1f} s later  resident '
                          f'{self.server.memory() >> 20} MB, at most {self.server.memory("VmHWM") >> 20} MB')


def expects(answer):
    return f'NOERROR {answer}' if answer else 'NXDOMAIN'


def shows(server, question, answer):
    return is_data(server, *question, answer) if answer else is_rcode(server, *question, 'NXDOMAIN')


def test_millions_while_serving(database, start_server, fault_table):
    server = start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'ignore-minimum': 'yes', 'control-socket': 'off', 'zone-max-rows': MAX_ROWS})
    server.wait_log('following the binlog')
    wait_until(lambda: is_data(server, f'n{STAY}.example.com', 'A', address(STAY)))
    path = write_file(database)
    many = [(f'{prefix}{n}.example.com', 'A') for prefix in ('many', 'file') for n in (1, MANY)]
    with Load(server, {('n1.example.com', 'A'): {f'NOERROR {address(1)}'},
                       (f'n{STAY}.example.com', 'A'): {f'NOERROR {address(STAY)}'},
                       ('example.com', 'NS'): {'NOERROR ns1.example.com.'},
                       ('no.example.com', 'A'): {'NXDOMAIN'},
                       **{question: {'NXDOMAIN'} for question in many}}) as load:
        load.settle()
        load.begin('a million rows in one transaction')
        bulk = Bulk(database, server, load)
        bulk.run('INSERT', fill(database, 'many', MANY),
                 {many[0]: address(1), many[1]: address(MANY)})
        bulk.run('UPDATE', "UPDATE rr SET data = CONCAT('11', SUBSTR(data, 3)) WHERE name LIKE 'many%'",
                 {many[0]: address(1, 11), many[1]: address(MANY, 11)})
        bulk.run('LOAD DATA', f"LOAD DATA INFILE '{path}' INTO TABLE rr (zone, name, type, data, aux, ttl)",
                 {many[2]: address(1), many[3]: address(MANY)})
        bulk.run('DELETE', "DELETE FROM rr WHERE name LIKE 'many%' OR name LIKE 'file%'",
                 {question: None for question in many})
    fault_table.add(load)
    most = server.memory('VmHWM')
    print('\n'.join(bulk.lines))
    print(f'resident {bulk.begun >> 20} MB before; bound {MAX_ROWS * ROW_OCTETS >> 20} MB')
    assert most < MAX_ROWS * ROW_OCTETS
    wait_until(lambda: server.memory() - bulk.begun < KEPT, SHOWN)
    print(f'resident {server.memory() >> 20} MB in the end')
    assert 'zone-max-rows' not in server.log() and 'vanish protection' not in server.log()
