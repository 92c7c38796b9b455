"""
An ALTER TABLE need not wait for us: no transaction of ours lasts longer than 2 s, whatever is read.
See test_faults.py for what is asked of each and for the table.
"""
import os
import signal

from support.faults import (KNOWN, change, check_fresh_again, database, serve)      # noqa: F401
from support.load import Load
from support.query import is_data
from support.wait import wait_until

SANITIZED = os.environ['BUILD_DIR'].endswith(('asan', 'tsan'))
WAIT = 8        # seconds, of a busy machine


def add_large_zones(database, count, rows):
    database.sql(f"""
        INSERT INTO soa (id, origin, ns, mbox)
          SELECT 1000 + seq, CONCAT('large', seq, '.example.'), 'ns1', 'h' FROM seq_1_to_{count};
        INSERT INTO rr (zone, name, type, data, ttl)
          SELECT 1000 + z.seq, CONCAT('host', r.seq), 'A', '192.0.2.4', 3600
          FROM seq_1_to_{count} z, seq_1_to_{rows} r;""")


def test_long_alter(database, serve, fault_table):
    """While all is read again and again, an ALTER gets its turn soon; while it runs, we wait."""
    count, rows = (20, 5000) if SANITIZED else (20, 20000)
    add_large_zones(database, count, rows)
    add_large = ('host7.large3.example', 'A')
    server = serve()
    wait_until(lambda: is_data(server, *add_large, '192.0.2.4'), 60)
    with Load(server, {**KNOWN, add_large: {'NOERROR 192.0.2.4'}}) as load:
        load.settle()
        load.begin('ALTER TABLE while all is read')
        for number in range(8):
            server.signal(signal.SIGHUP)
            load.asked_more(100 + 40 * number)
            # WAIT: an error when it does not get the table so soon
            database.sql(f"ALTER TABLE rr WAIT {WAIT} COMMENT 'no {number}'")
        database.sql(f"ALTER TABLE rr WAIT {WAIT} FORCE, ALGORITHM = COPY")
        check_fresh_again(load, database, server)
    fault_table.add(load)


def test_one_huge_zone_and_alter(database, serve, fault_table):
    """A zone that no slice divides: its rows are taken first and decoded when the table is free again."""
    rows = 100000 if SANITIZED else 1000000
    add_large_zones(database, 1, rows)
    large = (f'host{rows}.large1.example', 'A')
    server = serve()
    wait_until(lambda: is_data(server, *large, '192.0.2.4'), 60)
    with Load(server, {**KNOWN, large: {'NOERROR 192.0.2.4'}}) as load:
        load.settle()
        load.begin(f'ALTER TABLE while {rows} rows are read')
        for number in range(5):
            server.signal(signal.SIGHUP)
            load.asked_more(50 + 100 * number)
            database.sql(f"ALTER TABLE rr WAIT {WAIT} COMMENT 'no {number}'")
        change(load, database, server, '192.0.2.2')
    fault_table.add(load)
