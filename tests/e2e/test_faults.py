"""
What may befall the database, each fault under 500 queries a second: no wrong and no lost answer for
what is in memory, and all is fresh again afterwards.

The table of faults (fault, queries, wrong, lost, p99 before and during) is printed at the end. By hand,
with all files of faults in one table, and as JSON in a directory:

    BUILD_DIR=build/release SOURCE_DIR=. FAULT_TABLE=/tmp/faults /usr/bin/python3 -m pytest \\
        tests/e2e/test_fault*.py

Here: the server of the database comes, goes, freezes, and holds other data than before.
"""
import os
import shutil

import pytest

from support import schema
from support.faults import (BACK, KNOWN, ROWS, WWW, change, check_fresh_again, database,  # noqa: F401
                            rung, serve)
from support.load import Load
from support.mariadb import Database, MariaDB
from support.query import is_data
from support.wait import wait_until


@pytest.mark.parametrize('how', ['stop', 'kill'])
def test_gone_and_back(database, serve, fault_table, rung, how):
    server = serve(rung)
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin(f'{"stopped" if how == "stop" else "SIGKILL"} and started ({rung})')
        getattr(database.instance, how)()
        server.wait_log('database is away')
        load.asked_more(1500)           # longer than the age limit and the sweep
        database.instance.start()
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_frozen(database, serve, fault_table):
    """For 20 s. Nothing waits for it longer than until its time is out."""
    server = serve()
    with Load(server, KNOWN) as load:
        load.settle()
        load.begin('SIGSTOP for 20 s')
        database.instance.freeze()
        load.asked_more(20 * load.rate)
        database.instance.thaw()
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_other_data(database, serve, fault_table, rung):
    """Another server under the same name: positions of the one tell nothing about the other."""
    for number in range(5):             # its position lies behind the first one's
        database.sql(f"UPDATE soa SET serial = {number + 100}")
    server = serve(rung)
    other = MariaDB(binlog=True, options=('--socket=' + database.instance.socket,))
    other.socket = database.instance.socket
    try:
        with Load(server, KNOWN) as load:
            load.settle()
            load.begin(f'restarted with other data ({rung})')
            database.instance.stop()
            other.start()               # no tables: that is "away", not "empty"
            load.asked_more(1000)
            second = Database(other, 'elsewhere', schema.own())
            second.add_zone('example.com.', [(*row[:2], '192.0.2.9' if row[0] == 'www' else row[2])
                                             for row in ROWS])
            load.allow(WWW, 'NOERROR 192.0.2.9')
            # under its name in one step
            other.sql('CREATE DATABASE mydns; RENAME TABLE elsewhere.rr TO mydns.rr, '
                      'elsewhere.soa TO mydns.soa;'
                      "GRANT REPLICATION SLAVE ON *.* TO mydns@localhost IDENTIFIED BY 'secret';"
                      'GRANT SELECT ON mydns.* TO mydns@localhost')
            second.name = 'mydns'
            wait_until(lambda: is_data(server, *WWW, '192.0.2.9'), BACK)
            load.only(WWW, 'NOERROR 192.0.2.9')
            load.asked_more(500)
            check_fresh_again(load, second, server)
        fault_table.add(load)
    finally:
        server.stop()
        other.remove()


def test_restored_to_an_older_state(database, serve, fault_table, rung):
    """The files of yesterday: the same server id, positions that run backwards."""
    instance, old = database.instance, database.instance.directory / 'old'
    instance.stop()
    shutil.copytree(instance.directory / 'data', old, copy_function=shutil.copy2)
    instance.start()
    server = serve(rung)
    with Load(server, KNOWN) as load:
        load.settle()
        for number in range(3):
            change(load, database, server, f'192.0.2.{20 + number}')
        load.begin(f'restored to an older state ({rung})')
        instance.stop()
        shutil.rmtree(instance.directory / 'data')
        os.rename(old, instance.directory / 'data')
        load.allow(WWW, 'NOERROR 192.0.2.1')
        instance.start()
        wait_until(lambda: is_data(server, *WWW, '192.0.2.1'), BACK)
        load.only(WWW, 'NOERROR 192.0.2.1')
        load.asked_more(200)
        check_fresh_again(load, database, server)
    fault_table.add(load)
