"""
With the binary log a change costs what changed, not what its zone holds; and row by row or whole, a
server that followed changes answers like one that has just read everything.
"""
import random
import re
import signal

import pytest

from support.load import Load
from support.query import ask, data, is_data, is_rcode, rcode, section
from support.wait import wait_until

MARIADB = {'binlog': True}

APEX = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53')]
LARGE = 3000        # rows: more than are read whole at every change
HUGE = 300000
SOON = 20.0
QUIET = 8           # looks in which no zone is read
CHEAP = 2000        # rows looked at, of 300,000: other threads look, too


@pytest.fixture
def database(new_database):
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    return database


def fill(database, zone, rows, prefix='n'):
    """ROWS addresses n1 ... of ZONE."""
    database.sql('INSERT INTO rr (zone, name, type, data, aux, ttl) '
                 f"SELECT {zone}, CONCAT('{prefix}', seq), 'A', CONCAT('10.', seq >> 16 & 255, '.', "
                 f"seq >> 8 & 255, '.', seq & 255), 0, 3600 FROM seq_1_to_{rows}")


@pytest.fixture
def follow(start_server):
    """follow(database, name): a server that follows the binlog; NAME is answered by now."""
    def start(database, name):
        server = start_server({**database.conf(), 'zone-cache-expire': 3600,
                               'sweep-interval': 3600, 'ignore-minimum': 'yes',
                               'control-socket': 'off'})
        wait_until(lambda: 'following the binlog' in server.log(), SOON)
        wait_until(lambda: is_rcode(server, name, 'A', 'NOERROR'), SOON)
        settle(database)
        return server
    return start


def settle(database):
    """Until everything was read since the stream began: nobody reads any more."""
    seen = [read_rows(database)]

    def quiet():
        seen.append(read_rows(database))
        return len(seen) > QUIET and seen[-1] - seen[-QUIET] < QUIET * CHEAP / 2
    wait_until(quiet, 3 * SOON)


@pytest.fixture
def large(database):
    database.zone = database.add_zone('example.com.', APEX)
    fill(database, database.zone, LARGE)
    return database


def read_rows(database):
    """How many rows the server has been made to look at so far; asking costs a few, too."""
    status = database.instance.sql("SHOW GLOBAL STATUS LIKE 'Handler_read%'")
    return sum(int(value) for _, value in status)


# --- the same as read anew ---

NAMES = ['', 'a', 'b', 'a.b', 'x.a.b', '*', '*.b', 'n1', 'n2', 'n77', 'sub', 'ns.sub', 'w.sub',
         'deep.er.than.that', 'er.than.that', 'Mixed', r'sp\.ot', 'gone', 'ns.elsewhere.org.']
ORIGINS = ['example.com.', 'other.test.', 'small.test.']
TYPES = ['A', 'AAAA', 'NS', 'MX', 'TXT', 'CNAME', 'SRV', 'SOA', 'DNAME', 'ANY', 'DS']


def random_data(dice):
    kind = dice.choice(['A', 'A', 'A', 'AAAA', 'MX', 'TXT', 'CNAME', 'NS', 'SRV', 'DNAME', 'A', 'BAD'])
    target = dice.choice(['a', 'b', 'x.a.b', 'n1', 'sub', 'www.other.test.', 'ns.sub'])
    return {'A': ('A', f'192.0.2.{dice.randrange(6)}'), 'AAAA': ('AAAA', f'2001:db8::{dice.randrange(4)}'),
            'MX': ('MX', target), 'TXT': ('TXT', f'text {dice.randrange(9)}'), 'CNAME': ('CNAME', target),
            'NS': ('NS', target), 'SRV': ('SRV', f'1 80 {target}'), 'DNAME': ('DNAME', target),
            'BAD': ('A', '300.1.2.3')}[kind]


def random_statement(dice, zones, ids):
    zone, name = dice.choice(zones), dice.choice(NAMES).replace('\\', '\\\\')
    kind, value = random_data(dice)
    if kind in ('CNAME', 'DNAME', 'NS') and dice.random() < 0.6:
        kind, value = 'A', '192.0.2.9'      # or they would hide everything
    row = ids[dice.randrange(len(ids))]
    return dice.choice([
        f"INSERT IGNORE INTO rr (zone, name, type, data, aux, ttl) VALUES ({zone}, '{name}', '{kind}', "
        f"'{value}', {dice.choice([0, 0, 10])}, {dice.choice([60, 300])})",
        f"UPDATE IGNORE rr SET data = '{value}', type = '{kind}' WHERE id = {row}",
        f"UPDATE IGNORE rr SET name = '{name}' WHERE id = {row}",
        f"UPDATE IGNORE rr SET name = '{name}', zone = {zone} WHERE id = {row}",
        f"UPDATE IGNORE rr SET active = IF(active = 'Y', 'N', 'Y') WHERE id = {row}",
        f"UPDATE IGNORE rr SET ttl = ttl + 1 WHERE zone = {zone} AND name = '{name}'",
        f"DELETE FROM rr WHERE id = {row}",
        f"DELETE FROM rr WHERE zone = {zone} AND name = '{name}' AND type <> 'NS' LIMIT 3",
        f"REPLACE INTO rr (id, zone, name, type, data, aux, ttl) VALUES ({row}, {zone}, '{name}', "
        f"'{kind}', '{value}', 0, 300)",
        f"UPDATE IGNORE soa SET serial = serial + 1, minimum = {dice.randrange(60, 400)} WHERE id = {zone}",
        f"UPDATE IGNORE rr SET id = id + 100000 WHERE id = {row}"])


def answers(server, questions):
    """What SERVER says; the order of records does not matter."""
    told = {}
    for name, kind in questions:
        reply = ask(server, name, kind, tcp=True)
        told[name, kind] = (rcode(reply), reply.flags, section(reply.answer),
                            section(reply.authority), section(reply.additional))
    return told


def marker(database, number):
    """A change at the end of all: when it shows in each zone, everything before it does."""
    database.sql(f'UPDATE soa SET serial = {1000 * number}')


def wait_marker(server, number):
    for origin in ORIGINS:
        wait_until(lambda: ask(server, origin, 'SOA').answer[0][0].serial == 1000 * number, SOON)


@pytest.mark.parametrize('seed, read_whole', [(1, False), (2, False), (3, True), (4, True)])
def test_random_transactions(database, follow, start_server, seed, read_whole):
    """With READ_WHOLE all zones are read again and again meanwhile."""
    dice = random.Random(seed)
    zones = [database.add_zone(origin, APEX + [('www', 'A', '192.0.2.80')]) for origin in ORIGINS]
    fill(database, zones[0], LARGE)
    fill(database, zones[1], 500)
    server = follow(database, 'n1.example.com')
    questions = [(f'{name}{"." if name else ""}{origin}', kind) for origin in ORIGINS
                 for name in [n for n in NAMES if not n.endswith('.')] + ['no', 'z.gone', 'y.b']
                 for kind in dice.sample(TYPES, 4)]
    for number in range(1, 5):
        ids = [int(row[0]) for row in database.sql(
            f"SELECT id FROM rr WHERE name IN ({', '.join(repr(n) for n in NAMES)}) "
            f"OR id % 997 = {seed}")]
        text = ''
        for _ in range(60):
            statements = [random_statement(dice, zones, ids) for _ in range(dice.randrange(1, 6))]
            text += 'START TRANSACTION; ' + '; '.join(statements) + '; COMMIT;\n'
        thread = in_background(lambda text=text: database.sql(text))
        while thread.is_alive():
            if read_whole:
                server.signal(signal.SIGHUP)
            thread.join(0.01)
        marker(database, number)
        wait_marker(server, number)
        fresh = start_server({**database.conf(), 'change-feed': 'off', 'ignore-minimum': 'yes',
                              'control-socket': 'off'})
        wait_marker(fresh, number)
        followed, read = answers(server, questions), answers(fresh, questions)
        for question in questions:
            assert followed[question] == read[question], question
        fresh.stop()


# --- what it costs ---

@pytest.fixture(scope='module')
def huge(new_database, start_shared_server):
    """A zone that takes long to read, and a server that follows it."""
    database = new_database()
    database.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost')
    database.zone = database.add_zone('huge.test.', APEX)
    fill(database, database.zone, HUGE)
    database.server = start_shared_server(
        {**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
         'ignore-minimum': 'yes', 'control-socket': 'off'})
    wait_until(lambda: 'following the binlog' in database.server.log(), SOON)
    wait_until(lambda: is_rcode(database.server, 'n1.huge.test', 'A', 'NOERROR'), 3 * SOON)
    settle(database)
    return database


def cheaply(database, statement, condition):
    before = read_rows(database)
    database.sql(statement)
    wait_until(condition, SOON)
    assert read_rows(database) - before < CHEAP, statement


def test_huge_zone_row_by_row(huge):
    server, zone = huge.server, huge.zone
    row, = huge.sql("SELECT id FROM rr WHERE name = 'n7'")
    cheaply(huge, f"UPDATE rr SET data = '192.0.2.7' WHERE id = {row[0]}",
            lambda: is_data(server, 'n7.huge.test', 'A', '192.0.2.7'))
    cheaply(huge, f"UPDATE rr SET name = 'seven' WHERE id = {row[0]}",
            lambda: is_data(server, 'seven.huge.test', 'A', '192.0.2.7'))
    assert rcode(ask(server, 'n7.huge.test')) == 'NXDOMAIN'
    cheaply(huge, "INSERT INTO rr (zone, name, type, data, aux, ttl) "
            f"VALUES ({zone}, 'new', 'A', '192.0.2.8', 0, 60)",
            lambda: is_data(server, 'new.huge.test', 'A', '192.0.2.8'))
    cheaply(huge, f"DELETE FROM rr WHERE zone = {zone} AND name = 'new'",
            lambda: is_rcode(server, 'new.huge.test', 'A', 'NXDOMAIN'))
    cheaply(huge, f'UPDATE soa SET serial = 4711 WHERE id = {zone}',
            lambda: ask(server, 'huge.test', 'SOA').answer[0][0].serial == 4711)


def test_huge_zone_child_and_cut(huge):
    server, zone = huge.server, huge.zone
    child = huge.sql("INSERT INTO soa (origin, ns, mbox) VALUES ('n8.huge.test.', 'ns', 'root'); "
                     "SELECT LAST_INSERT_ID()")[0][0]
    wait_until(lambda: is_rcode(server, 'x.n8.huge.test', 'A', 'NXDOMAIN'), SOON)
    cheaply(huge, "INSERT INTO rr (zone, name, type, data, aux, ttl) "
            f"VALUES ({child}, 'www', 'A', '192.0.2.9', 0, 60)",
            lambda: is_data(server, 'www.n8.huge.test', 'A', '192.0.2.9'))
    cheaply(huge, "INSERT INTO rr (zone, name, type, data, aux, ttl) "
            f"VALUES ({zone}, 'n9', 'NS', 'ns.elsewhere.test.', 0, 60)",
            lambda: data(ask(server, 'deep.n9.huge.test')) == [] and
            len(ask(server, 'deep.n9.huge.test').authority) == 1)
    cheaply(huge, f'DELETE FROM soa WHERE id = {child}; DELETE FROM rr WHERE zone = {child};',
            lambda: is_data(server, 'n8.huge.test', 'A', '10.0.0.8'))


def test_huge_zone_bad_rows_are_counted(huge):
    server, zone = huge.server, huge.zone
    huge.sql("INSERT INTO rr (zone, name, type, data, aux, ttl) "
             f"VALUES ({zone}, 'bad', 'A', 'nonsense', 0, 60)")
    server.wait_log(r"zone huge\.test\.: left out: table rr, id \d+: data is not an IPv4 address")
    huge.sql(f"UPDATE rr SET data = '192.0.2.10' WHERE zone = {zone} AND name = 'bad'")
    wait_until(lambda: is_data(server, 'bad.huge.test', 'A', '192.0.2.10'), SOON)
    huge.sql(f"UPDATE rr SET data = 'nonsense again' WHERE zone = {zone} AND name = 'bad'")
    wait_until(lambda: is_rcode(server, 'bad.huge.test', 'A', 'NXDOMAIN'), SOON)
    wait_until(lambda: "'nonsense again'" in server.log(), SOON)
    huge.sql("DELETE FROM rr WHERE name = 'bad'")


def test_huge_zone_with_a_name_that_is_too_large(huge):
    """Changes of it cost no more than others, and what has no room is told each time."""
    server, zone = huge.server, huge.zone
    rows = ', '.join(f"({zone}, 'text', 'TXT', '{n:0120}', 0, 60)" for n in range(600))
    huge.sql(f'INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES {rows}')
    server.wait_log(r"left out: table rr, id \d+: data makes an RRset .*'text\.huge\.test\. TXT'")
    count = int(re.findall(r'zone huge.test.: (\d+) rows left out in all', server.log())[-1])
    first = huge.sql("SELECT MIN(id) FROM rr WHERE name = 'text'")[0][0]
    settle(huge)
    for address in '192.0.2.1', '192.0.2.2':
        cheaply(huge, f"REPLACE INTO rr (id, zone, name, type, data, aux, ttl) "
                f"VALUES (90000000, {zone}, 'text', 'A', '{address}', 0, 60)",
                lambda address=address: is_data(server, 'text.huge.test', 'A', address))
    cheaply(huge, f'DELETE FROM rr WHERE id = {first}',
            lambda: f'zone huge.test.: {count - 1} rows left out in all' in server.log())
    huge.sql("DELETE FROM rr WHERE name = 'text'")
    wait_until(lambda: is_rcode(server, 'text.huge.test', 'TXT', 'NXDOMAIN'), SOON)


def test_huge_zone_many_rows_at_once(huge):
    """More than are noted one by one: the zone is read whole, and nothing is missing."""
    server = huge.server
    huge.sql(f"UPDATE rr SET data = '192.0.2.99' WHERE zone = {huge.zone} AND name LIKE 'n1%'")
    wait_until(lambda: is_data(server, 'n1.huge.test', 'A', '192.0.2.99'), 3 * SOON)
    for number in (10, 1000, HUGE // 2 - 1):
        assert is_data(server, f'n{number}.huge.test', 'A', '192.0.2.99')
    huge.sql(f"UPDATE rr SET data = '192.0.2.98' WHERE zone = {huge.zone} AND name = 'n2'")
    wait_until(lambda: is_data(server, 'n2.huge.test', 'A', '192.0.2.98'), SOON)


def test_huge_zone_changed_while_it_is_read(huge):
    """Changes keep coming while the zone is read whole, again and again: none is lost, all show."""
    server = huge.server
    for number in range(1, 6):
        huge.sql(f"UPDATE rr SET data = '192.0.3.{number}' WHERE zone = {huge.zone} AND name LIKE 'n99%'")
        for step in range(20):
            huge.sql(f"UPDATE rr SET data = '198.51.{number}.{step}' "
                     f"WHERE zone = {huge.zone} AND name = 'n{100 + step}'")
    wait_until(lambda: is_data(server, 'n119.huge.test', 'A', '198.51.5.19'), 3 * SOON)
    wait_until(lambda: is_data(server, 'n9999.huge.test', 'A', '192.0.3.5'), SOON)
    for step in range(20):
        assert is_data(server, f'n{100 + step}.huge.test', 'A', f'198.51.5.{step}')


# --- whole transactions ---

def test_transactions_show_whole(large, follow):
    """Two records of one name, and two names that one answer shows, always changed together."""
    large.add_rows(large.zone, [
        ('pair', 'A', '192.0.2.0', 0, 60), ('pair', 'A', '192.0.3.0', 0, 60),
        ('mx', 'MX', 'one', 10, 60), ('mx', 'MX', 'two', 20, 60),
        ('one', 'A', '192.0.2.0', 0, 60), ('two', 'A', '192.0.2.0', 0, 60)])
    server = follow(large, 'pair.example.com')
    where = f'WHERE zone = {large.zone} AND name ='
    writer = ''.join(
        'START TRANSACTION; '
        f"UPDATE rr SET data = '192.0.2.{n % 200}' {where} 'pair' AND data LIKE '192.0.2.%'; "
        f"UPDATE rr SET data = '192.0.3.{n % 200}' {where} 'pair' AND data LIKE '192.0.3.%'; "
        f"UPDATE rr SET data = '192.0.2.{n % 200}' {where} 'one'; "
        f"UPDATE rr SET name = 'x', data = '192.0.2.{n % 200}' {where} 'two'; "
        f"UPDATE rr SET name = 'two' {where} 'x'; COMMIT;\n"
        for n in range(1, 1000))
    allowed = {f'NOERROR 192.0.2.{n} 192.0.3.{n}' for n in range(200)}
    mail = ('mx.example.com', 'MX')
    with Load(server, {('pair.example.com', 'A'): allowed,
                       mail: {'NOERROR 10 one.example.com. 20 two.example.com.'}}) as load:
        load.begin('transactions')
        thread = in_background(lambda: large.sql(writer))
        while thread.is_alive():
            glue = [rdata.to_text() for rrset in ask(server, *mail).additional for rdata in rrset]
            assert len(glue) == 2 and glue[0] == glue[1], glue
        thread.join()
        wait_until(lambda: is_data(server, 'pair.example.com', 'A', '192.0.2.199', '192.0.3.199'))


def in_background(function):
    import threading                                        # noqa: PLC0415
    thread = threading.Thread(target=function)
    thread.start()
    return thread


# --- zones that come, go and change places ---

def test_origin_changed_in_one_step(large, follow):
    server = follow(large, 'n1.example.com')
    old, new = ('n1.example.com', 'A'), ('n1.example.org', 'A')
    with Load(server, {old: {'NOERROR 10.0.0.1'}, new: {'REFUSED'}}) as load:
        load.settle()
        load.begin('origin')
        load.allow(old, 'REFUSED')
        load.allow(new, 'NOERROR 10.0.0.1')
        large.sql("UPDATE soa SET origin = 'example.org.'")
        wait_until(lambda: is_data(server, *new, '10.0.0.1'), SOON)
        wait_until(lambda: is_rcode(server, *old, 'REFUSED'), SOON)


def test_origins_swapped(large, follow):
    other = large.add_zone('example.net.', APEX + [('n1', 'A', '192.0.2.1')])
    server = follow(large, 'n1.example.com')
    wait_until(lambda: is_data(server, 'n1.example.net', 'A', '192.0.2.1'), SOON)
    one, two = ('n1.example.com', 'A'), ('n1.example.net', 'A')
    both = {'NOERROR 10.0.0.1', 'NOERROR 192.0.2.1'}
    with Load(server, {one: both, two: both}) as load:
        load.settle()
        load.begin('swap')
        large.sql(f"""START TRANSACTION; UPDATE soa SET origin = 'x.' WHERE id = {other};
            UPDATE soa SET origin = 'example.net.' WHERE id = {large.zone};
            UPDATE soa SET origin = 'example.com.' WHERE id = {other}; COMMIT""")
        wait_until(lambda: is_data(server, *one, '192.0.2.1'), SOON)
        wait_until(lambda: is_data(server, *two, '10.0.0.1'), SOON)


@pytest.mark.parametrize('rows', [10, LARGE])
def test_the_same_origin_under_another_id(database, follow, rows):
    """A panel deletes a zone and makes it anew in one transaction: nobody sees it missing."""
    database.zone = database.add_zone('example.com.', APEX)
    fill(database, database.zone, rows)
    server = follow(database, 'n1.example.com')
    www, no = ('n1.example.com', 'A'), ('no.example.com', 'A')
    with Load(server, {www: {'NOERROR 10.0.0.1'}, no: {'NXDOMAIN'}}) as load:
        load.settle()
        load.begin('id')
        for number in range(1, 11):
            zone = 1000 + number
            load.allow(www, f'NOERROR 192.0.2.{number}')
            database.sql(f"""START TRANSACTION; DELETE FROM rr; DELETE FROM soa;
                INSERT INTO soa (id, origin, ns, mbox) VALUES ({zone}, 'example.com.', 'ns1', 'h');
                INSERT INTO rr (zone, name, type, data, aux, ttl) SELECT {zone}, CONCAT('n', seq), 'A',
                '192.0.2.{number}', 0, 60 FROM seq_1_to_{rows}; COMMIT""")
            wait_until(lambda: is_data(server, *www, f'192.0.2.{number}'), SOON)


@pytest.mark.parametrize('statements', [
    "REPLACE INTO soa (id, origin, ns, mbox, serial) VALUES ({zone}, 'example.com.', 'ns1', 'h', 7)",
    """START TRANSACTION; UPDATE soa SET id = 777, origin = 'other.test.';
       INSERT INTO soa (id, origin, ns, mbox, serial) VALUES ({zone}, 'example.com.', 'ns1', 'h', 7);
       COMMIT"""], ids=['replaced', 'moved'])
def test_rows_that_follow_their_soa_row(large, start_server, statements):
    """By a foreign key they go with it, and the binary log does not tell of a single one."""
    large.sql('ALTER TABLE rr ADD FOREIGN KEY (zone) REFERENCES soa (id) '
              'ON DELETE CASCADE ON UPDATE CASCADE')
    server = start_server({**large.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'vanish-limit': 100})
    wait_until(lambda: 'following the binlog' in server.log(), SOON)
    wait_until(lambda: is_rcode(server, 'n1.example.com', 'A', 'NOERROR'), SOON)
    settle(large)
    large.sql(statements.format(zone=large.zone))
    wait_until(lambda: is_rcode(server, 'n1.example.com', 'A', 'NXDOMAIN'), SOON)
    assert ask(server, 'example.com', 'SOA').answer[0][0].serial == 7


def test_rows_that_follow_those_of_other_tables(database, follow):
    """A panel's customers have zones and records: with one of them they go, and the log tells nothing."""
    database.sql("""
        CREATE TABLE reseller (id INT UNSIGNED PRIMARY KEY) ENGINE=InnoDB;
        CREATE TABLE customer (id INT UNSIGNED PRIMARY KEY, reseller INT UNSIGNED NULL, FOREIGN KEY
          (reseller) REFERENCES reseller (id) ON DELETE CASCADE) ENGINE=InnoDB;
        INSERT INTO reseller VALUES (1); INSERT INTO customer VALUES (1, NULL), (2, 1), (3, NULL);
        ALTER TABLE soa ADD customer INT UNSIGNED NULL, ADD FOREIGN KEY (customer)
          REFERENCES customer (id) ON DELETE CASCADE;
        ALTER TABLE rr ADD customer INT UNSIGNED NULL, ADD FOREIGN KEY (customer)
          REFERENCES customer (id) ON DELETE CASCADE""")
    zones = [database.add_zone(f'zone{n}.test.', APEX + [('www', 'A', '192.0.2.1')]) for n in range(3)]
    server = follow(database, 'www.zone2.test')
    database.sql(f"""UPDATE soa SET customer = 1 WHERE id = {zones[0]};
        UPDATE soa SET customer = 2 WHERE id = {zones[1]};
        UPDATE rr SET customer = 3 WHERE zone = {zones[2]} AND name = 'www'""")
    # Something that is told comes with each, so that silence tells nothing.
    for number, (delete, name, expected) in enumerate([
            ('customer WHERE id = 1', 'www.zone0.test', 'REFUSED'),
            ('reseller WHERE id = 1', 'www.zone1.test', 'REFUSED'),
            ('customer WHERE id = 3', 'www.zone2.test', 'NXDOMAIN')]):
        assert rcode(ask(server, name)) == 'NOERROR'
        database.sql(f"""START TRANSACTION; DELETE FROM {delete}; UPDATE rr SET ttl = {number + 60}
            WHERE zone = {zones[2]} AND name = 'ns1'; COMMIT""")
        wait_until(lambda: is_rcode(server, name, 'A', expected), SOON)


def test_orphans_are_served_so_and_told(large, follow):
    """A soa row that gets another id leaves its rr rows behind: after a while the zone is empty."""
    server = follow(large, 'n1.example.com')
    question = ('n1.example.com', 'A')
    with Load(server, {question: {'NOERROR 10.0.0.1'}}) as load:
        load.settle()
        load.begin('orphans')
        large.sql(f'UPDATE soa SET id = {large.zone + 500} WHERE id = {large.zone}')
        load.asked_more(500)                    # it may be a panel in the middle of its work
        load.allow(question, 'NXDOMAIN')
        server.signal(signal.SIGHUP)            # or vanish-hold
        wait_until(lambda: is_rcode(server, *question, 'NXDOMAIN'), SOON)
    assert ask(server, 'example.com', 'SOA').answer
    server.signal(signal.SIGHUP)                # or the next sweep
    server.wait_log(rf'table rr: 1000 or more rows are of zone {large.zone}, which table soa no longer')
    large.sql(f'UPDATE rr SET zone = {large.zone + 500} WHERE zone = {large.zone}')
    wait_until(lambda: is_data(server, 'n1.example.com', 'A', '10.0.0.1'), SOON)


def test_zone_made_inactive(large, follow):
    server = follow(large, 'n1.example.com')
    for active, expected in (('N', 'REFUSED'), ('Y', 'NOERROR'), ('N', 'REFUSED')):
        large.sql(f"UPDATE soa SET active = '{active}'")
        wait_until(lambda: is_rcode(server, 'n1.example.com', 'A', expected), SOON)


def test_limits(large, start_server):
    """A row past a limit leaves the old version, and the log says so; with one less all is well."""
    server = start_server({**large.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'zone-max-rows': LARGE + 5, 'rrset-max-records': 3, 'control-socket': 'off'})
    wait_until(lambda: 'following the binlog' in server.log(), SOON)
    wait_until(lambda: is_rcode(server, 'n1.example.com', 'A', 'NOERROR'), SOON)
    large.add_rows(large.zone, [('n1', 'A', f'192.0.2.{n}') for n in range(3)])
    server.wait_log(r'n1\.example\.com\. A has 4 records, rrset-max-records = 3')
    assert is_data(server, 'n1.example.com', 'A', '10.0.0.1')
    large.sql("DELETE FROM rr WHERE name = 'n1' AND data LIKE '192.0.2.%' LIMIT 2")
    wait_until(lambda: len(data(ask(server, 'n1.example.com'))) == 2, SOON)
    large.add_rows(large.zone, [(f'more{n}', 'A', '192.0.2.1') for n in range(4)])
    server.wait_log(rf'it has {LARGE + 7} rows, zone-max-rows = {LARGE + 5}')
    assert rcode(ask(server, 'more1.example.com')) == 'NXDOMAIN'
    large.sql("DELETE FROM rr WHERE name IN ('more0', 'more2')")
    wait_until(lambda: is_rcode(server, 'more1.example.com', 'A', 'NOERROR'), SOON)


def test_minimum(large, start_server):
    """soa.minimum raises the TTLs of a zone without its rows being read."""
    server = start_server({**large.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'ignore-minimum': 'no', 'control-socket': 'off'})
    wait_until(lambda: 'following the binlog' in server.log(), SOON)
    for minimum, expected in ((7200, 7200), (60, 3600)):
        large.sql(f'UPDATE soa SET minimum = {minimum}')
        wait_until(lambda: ask(server, 'n1.example.com').answer[0].ttl == expected, SOON)


# --- very much at once ---

def test_bulk_load_while_serving(large, follow):
    """A transaction of very many rows, then very many transactions: queries do not notice."""
    server = follow(large, 'n1.example.com')
    with Load(server, {('n1.example.com', 'A'): {'NOERROR 10.0.0.1'},
                       ('no.example.com', 'A'): {'NXDOMAIN'}}) as load:
        load.settle()
        load.begin('bulk')
        fill(large, large.zone, 100000, 'bulk')
        wait_until(lambda: is_data(server, 'bulk100000.example.com', 'A', '10.1.134.160'), 3 * SOON)
        large.sql(''.join(
            "INSERT INTO rr (zone, name, type, data, aux, ttl) "
            f"VALUES ({large.zone}, 'many{n}', 'A', '192.0.2.1', 0, 60);\n" for n in range(5000)))
        wait_until(lambda: is_data(server, 'many4999.example.com', 'A', '192.0.2.1'), SOON)
    assert is_data(server, 'many0.example.com', 'A', '192.0.2.1')


def test_large_zone_that_comes(large, follow):
    """More rows than are read at once with changes; those that are not active count among them."""
    server = follow(large, 'n1.example.com')
    for number, rows in ((900, 998), (901, 999), (902, 60000)):
        fill(large, number, rows, 'i')
        large.sql(f"UPDATE rr SET active = 'N' WHERE zone = {number}")
        fill(large, number, 1)
        large.sql(f"INSERT INTO soa (id, origin, ns, mbox) VALUES ({number}, 'come{number}.test.', 'n1', 'm')")
        wait_until(lambda: is_data(server, f'n1.come{number}.test', 'A', '10.0.0.1'), SOON)
        assert rcode(ask(server, f'i{rows}.come{number}.test')) == 'NXDOMAIN'
        large.sql(f"UPDATE rr SET active = 'Y' WHERE zone = {number} AND name = 'i{rows}'")
        wait_until(lambda: is_rcode(server, f'i{rows}.come{number}.test', 'A', 'NOERROR'), SOON)


def test_zones_that_come_are_bounded(database, start_server):
    """Nobody asks for anything: what comes by the binlog alone makes room as well."""
    zones, bound = 2000, 1 << 20
    server = start_server({**database.conf(), 'zone-cache-expire': 3600, 'sweep-interval': 3600,
                           'cache-memory': '1M'})
    server.wait_log('following the binlog')
    for first in range(1, zones, 200):
        numbers = f'seq_{first}_to_{first + 199}'
        database.sql("INSERT INTO rr (zone, name, type, data, aux, ttl) SELECT z.seq, "
                     "CONCAT('host', h.seq), 'A', '192.0.2.1', 0, 3600 FROM "
                     f"{numbers} z, seq_1_to_30 h; "
                     "INSERT INTO soa (id, origin, ns, mbox) SELECT seq, "
                     f"CONCAT('zone', seq, '.example.'), 'ns1', 'root' FROM {numbers}")

    def count():
        at = len(server.log())
        server.signal(signal.SIGUSR2)
        hosted = server.wait_log(r'store: (\d+) zones, (\d+) in memory', after=at).group(1)
        octets = server.wait_log(r'zone cache .* (\d+) bytes', after=at).group(1)
        return int(hosted), int(octets)
    wait_until(lambda: count()[0] == zones, SOON)
    wait_until(lambda: count()[1] <= bound * 1.1, SOON)
    wait_until(lambda: is_data(server, 'host7.zone77.example', 'A', '192.0.2.1'))
