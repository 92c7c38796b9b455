"""A primary and a replica of MariaDB, one mydns on each: both answer, and how far behind is known."""
import http.client
import json
import os
import re
import subprocess

import pytest

from support import recipe, schema
from support import replica as replication
from support.mariadb import Database
from support.query import ask, ede, is_data, rcode
from support.server import SANITIZER, program
from support.wait import TemporaryDirectory, free_port, wait_until

FEED = {'feed-user': 'mydnsfeed', 'feed-password': 'fourth'}
AGES = {'zone-cache-expire': 1, 'sweep-interval': 1}    # where the server has no binary log
SLOW = 40


def dnsadm(database, *words):
    """Run dnsadm with the account `dnsadm` of DATABASE."""
    directory = TemporaryDirectory('dnsadm')
    try:
        path = directory / 'dnsadm.conf'
        options = {**database.conf(), 'db-user': 'dnsadm', 'db-password': 'writer',
                   'default-ns': 'ns1.example.net', 'default-ip': '192.0.2.1'}
        with open(path, 'w', encoding='utf-8') as file:
            file.write(''.join(f'{k} = {v}\n' for k, v in options.items()))
        os.chmod(path, 0o600)
        result = subprocess.run([program('dnsadm'), '-c', path, *words], capture_output=True,
                                text=True, timeout=60, check=False)
        assert not SANITIZER.search(result.stderr), result.stderr
        return result.returncode, result.stdout + result.stderr
    finally:
        directory.remove()


@pytest.fixture(scope='module')
def primary():
    instance = replication.new_primary()
    try:
        database = Database(instance, 'mydns', schema.own())
        instance.sql("""
            CREATE USER mydnsfeed@localhost IDENTIFIED BY 'fourth';
            GRANT SELECT ON mydns.* TO mydnsfeed@localhost;
            GRANT REPLICATION SLAVE ON *.* TO mydnsfeed@localhost;
            GRANT SLAVE MONITOR ON *.* TO mydns@localhost;""")
        database.grant('SELECT, INSERT, UPDATE, DELETE', 'dnsadm', 'writer')
        database.add_zone('example.com.', [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'),
                                           ('www', 'A', '192.0.2.1')])
        yield database
    finally:
        instance.remove()


def made_replica(primary, log_slave_updates, **keywords):
    instance = replication.new_replica(log_slave_updates)
    try:
        replication.follow(instance, primary.instance, **keywords)
        yield replication.Copy(instance, primary)
    finally:
        instance.remove()


@pytest.fixture
def replica(primary):
    """One that logs what it replicates, by GTID."""
    yield from made_replica(primary, True)


@pytest.fixture(params=[True, False], ids=['logged', 'unlogged'])
def either_replica(primary, request):
    """One that logs what it replicates, and one without a binary log."""
    yield from made_replica(primary, request.param)


def change(primary, address):
    """Another address for www.example.com, as a panel would write it."""
    primary.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www';"
                " UPDATE soa SET serial = serial + 1 WHERE origin = 'example.com.'")


def shown(server, address):
    return is_data(server, 'www.example.com.', 'A', address)


def times_to_show(primary, server, count):
    """Milliseconds from the OK of COMMIT on the primary until SERVER answers so, for COUNT changes."""
    now, = primary.sql("SELECT data FROM rr WHERE name = 'www'")[0]
    wait_until(lambda: shown(server, now), SLOW)
    lines = ''
    for number in range(count):
        new = f'198.51.100.{number + 1 if now != f"198.51.100.{number + 1}" else 200}'
        lines += '\t'.join(['changed', 'www.example.com.', 'A', now, new, 'BEGIN',
                            f"UPDATE rr SET data = '{new}' WHERE name = 'www'",
                            "UPDATE soa SET serial = serial + 1 WHERE origin = 'example.com.'",
                            'COMMIT']) + '\n'
        now = new
    result = subprocess.run(
        [os.path.join(os.environ['BUILD_DIR'], 'tests', 'freshness_ask'), '--server',
         f'127.0.0.1:{server.port}', '--socket', primary.instance.socket, '--database',
         primary.name, '--give-up-sec', str(SLOW)],
        input=lines, capture_output=True, text=True, timeout=280, check=True)
    fields = [line.split('\t') for line in result.stdout.splitlines()]
    assert len(fields) == count and all(f[1] != '-' for f in fields), result.stdout
    assert all(f[3:5] == ['0', '0'] for f in fields), result.stdout     # mixed, or back
    return sorted(int(f[1]) / 1000 for f in fields)


def get(server, path):
    connection = http.client.HTTPConnection('127.0.0.1', server.options['http-listen'], timeout=10)
    connection.request('GET', path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def lag(server):
    return json.loads(get(server, '/status')[1])['replica']


def metric(server, name):
    found = re.search(rf'^{name} (\S+)$', get(server, '/metrics')[1], re.M)
    return float(found[1]) if found else None


# --- both answer ------------------------------------------------------------------------------------

@pytest.mark.parametrize('gtid', [True, False], ids=['gtid', 'position'])
@pytest.mark.parametrize('logs', [True, False], ids=['logged', 'unlogged'])
def test_both_answer(primary, start_server, logs, gtid):
    """The time to the second answer is printed; without a log of its own the replica goes by GTID or age."""
    for copy in made_replica(primary, logs, gtid=gtid):
        first, second = (start_server({**d.conf(), **FEED, **AGES}) for d in (primary, copy))
        assert replication.status(copy.instance)['Using_Gtid'] == ('Slave_Pos' if gtid else 'No')
        if logs:
            second.wait_log('following the binlog')
        name = f'{"logged" if logs else "unlogged"}-{"gtid" if gtid else "position"}.example'
        assert dnsadm(primary, 'add-domain', name)[0] == 0
        wait_until(lambda: is_data(first, name, 'A', '192.0.2.1'), SLOW)
        wait_until(lambda: is_data(second, name, 'A', '192.0.2.1'), SLOW)
        for who, one in (('primary', first), ('replica', second)):
            times = times_to_show(primary, one, 20 if logs else 3)
            print(f'{name}: COMMIT on the primary to the answer beside the {who}: '
                  + ', '.join(f'{t:.1f}' for t in times) + ' ms')
        assert dnsadm(primary, 'remove-domain', '--yes', name)[0] == 0
        wait_until(lambda: rcode(ask(second, name, 'A')) == 'REFUSED', SLOW)


# --- behind -----------------------------------------------------------------------------------------

def watched(start_server, database, limit=2, **more):
    """A server on DATABASE that minds its lag."""
    options = {**database.conf(), **FEED, **AGES, 'replica-max-lag': limit,
               'http-listen': free_port(), **more}
    one = start_server({k: v for k, v in options.items() if v is not None})
    wait_until(lambda: lag(one)['state'] not in ('off', 'unknown'))
    return one


def test_delayed(primary, replica, start_server):
    """MASTER_DELAY: past the limit the log says so and /ready does not; then all is well again."""
    one = watched(start_server, replica)
    wait_until(lambda: get(one, '/ready')[0] == 200)
    wait_until(lambda: lag(one) == {'state': 'running', 'lag_seconds': 0, 'limit_seconds': 2,
                                    'error': None})
    replica.instance.sql('STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 15; START SLAVE;')
    change(primary, '192.0.2.7')
    wait_until(lambda: get(one, '/ready')[0] == 503, SLOW)
    assert 'behind its primary, replica-max-lag is 2 s' in get(one, '/ready')[1]
    assert rcode(ask(one, 'www.example.com.')) == 'NOERROR'     # answered on, and old
    one.wait_log('behind its primary, replica-max-lag is 2 s.*its data is answered on')
    wait_until(lambda: shown(one, '192.0.2.7'), SLOW)
    wait_until(lambda: get(one, '/ready')[0] == 200, SLOW)
    one.wait_log('no longer behind its primary')
    assert metric(one, 'mydns_replica_lag_seconds') <= 2


def test_stopped(primary, replica, start_server):
    """A stopped SQL thread: what is known is not 0 for ever. By option SERVFAIL with EDE 0."""
    one = watched(start_server, replica, replica_lag_servfail='yes')
    replica.instance.sql('STOP SLAVE SQL_THREAD')
    change(primary, '192.0.2.8')
    wait_until(lambda: lag(one)['state'] == 'stopped')
    one.wait_log('at least . s behind.*its SQL thread does not run.*answering SERVFAIL', SLOW)
    reply = ask(one, 'www.example.com.', use_edns=0)
    assert rcode(reply) == 'SERVFAIL' and ede(reply) == [0]
    assert rcode(ask(one, 'www.example.org.')) == 'REFUSED'     # not hosted: it is not about us
    assert metric(one, 'mydns_replica_lag_seconds') > 2
    replica.instance.sql('START SLAVE')
    wait_until(lambda: shown(one, '192.0.2.8'), SLOW)
    wait_until(lambda: get(one, '/ready')[0] == 200, SLOW)


def test_without_its_primary(primary, replica, start_server):
    """No connection to the primary: nobody knows what is missing, so it counts as time behind."""
    one = watched(start_server, replica)
    replica.instance.sql('STOP SLAVE IO_THREAD')
    wait_until(lambda: get(one, '/ready')[0] == 503, SLOW)
    assert lag(one)['error'] == 'it has no connection to its primary'
    replica.instance.sql('START SLAVE')
    wait_until(lambda: get(one, '/ready')[0] == 200, SLOW)


def test_broken(primary, replica, start_server):
    """Broken by a row that is there already: told with the server's own words; mended, it goes on."""
    one = watched(start_server, replica)
    replica.sql("SET sql_log_bin = 0; INSERT INTO soa (id, origin, ns, mbox)"
                " VALUES (900, 'broken.example.', '', '')")
    primary.sql("INSERT INTO soa (id, origin, ns, mbox) VALUES (900, 'other.example.', '', '')")
    one.wait_log("its SQL thread does not run: .*Duplicate entry '900'", SLOW)
    assert get(one, '/ready')[0] == 503
    replica.sql('SET sql_log_bin = 0; DELETE FROM soa WHERE id = 900')
    replica.instance.sql('START SLAVE')
    wait_until(lambda: rcode(ask(one, 'other.example.', 'SOA')) == 'NOERROR', SLOW)
    wait_until(lambda: rcode(ask(one, 'broken.example.', 'SOA')) == 'REFUSED', SLOW)
    wait_until(lambda: get(one, '/ready')[0] == 200, SLOW)
    primary.sql('DELETE FROM soa WHERE id = 900')


def test_cloned_again(primary, either_replica, start_server):
    """A replica that was left behind and gets a new copy of everything."""
    replica = either_replica
    one = watched(start_server, replica)
    replica.instance.sql('STOP SLAVE')
    change(primary, '192.0.2.9')
    zone = primary.add_zone('since.example.', [('', 'NS', 'ns1.example.com.'),
                                               ('www', 'A', '192.0.2.99')])
    replication.follow(replica.instance, primary.instance)
    wait_until(lambda: shown(one, '192.0.2.9'), SLOW)
    wait_until(lambda: is_data(one, 'www.since.example.', 'A', '192.0.2.99'), SLOW)
    wait_until(lambda: get(one, '/ready')[0] == 200, SLOW)
    change(primary, '192.0.2.10')
    wait_until(lambda: shown(one, '192.0.2.10'), SLOW)
    primary.sql(f'DELETE FROM rr WHERE zone = {zone}; DELETE FROM soa WHERE id = {zone}')


def test_promoted(either_replica, start_server):
    """The replica becomes a primary: never behind any more, and dnsadm writes to it."""
    replica = either_replica
    one = watched(start_server, replica)
    replica.instance.sql('STOP SLAVE')
    wait_until(lambda: get(one, '/ready')[0] == 503, SLOW)
    replica.instance.sql('RESET SLAVE ALL')
    wait_until(lambda: lag(one)['state'] == 'primary')
    wait_until(lambda: get(one, '/ready')[0] == 200)
    assert metric(one, 'mydns_replica_lag_seconds') is None
    assert dnsadm(replica, 'add-domain', 'promoted.example')[0] == 0
    wait_until(lambda: is_data(one, 'promoted.example', 'A', '192.0.2.1'), SLOW)
    change(replica, '192.0.2.11')
    wait_until(lambda: shown(one, '192.0.2.11'), SLOW)


def test_heartbeat(primary, replica, start_server):
    """Without SLAVE MONITOR it is unknown until a heartbeat comes by replication."""
    replica.sql('SET sql_log_bin = 0; REVOKE SLAVE MONITOR ON *.* FROM mydns@localhost')
    one = start_server({**replica.conf(), **FEED, **AGES, 'replica-max-lag': 3,
                  'http-listen': free_port()})
    wait_until(lambda: lag(one)['state'] == 'unknown')
    one.wait_log('how far the database is behind is unknown; grant SLAVE MONITOR to mydns')
    assert lag(one)['lag_seconds'] is None and get(one, '/ready')[0] == 200
    assert metric(one, 'mydns_replica_lag_seconds') is None

    code, text = dnsadm(primary, 'heartbeat')
    assert code == 3 and 'dnsadm heartbeat --install, as administrator' in text
    code, text = dnsadm(primary, 'heartbeat', '--install', '--admin-socket',
                        primary.instance.socket)
    assert code == 0 and 'event_scheduler is off' in text
    assert dnsadm(primary, 'heartbeat') == (0, '')
    wait_until(lambda: lag(one)['state'] == 'running')
    wait_until(lambda: get(one, '/ready')[0] == 503, SLOW)      # it was written only once
    primary.instance.sql('SET GLOBAL event_scheduler = ON')
    wait_until(lambda: get(one, '/ready')[0] == 200, SLOW)
    replica.instance.sql('STOP SLAVE')
    wait_until(lambda: get(one, '/ready')[0] == 503, SLOW)
    assert metric(one, 'mydns_replica_lag_seconds') > 3
    primary.instance.sql('SET GLOBAL event_scheduler = OFF')
    primary.sql('DROP EVENT mydns_heartbeat; DROP TABLE mydns_heartbeat')


# --- README -----------------------------------------------------------------------------------------

def test_readme(start_server):
    """README's recipe word for word; only addresses, ports and sockets are those of the test."""
    first_cnf, accounts, second_cnf, copying, lines, promoting = \
        recipe.recipe('Primary and replica')[:6]
    first = recipe.instance(first_cnf, tcp=True)
    try:
        second = recipe.instance(second_cnf, tcp=True)
        try:
            one = Database(first, 'mydns', schema.own())
            one.grant('SELECT, INSERT, UPDATE, DELETE', 'dnsadm', 'writer')
            one.add_zone('example.com.', [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'),
                                          ('www', 'A', '192.0.2.80')])
            first.sql(accounts.replace('192.0.2.2', '127.0.0.1'))
            copying = copying.replace('ssh 192.0.2.1', f'HOME={recipe.home(first)}')
            copying = copying.replace("'192.0.2.1'", f"'127.0.0.1', MASTER_PORT = {first.port}")
            subprocess.run(['sh', '-e', '-c', copying], check=True, timeout=60,
                           env={**os.environ, 'HOME': recipe.home(second), 'USER': 'root'})
            wait_until(lambda: replication.running(second) == ('Yes', 'Yes'), SLOW)
            two = replication.Copy(second, one)
            more = recipe.conf(lines)
            servers = [start_server({**d.conf(), **more, 'http-listen': free_port()})
                       for d in (one, two)]
            for server in servers:
                server.wait_log('following the binlog')
            wait_until(lambda: lag(servers[0])['state'] == 'primary')
            wait_until(lambda: lag(servers[1])['state'] == 'running')
            times = times_to_show(one, servers[1], 100)
            print(f'to the second answer: median {times[50]:.1f} ms, 99 % {times[98]:.1f} ms')
            assert get(servers[1], '/ready')[0] == 200

            first.kill()
            second.sql(promoting)
            wait_until(lambda: lag(servers[1])['state'] == 'primary')
            assert dnsadm(two, 'add-domain', 'promoted.example')[0] == 0
            wait_until(lambda: is_data(servers[1], 'promoted.example', 'A', '192.0.2.1'), SLOW)
            assert rcode(ask(servers[0], 'www.example.com.')) == 'NOERROR'
        finally:
            second.remove()
    finally:
        first.remove()
