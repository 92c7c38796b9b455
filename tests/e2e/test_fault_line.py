"""
The line between server and database fails: it stalls in the middle of a result, is cut without a word,
is slow; with TLS and without. See test_faults.py for what is asked of each and for the table.
"""
import signal
import subprocess
import time

import pytest

from support.faults import BACK, FAST, KNOWN, WWW, change, check_fresh_again, make_database
from support.load import Load
from support.mariadb import MariaDB
from support.proxy import Proxy
from support.query import is_data
from support.wait import TemporaryDirectory, wait_until

ZONES = 3000
PATIENT = 90        # time-outs of a silent line, one after the other


@pytest.fixture(scope='module')
def certificate():
    directory = TemporaryDirectory('mydns-tls')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3',
                    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', directory / 'key.pem',
                    '-out', directory / 'cert.pem'], check=True, capture_output=True, timeout=60)
    yield directory
    directory.remove()


@pytest.fixture(scope='module')
def database(certificate):
    """Enough rows that a result fills the line's buffers."""
    instance = MariaDB(binlog=True, options=('--ssl-cert=' + certificate / 'cert.pem',
                                             '--ssl-key=' + certificate / 'key.pem'))
    try:
        instance.start()
        database = make_database(instance)
        database.sql(f"""
            INSERT INTO soa (id, origin, ns, mbox)
              SELECT 1000 + seq, CONCAT('z', seq, '.example.'), 'ns1', 'h' FROM seq_1_to_{ZONES};
            INSERT INTO rr (zone, name, type, data, ttl)
              SELECT 1000 + z.seq, CONCAT('host', h.seq), 'A', '192.0.2.4', 3600
              FROM seq_1_to_{ZONES} z, seq_1_to_20 h;""")
        yield database
    finally:
        instance.remove()


@pytest.fixture
def reset(database):
    yield
    database.sql("UPDATE rr SET data = '192.0.2.1' WHERE name = 'www'")


def conf(database, proxy, certificate, secure):
    tls = {'db-ssl-ca': certificate / 'cert.pem', 'db-ssl-verify': 'no'} if secure else {}
    return {**database.conf(), **FAST, 'db-host': f'127.0.0.1:{proxy.port}', 'db-socket': None,
            'zone-cache-expire': 3600, **tls}


def start(database, proxy, certificate, start_server, secure):
    server = start_server(conf(database, proxy, certificate, secure))
    last = ('host20.z3000.example', 'A')
    wait_until(lambda: is_data(server, *WWW, '192.0.2.1') and is_data(server, *last, '192.0.2.4'))
    return server, {**KNOWN, last: {'NOERROR 192.0.2.4'}}


@pytest.mark.parametrize('fault', ['stalled in a result', 'cut half-open'])
def test_silent(database, certificate, start_server, fault_table, reset, fault):
    """With TLS and without at the same time, since it takes the time-outs."""
    with Proxy(database.instance.socket) as plain, Proxy(database.instance.socket) as secure:
        lines = [start(database, plain, certificate, start_server, False),
                 start(database, secure, certificate, start_server, True)]
        with Load(*lines[0]) as load, Load(*lines[1]) as other:
            for server, proxy, one, name in ((lines[0][0], plain, load, ''),
                                             (lines[1][0], secure, other, ' (TLS)')):
                one.settle()
                one.begin(fault + name)
                if fault == 'cut half-open':
                    proxy.cut()
                else:
                    proxy.stall(100000)
                    server.signal(signal.SIGHUP)        # reads all
                    wait_until(lambda proxy=proxy: proxy.stalled > 0)
            for server, proxy, one in ((lines[0][0], plain, load), (lines[1][0], secure, other)):
                proxy.heal()
                one.allow(WWW, 'NOERROR 192.0.2.60')
            database.sql("UPDATE rr SET data = '192.0.2.60' WHERE name = 'www'")
            for server, one in ((lines[0][0], load), (lines[1][0], other)):
                wait_until(lambda server=server: is_data(server, *WWW, '192.0.2.60'), PATIENT)
                one.only(WWW, 'NOERROR 192.0.2.60')
                one.asked_more(200)
        fault_table.add(load)
        fault_table.add(other)


@pytest.mark.parametrize('secure', [False, True])
def test_slow(database, certificate, start_server, fault_table, reset, secure):
    with Proxy(database.instance.socket) as proxy:
        server, known = start(database, proxy, certificate, start_server, secure)
        with Load(server, known) as load:
            load.settle()
            load.begin(f'100 ms away{" (TLS)" if secure else ""}')
            proxy.delay(0.1)
            server.signal(signal.SIGHUP)
            for number in range(2):
                change(load, database, server, f'192.0.2.{70 + number}')
            proxy.heal()
            check_fresh_again(load, database, server)
        fault_table.add(load)


@pytest.mark.parametrize('secure', [False, True])
def test_end_while_stalled(database, certificate, start_server, secure):
    """The end does not wait for a line that says nothing."""
    with Proxy(database.instance.socket) as proxy:
        server, _ = start(database, proxy, certificate, start_server, secure)
        proxy.stall(100000)
        server.signal(signal.SIGHUP)
        wait_until(lambda: proxy.stalled > 0)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 8         # a read takes 10 s


def test_hangs_from_the_start(database, certificate, start_server):
    """Stalled in the handshake, then in the list of zones; it comes up when the line is good."""
    with Proxy(database.instance.socket) as proxy:
        proxy.stall(20)
        server = start_server(conf(database, proxy, certificate, True), ready=False)
        wait_until(lambda: proxy.stalled > 0)
        proxy.stall(60000)
        wait_until(lambda: proxy.stalled > 3, PATIENT)
        assert not server.is_ready()
        proxy.heal()
        wait_until(lambda: is_data(server, *WWW, '192.0.2.1'), PATIENT + BACK)
