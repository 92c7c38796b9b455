"""What the tests of vanish protection share: databases of many zones, servers that have loaded them."""
import subprocess

from support import schema
from support.mariadb import Database, MariaDB
from support.query import ask, is_data, rcode
from support.wait import wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1'),
        ('mail', 'A', '192.0.2.25'), ('', 'MX', 'mail')]
SOON = 10.0
BACK = 30.0
FAST = {'zone-cache-expire': 1, 'sweep-interval': 1, 'ignore-minimum': 'yes'}
HELD = 'vanish protection: .*answered on'
ENDS = 'vanish protection ends'


def by_feed():
    """By change-feed, for a fixture: a MariaDB with a binary log, and one without, as Debian's is."""
    instances = {'auto': MariaDB(binlog=True), 'off': MariaDB()}
    try:
        for instance in instances.values():
            instance.start()
        yield instances
    finally:
        for instance in instances.values():
            instance.remove()


def fill(instance, zones, ddl=None):
    """A database of so many zones, each with ROWS."""
    database = Database(instance, 'mydns', ddl or schema.own())
    instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost;'
                 'SET GLOBAL binlog_format = ROW')
    text = 'START TRANSACTION;'
    for zone in range(1, zones + 1):
        text += (f"INSERT INTO soa (id, origin, ns, mbox, serial, refresh, retry, expire, minimum,"
                 f" ttl) VALUES ({zone}, 'zone{zone}.test.', 'ns1', 'root', 1, 2, 3, 4, 5, 600);")
        text += ''.join(f"INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES"
                        f" ({zone}, '{name}', '{kind}', '{value}', 0, 600);"
                        for name, kind, value in ROWS)
    database.sql(text + 'COMMIT;')
    return database


def names(zones):
    return [f'{name}.zone{zone}.test' for zone in range(1, zones + 1) for name in ('www', 'mail')]


def serve(start_server, database, options, zones):
    """A server that has loaded every zone."""
    server = start_server({**database.conf(), 'ignore-minimum': 'yes', **options})
    for name in names(zones):
        wait_until(lambda name=name: rcode(ask(server, name)) == 'NOERROR')
    return server


def follow(start_server, database, zones):
    """One that follows the binary log: nothing here would show by age."""
    server = serve(start_server, database, {'zone-cache-expire': 3600, 'sweep-interval': 3600},
                   zones)
    server.wait_log('following the binlog')
    return server


def dump(database, *options):
    result = subprocess.run(['mariadb-dump', '--no-defaults', '-S', database.instance.socket,
                             '-u', 'root', *options, database.name], capture_output=True,
                            check=True, timeout=60)
    return result.stdout.decode()


def soa_serial(server, zone):
    return ask(server, f'zone{zone}.test', 'SOA').answer[0][0].serial


def check_calm(server, database):
    """All shows at once, as before."""
    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www' AND zone = 1")
    wait_until(lambda: is_data(server, 'www.zone1.test', 'A', '192.0.2.2'), BACK)
    database.sql("INSERT INTO soa (id, origin, ns, mbox) VALUES (9999, 'new.test.', 'ns', 'root');"
                 "INSERT INTO rr (zone, name, type, data, aux) VALUES (9999, 'www', 'A', '192.0.2.9', 0)")
    wait_until(lambda: is_data(server, 'www.new.test', 'A', '192.0.2.9'), BACK)


def wait_end(server, begins=1):
    server.wait_log(HELD)
    wait_until(lambda: server.log().count('vanish protection: ') >= begins and
               server.log().count(ENDS) == server.log().count('vanish protection: '), 90,
               'the hold ends')


def prepare(start_server, feed, instances, zones):
    """(database, server): feed 'auto' follows the binary log, 'off' looks by age, each second."""
    database = fill(instances[feed], zones)
    if feed == 'auto':
        return database, follow(start_server, database, zones)
    return database, serve(start_server, database, {**FAST, 'change-feed': 'off'}, zones)
