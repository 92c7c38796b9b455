"""
The feed on servers and tables of other forms: a compressed log without checksums, names of tables
without regard to case, tables in MyISAM, columns of other types, a lost column.
"""
import pytest

from support import schema
from support.query import is_data, is_rcode
from support.wait import holds_for, wait_until

MARIADB = {'binlog': True, 'options': ('--log-bin-compress=1', '--log-bin-compress-min-len=10',
                                       '--binlog-checksum=NONE', '--lower-case-table-names=1')}
ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
WWW = ('www.example.com', 'A')
SOON = 15.0         # MyISAM: what was written while it was read is read again, a second later


def start(new_database, start_server, rung, ddl=None, **options):
    database = new_database(ddl)
    database.instance.sql(f"{'GRANT' if rung == 'binlog' else 'REVOKE'} REPLICATION SLAVE ON *.* "
                          f"{'TO' if rung == 'binlog' else 'FROM'} mydns@localhost")
    database.zone = database.add_zone('example.com.', ROWS)
    server = start_server({**database.conf(), 'change-feed': rung, 'zone-cache-expire': 3600,
                           'sweep-interval': 3600, 'ignore-minimum': 'yes', **options})
    said = 'following the binlog' if rung == 'binlog' else 'changes are found by GTID'
    wait_until(lambda: said in server.log(), SOON, said)
    wait_until(lambda: is_data(server, *WWW, '192.0.2.1'), SOON)
    return database, server


def check_changes(database, server):
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, *WWW, '192.0.2.2'), SOON)
    database.add_rows(database.zone, [(f'new{n}', 'A', '192.0.2.3') for n in range(200)])
    wait_until(lambda: is_data(server, 'new199.example.com', 'A', '192.0.2.3'), SOON)
    database.sql("DELETE FROM rr WHERE name = 'new7'")
    wait_until(lambda: is_rcode(server, 'new7.example.com', 'A', 'NXDOMAIN'), SOON)
    zone = database.add_zone('example.net.', [('www', 'A', '192.0.2.4')])
    wait_until(lambda: is_data(server, 'www.example.net', 'A', '192.0.2.4'), SOON)
    database.sql(f'DELETE FROM rr WHERE zone = {zone}; DELETE FROM soa WHERE id = {zone}')
    wait_until(lambda: is_rcode(server, 'www.example.net', 'A', 'REFUSED'), SOON)


@pytest.mark.parametrize('rung', ['binlog', 'gtid'])
@pytest.mark.parametrize('engine', ['InnoDB', 'MyISAM'])
def test_changes(new_database, start_server, rung, engine):
    database, server = start(new_database, start_server, rung, schema.mydns_11(engine=engine))
    check_changes(database, server)
    compressed = database.instance.sql("SHOW GLOBAL VARIABLES LIKE 'log_bin_compress'")
    assert compressed[0][1] == 'ON'


def test_names_in_other_letters(new_database, start_server):
    """The binary log has them as the server stores them, not as mydns.conf does."""
    database, server = start(new_database, start_server, 'binlog', soa_table='SOA', rr_table='Rr')
    check_changes(database, server)
    assert 'the binlog does not tell it' not in server.log()


@pytest.mark.parametrize('column', ['name VARCHAR(200) COMPRESSED', 'zone VARCHAR(20)'])
def test_columns_of_other_types(new_database, start_server, column):
    """Octets of the log that are no name, or no number: what changed is read whole."""
    database, server = start(new_database, start_server, 'binlog')
    database.add_rows(database.zone, [(f'many{n}', 'A', '192.0.2.9') for n in range(200)])
    database.sql(f'ALTER TABLE rr DROP KEY rr, MODIFY {column} NOT NULL, ADD KEY (zone)')
    wait_until(lambda: is_data(server, 'many199.example.com', 'A', '192.0.2.9'), SOON)
    for number in range(2, 5):
        database.sql(f"UPDATE rr SET data = '192.0.2.{number}' WHERE name = 'www'")
        wait_until(lambda: is_data(server, *WWW, f'192.0.2.{number}'), SOON)
    database.sql("DELETE FROM rr WHERE name = 'many7'")
    wait_until(lambda: is_rcode(server, 'many7.example.com', 'A', 'NXDOMAIN'), SOON)


def test_lost_column(new_database, start_server):
    """Tables that cannot be read are a database that is away: what is in memory answers on."""
    database, server = start(new_database, start_server, 'binlog')
    database.sql('ALTER TABLE rr CHANGE data data_away TEXT')
    wait_until(lambda: 'no column data' in server.log(), SOON, 'the log tells it')
    holds_for(lambda: is_data(server, *WWW, '192.0.2.1'), 3)
    database.sql("ALTER TABLE rr CHANGE data_away data TEXT; UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, *WWW, '192.0.2.2'), 4 * SOON)
    check_changes(database, server)
