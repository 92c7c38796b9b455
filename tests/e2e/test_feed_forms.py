"""The feed on servers and tables of other forms: a compressed log without checksums, tables in MyISAM, a lost column."""
import pytest

from support import schema
from support.query import is_data, is_rcode
from support.wait import holds_for, wait_until

MARIADB = {'binlog': True, 'options': ('--log-bin-compress=1', '--log-bin-compress-min-len=10',
                                       '--binlog-checksum=NONE')}
ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
WWW = ('www.example.com', 'A')
SOON = 15.0         # MyISAM: what was written while it was read is read again, a second later


def start(new_database, start_server, rung, ddl=None):
    database = new_database(ddl)
    database.instance.sql(f"{'GRANT' if rung == 'binlog' else 'REVOKE'} REPLICATION SLAVE ON *.* "
                          f"{'TO' if rung == 'binlog' else 'FROM'} mydns@localhost")
    database.zone = database.add_zone('example.com.', ROWS)
    server = start_server({**database.conf(), 'change-feed': rung, 'zone-cache-expire': 3600,
                           'sweep-interval': 3600, 'ignore-minimum': 'yes'})
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


def test_lost_column(new_database, start_server):
    """Tables that cannot be read are a database that is away: what is in memory answers on."""
    database, server = start(new_database, start_server, 'binlog')
    database.sql('ALTER TABLE rr CHANGE data data_away TEXT')
    wait_until(lambda: 'no column data' in server.log(), SOON, 'the log tells it')
    holds_for(lambda: is_data(server, *WWW, '192.0.2.1'), 3)
    database.sql("ALTER TABLE rr CHANGE data_away data TEXT; UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, *WWW, '192.0.2.2'), 4 * SOON)
    check_changes(database, server)
