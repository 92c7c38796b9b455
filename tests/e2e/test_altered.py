"""Columns that become others while the server runs, and defaults of a database server that reach sessions."""
import pytest

from support.query import ask, data, is_data, is_rcode, rcode
from support.wait import holds_for, wait_until

MARIADB = {'binlog': True}
ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
SOON = 20.0
AGES = {'zone-cache-expire': 3600, 'sweep-interval': 3600, 'ignore-minimum': 'yes'}


@pytest.fixture
def database(new_database):
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    database.zone = database.add_zone('example.com.', ROWS)
    return database


def serve(start_server, database, **options):
    server = start_server({**database.conf(), **options})
    if options.get('change-feed') != 'off':
        server.wait_log('following the binlog from', SOON)
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'), SOON)
    return server


@pytest.mark.parametrize('feed', ['binlog', 'off'])
@pytest.mark.parametrize('table', ['rr', 'soa'])
def test_active_of_another_type(database, start_server, table, feed):
    """A statement that has been run knows a number there: Y would be 0."""
    for number in range(20):
        database.add_zone(f'z{number}.test.', ROWS)
    database.sql(f'ALTER TABLE {table} MODIFY active TINYINT NOT NULL DEFAULT 1')
    server = serve(start_server, database, loaders=1, **{
        'change-feed': feed, 'zone-cache-expire': 1, 'sweep-interval': 1, 'vanish-limit': 100})

    def change(address):
        database.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www' AND zone = {database.zone};"
                     'UPDATE soa SET serial = serial + 1')
        wait_until(lambda: is_data(server, 'www.example.com', 'A', address), SOON)

    def all_answer():
        return all(rcode(ask(server, f'www.z{number}.test')) == 'NOERROR' for number in range(20))
    change('192.0.2.2')
    database.sql(f"ALTER TABLE {table} MODIFY active ENUM('Y','N') NOT NULL DEFAULT 'Y'")
    for number in range(3, 6):
        change(f'192.0.2.{number}')
        holds_for(all_answer, 1)


@pytest.mark.parametrize('feed', ['binlog', 'off'])
@pytest.mark.parametrize('table, gone', [('rr', 'NXDOMAIN'), ('soa', 'REFUSED')])
def test_active_added(database, start_server, table, gone, feed):
    """The binlog tells; else the sweep looks, every ten seconds at most."""
    database.sql('ALTER TABLE rr DROP KEY rr, ADD KEY (zone)')
    database.sql(f'ALTER TABLE {table} DROP active')
    ages = AGES if feed == 'binlog' else {'zone-cache-expire': 1, 'sweep-interval': 1}
    server = serve(start_server, database, **{**ages, 'change-feed': feed})
    database.sql(f"ALTER TABLE {table} ADD active ENUM('Y','N') NOT NULL DEFAULT 'Y'")
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'), SOON)
    where = "WHERE name = 'www'" if table == 'rr' else ''
    database.sql(f"UPDATE {table} SET active = 'N' {where}")
    wait_until(lambda: is_rcode(server, 'www.example.com', 'A', gone), SOON)


def test_table_made_of_another_one(database, start_server):
    """In a group of the log, not alone: zone and aux change places."""
    server = serve(start_server, database, **AGES)
    database.sql("""CREATE TABLE old AS SELECT * FROM rr;
        CREATE OR REPLACE TABLE rr (
            id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, aux INT UNSIGNED NOT NULL DEFAULT 0,
            name VARCHAR(255) NOT NULL, data VARBINARY(8192) NOT NULL, zone INT UNSIGNED NOT NULL,
            ttl INT UNSIGNED NOT NULL DEFAULT 86400, type VARCHAR(16) NOT NULL,
            active ENUM('Y','N') NOT NULL DEFAULT 'Y', KEY (zone)) ENGINE=InnoDB CHARACTER SET ascii
        SELECT id, aux, name, data, zone, ttl, type, active FROM old""")
    for address in '192.0.2.2', '192.0.2.3':
        database.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www'")
        wait_until(lambda address=address: is_data(server, 'www.example.com', 'A', address), SOON)


@pytest.mark.parametrize('setting', ['sql_select_limit = 2', 'completion_type = CHAIN'])
@pytest.mark.parametrize('feed', ['binlog', 'gtid', 'off'])
def test_defaults_of_sessions(database, start_server, setting, feed):
    """Results are whole, and what is over holds no lock."""
    for number in range(10):
        database.add_zone(f'z{number}.test.', ROWS)
    database.instance.sql(f'SET GLOBAL {setting}')
    try:
        server = start_server({**database.conf(), 'change-feed': feed, 'zone-cache-expire': 2,
                               'sweep-interval': 2})
        for number in range(10):
            assert data(ask(server, f'www.z{number}.test')) == ['192.0.2.1']
        zone = database.add_zone('new.test.', ROWS)
        wait_until(lambda: is_rcode(server, 'www.new.test', 'A', 'NOERROR'), SOON)
        database.sql(f"UPDATE rr SET data = '192.0.2.99' WHERE zone = {zone} AND name = 'www'")
        wait_until(lambda: is_data(server, 'www.new.test', 'A', '192.0.2.99'), SOON)
        database.sql('SET lock_wait_timeout = 8; ALTER TABLE soa ADD c1 INT NULL; '
                     'ALTER TABLE rr ADD c1 INT NULL')
    finally:
        database.instance.sql(f'SET GLOBAL {setting.split()[0]} = DEFAULT')
