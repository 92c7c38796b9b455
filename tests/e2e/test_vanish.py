"""Tables that are emptied to be filled again do not make every name vanish."""
import pytest

from support import schema
from support.asking import Asking
from support.vanish import (ENDS, FAST, HELD, by_feed, check_calm, dump, fill, follow, names, prepare,
                            serve, wait_end)
from support.wait import holds_for, wait_until


@pytest.fixture(scope='module', name='instances')
def _instances():
    yield from by_feed()


@pytest.mark.parametrize('zones, how', [
    (200, 'ROW'), (200, 'MIXED'), (200, 'off'), (200, 'MyISAM'), (200, 'row by row'), (3, 'ROW'),
    (3, 'row by row')])
def test_dump_restored(how, zones, instances, start_server):
    """mysqldump's own way; and without locks, by statements of one row, so that it takes long."""
    if how in ('ROW', 'MIXED'):
        database = fill(instances['auto'], zones)
        instances['auto'].sql(f'SET GLOBAL binlog_format = {how}')
        server = follow(start_server, database, zones)
    else:
        database = fill(instances['off'], zones, schema.mydns_11() if how == 'MyISAM' else None)
        server = serve(start_server, database, {**FAST, 'change-feed': 'off'}, zones)
    text = dump(database, *(['--skip-opt', '--add-drop-table', '--create-options']
                          if how == 'row by row' else []))
    with Asking(server, names(zones)) as asking:
        for _ in range(3):
            database.sql(text)
        if how in ('ROW', 'MIXED'):
            wait_end(server)
        wait_until(lambda: asking.asked > 20 * zones)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    check_calm(server, database)


@pytest.mark.parametrize('feed, order', [('auto', ('rr', 'soa')), ('off', ('soa', 'rr')),
                                         ('off', ('rr', 'soa'))])
def test_truncated_and_filled_again(feed, order, instances, start_server):
    database, server = prepare(start_server, feed, instances, 50)
    database.sql('CREATE TABLE soa2 AS SELECT * FROM soa; CREATE TABLE rr2 AS SELECT * FROM rr;')
    with Asking(server, names(50)) as asking:
        database.sql(f'TRUNCATE {order[0]}; TRUNCATE {order[1]};')
        server.wait_log(HELD)
        holds_for(lambda: ENDS not in server.log(), 3)      # an empty table is not a quiet one
        for table in order:
            database.sql(f'INSERT INTO {table} SELECT * FROM {table}2')
            at = asking.asked
            wait_until(lambda: asking.asked > at + 100)
        wait_end(server)
    assert not asking.wrong, (len(asking.wrong), asking.wrong[:5], server.log())
    check_calm(server, database)
