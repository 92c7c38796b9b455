"""To be seen: control socket and dnsadm status, /metrics, /status and /ready over HTTP."""
import json
import os
import pwd
import re
import shutil
import socket
import stat
import subprocess
import time

import pytest

from support.query import ask, data, is_data, rcode
from support.server import program
from support.wait import free_port, holds_for, wait_until

MARIADB = {'binlog': True}
ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]
BACK = 30


def control(server):
    return server.directory / 'mydns.sock'


def with_http(options, **more):
    return {**options, 'ignore-minimum': 'yes', 'http-listen': free_port(), **more}


def talk(address, octets, seconds=15):
    """Everything that comes back until the server closes."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        client.connect(address)         # waits for room in the queue
        client.settimeout(seconds)
        client.sendall(octets)
        answer = b''
        while part := client.recv(65536):
            answer += part
    return answer


def get(address, path, method='GET', version='1.1'):
    """(status, headers, body)"""
    answer = talk(address, f'{method} {path} HTTP/{version}\r\nHost: x\r\n\r\n'.encode())
    head, _, body = answer.partition(b'\r\n\r\n')
    lines = head.decode().split('\r\n')
    headers = dict(line.lower().split(': ', 1) for line in lines[1:])
    if method == 'GET':
        assert int(headers['content-length']) == len(body)
    return int(lines[0].split()[1]), headers, body.decode()


def http(server):
    return ('127.0.0.1', int(server.options['http-listen']))


def status(server):
    code, headers, body = get(control(server), '/status')
    assert code == 200 and headers['content-type'] == 'application/json'
    return json.loads(body)


def metrics(server):
    """name{labels} -> value"""
    code, headers, body = get(http(server), '/metrics')
    assert code == 200
    assert headers['content-type'] == 'text/plain; version=0.0.4; charset=utf-8'
    return {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1])
            for line in body.splitlines() if not line.startswith('#')}


def dnsadm(*arguments):
    result = subprocess.run([program('dnsadm'), '-c', '/nonexistent', 'status', *arguments],
                            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                            check=False)
    return result.returncode, result.stdout, result.stderr


def test_ready(mariadb, new_database, start_server):
    database = new_database()
    mariadb.sql(f"GRANT REPLICATION SLAVE ON *.* TO {database.conf()['db-user']}@localhost")
    database.add_zone('example.com.', ROWS)
    database.add_zone('example.net.', [*ROWS, ('bad', 'A', 'nonsense')])
    server = start_server(with_http(database.conf()))
    for _ in range(3):
        assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    assert rcode(ask(server, 'no.example.com', tcp=True)) == 'NXDOMAIN'
    wait_until(lambda: status(server)['change_feed']['rung'] == 'binlog')
    wait_until(lambda: status(server)['guaranteed_age_seconds'] == 0)
    wait_until(lambda: status(server)['zones']['loaded'] == 2)

    seen = status(server)
    assert seen['ready'] and seen['why_not_ready'] is None
    assert seen['guaranteed_by'] == 'change feed'
    assert seen['change_feed']['why_not_higher'] is None
    assert seen['change_feed']['streams'] == 1
    assert seen['position']['binlog_file'].startswith('binlog.')
    assert seen['position']['binlog_offset'] > 0
    assert seen['database']['connected']
    assert seen['zones'] == {'hosted': 2, 'loaded': 2, 'failed': 0, 'pending': 0,
                             'failed_zones': []}
    assert seen['rows'] == {'served': 6, 'left_out': 1}
    assert seen['memory']['store_bytes'] > 1000
    assert seen['memory']['resident_bytes'] > 1000000
    assert seen['replies']['rcode']['NOERROR'] == 3
    assert seen['replies']['rcode']['NXDOMAIN'] == 1
    assert seen['questions']['udp'] == 3 and seen['questions']['tcp'] == 1
    assert not seen['vanish_hold']['active']

    values = metrics(server)
    assert values['mydns_ready'] == 1
    assert values['mydns_change_feed{rung="binlog"}'] == 1
    assert values['mydns_change_feed{rung="off"}'] == 0
    assert values['mydns_guaranteed_age_seconds'] <= 1
    assert values['mydns_zones_hosted'] == 2 and values['mydns_rows_left_out'] == 1
    assert values['mydns_questions_total{protocol="udp"}'] == 3
    assert values['mydns_replies_total{rcode="NXDOMAIN"}'] == 1
    assert values['process_resident_memory_bytes'] > 1000000
    assert get(http(server), '/ready')[0::2] == (200, 'ready\n')

    code, text, errors = dnsadm('--control-socket', control(server))
    assert code == 0 and errors == ''
    lines = {line[:14].strip(): line[14:] for line in text.splitlines()}
    assert lines['server'].startswith('ready, version ')
    assert lines['change feed'].startswith('binlog, for ')
    assert re.fullmatch(r'at most [01] s old \(change feed\)', lines['answers'])
    assert lines['zones'] == '2 hosted, 2 loaded, 0 failed, 0 pending'
    assert lines['rows'] == '6 served, 1 left out'
    assert lines['replies'] == 'NOERROR 3, NXDOMAIN 1'
    code, text, errors = dnsadm('--json', '--control-socket', control(server))
    assert code == 0 and json.loads(text)['zones']['hosted'] == 2
    # the path can stand in dnsadm.conf as well
    with open(server.directory / 'dnsadm.conf', 'w', encoding='utf-8') as file:
        os.chmod(file.name, 0o600)
        file.write(f'control-socket = {control(server)}\n')
    assert dnsadm('-c', file.name)[0] == 0

    database.sql("UPDATE rr SET data = '192.0.2.2' WHERE name = 'www'")
    wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'))
    wait_until(lambda: status(server)['change_feed']['changes'] >= 1)


def test_promtool(mariadb, new_database, start_server):
    promtool = shutil.which('promtool')
    if promtool is None:
        pytest.skip('promtool (package prometheus) is not here')
    database = new_database()
    database.add_zone('example.com.', ROWS)
    server = start_server(with_http(database.conf()))
    ask(server, 'www.example.com')
    body = get(http(server), '/metrics')[2]
    result = subprocess.run([promtool, 'check', 'metrics'], input=body, capture_output=True,
                            text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_paths_and_methods(mariadb, new_database, start_server):
    database = new_database()
    server = start_server(with_http(database.conf()))
    for address in http(server), control(server):
        for path, expected in (('/ready', 200), ('/ready?x=1', 200), ('/', 404), ('/status/', 404),
                               ('/../etc/passwd', 404), ('/' + 'x' * 1000, 404),
                               ('http://host/ready', 200), ('ready', 400)):
            assert get(address, path)[0] == expected, path
        code, headers, body = get(address, '/metrics', 'HEAD', '1.0')
        assert code == 200 and int(headers['content-length']) > 1000 and body == ''
        for method in 'POST', 'PUT', 'DELETE', 'OPTIONS', 'get':
            code, headers, _ = get(address, '/ready', method)
            assert code == 405 and headers['allow'] == 'get, head'
        for octets, expected in ((b'\r\n\r\n', b'400'), (b'GET\r\n\r\n', b'400'),
                                 (b'GET / HTTP/2.0\r\n\r\n', b'505'),
                                 (b'GET /\0 HTTP/1.1\r\n\r\n', b'400'),
                                 (b'\x16\x03\x01\x02\x00\r\n\r\n', b'400'),
                                 (b'GET /ready HTTP/1.1\n\n', b'200'),
                                 (b'GET /ready HTTP/1.1\r\nX: ' + b'y' * 20000, b'431'),
                                 (b'POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n' +
                                  b'z' * 99999, b'405')):
            assert talk(address, octets).split()[1] == expected, octets[:40]


def test_failed_zone(mariadb, new_database, start_server):
    """What cannot be loaded is told with its reason, by name only where that was asked for."""
    database = new_database()
    database.add_zone('example.com.', ROWS)
    database.add_zone('secret.example.', [*ROWS, ('a', 'A', '192.0.2.1'), ('a', 'A', '192.0.2.2'),
                                          ('a', 'A', '192.0.2.3')])
    server = start_server(with_http(database.conf(), rrset_max_records=2))
    wait_until(lambda: status(server)['zones']['failed'] == 1)
    failed = status(server)['zones']['failed_zones']
    assert [zone['zone'] for zone in failed] == ['secret.example.']
    assert 'rrset-max-records' in failed[0]['reason']
    code, text, _ = dnsadm('--control-socket', control(server))
    assert code == 0 and '1 failed' in text and 'secret.example. (id ' in text
    for path in '/status', '/metrics', '/ready':
        assert 'secret' not in get(http(server), path)[2]
    assert json.loads(get(http(server), '/status')[2])['zones']['failed'] == 1
    server.configure(http_zone_names='yes')
    server.signal(1)
    wait_until(lambda: 'secret.example.' in get(http(server), '/status')[2])
    assert 'secret' not in get(http(server), '/metrics')[2]
    database.sql("DELETE FROM rr WHERE data = '192.0.2.3'")
    wait_until(lambda: status(server)['zones']['failed'] == 0, BACK)
    assert status(server)['zones']['failed_zones'] == []


def test_failed_zone_is_tried_again(new_database, start_server):
    """By SIGHUP, without anybody asking for it or telling of a change."""
    database = new_database()
    database.add_zone('example.com.', [*ROWS, ('www', 'A', '192.0.2.2')])
    server = start_server({**database.conf(), 'change-feed': 'off', 'rrset-max-records': 1})
    wait_until(lambda: status(server)['zones']['failed'] == 1)
    database.sql("DELETE FROM rr WHERE data = '192.0.2.2'")
    server.signal(1)
    wait_until(lambda: status(server)['zones']['failed'] == 0, BACK)


def test_before_the_database(own_database, start_server):
    """Seen from the first moment on; ready only with the list of zones."""
    own_database.instance.stop()
    server = start_server(with_http(own_database.conf(), change_feed='off', zone_cache_expire=7),
                          ready=False)
    wait_until(lambda: get(http(server), '/ready')[0] == 503)
    wait_until(lambda: 'connect' in get(http(server), '/ready')[2])
    assert get(http(server), '/ready')[2].startswith('the list of zones has not been read yet: ')
    seen = status(server)
    assert not seen['ready'] and not seen['database']['connected']
    assert seen['guaranteed_age_seconds'] is None
    assert metrics(server)['mydns_guaranteed_age_seconds'] == float('inf')
    assert metrics(server)['mydns_ready'] == 0
    code, text, _ = dnsadm('--control-socket', control(server))
    assert code == 1 and 'NOT READY' in text and 'AWAY' in text
    own_database.instance.start()
    wait_until(lambda: get(http(server), '/ready')[0] == 200, BACK)
    seen = status(server)
    assert seen['database']['connected'] and seen['database']['last_error']
    assert seen['guaranteed_age_seconds'] == 7
    assert seen['guaranteed_by'] == 'zone-cache-expire'
    assert seen['change_feed']['rung'] == 'off'
    assert seen['change_feed']['why_not_higher'] == 'change-feed = off'


def test_away_and_past_stale_limit(own_database, start_server):
    server = start_server(with_http(own_database.conf(), zone_cache_expire=1, sweep_interval=1,
                                    stale_limit=4))
    own_database.instance.stop()
    wait_until(lambda: not status(server)['database']['connected'])
    wait_until(lambda: status(server)['guaranteed_age_seconds'] >= 3)
    wait_until(lambda: get(http(server), '/ready')[0] == 503)
    assert 'stale-limit is 4 s' in get(http(server), '/ready')[2]
    assert rcode(ask(server, 'www.example.com')) == 'SERVFAIL'
    assert metrics(server)['mydns_database_away_seconds'] >= 4
    assert dnsadm('--control-socket', control(server))[0] == 1
    own_database.instance.start()
    wait_until(lambda: get(http(server), '/ready')[0] == 200, BACK)
    wait_until(lambda: rcode(ask(server, 'www.example.com')) == 'NOERROR', BACK)


def test_bad_clients(mariadb, new_database, start_server):
    """Who says nothing, half of it, or does not read, keeps nobody else from the pages."""
    database = new_database()
    database.add_zone('example.com.', ROWS)
    server = start_server(with_http(database.conf()))
    silent = []
    try:
        for address in http(server), control(server):
            family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
            for number in range(150):
                client = socket.socket(family)
                client.connect(address)         # waits for room in the queue
                client.settimeout(20)
                if number % 3 == 1:
                    client.sendall(b'GET /metrics HTTP/1.1\r\nX: ')
                elif number % 3 == 2:
                    client.sendall(b'GET /metrics HTTP/1.1\r\n\r\n')     # and never reads
                silent.append(client)
            assert get(address, '/ready')[0] == 200
            assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
        # each is closed in the end, however often it sends an octet
        drip = silent[-2]

        def is_closed():
            try:
                drip.sendall(b'a')
                return False
            except OSError:
                return True
        wait_until(is_closed, 30)
        wait_until(lambda: open_descriptors(server) < 60, 30)
    finally:
        for client in silent:
            client.close()
    assert get(http(server), '/ready')[0] == 200


def open_descriptors(server):
    return len(os.listdir(f'/proc/{server.pid()}/fd'))


def test_asked_in_a_flood(mariadb, new_database, start_server):
    """Many scrapes at once leave nothing behind, and DNS goes on."""
    database = new_database()
    database.add_zone('example.com.', ROWS)
    server = start_server(with_http(database.conf()))
    get(http(server), '/metrics')
    before = open_descriptors(server)
    for _ in range(300):
        assert get(http(server), '/metrics')[0] == 200
        assert get(control(server), '/status')[0] == 200
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    # 600 connections left none; a few of the database's may have come meanwhile
    wait_until(lambda: open_descriptors(server) <= before + 20)


def test_socket_file(mariadb, new_database, start_server):
    database = new_database()
    server = start_server(database.conf())
    path = control(server)
    found = os.stat(path)
    assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o660
    if os.geteuid() == 0:
        assert pwd.getpwuid(found.st_uid).pw_name == 'nobody'

    # another server leaves it alone, with a word
    other = start_server({**database.conf(), 'pidfile': server.directory / 'other.pid'})
    assert f'no control socket for dnsadm status, {path}: another server' in other.log()
    assert dnsadm('--control-socket', path)[0] == 0
    other.stop()
    assert os.path.exists(path)
    # if asked for that very path it does not start
    refused = start_server({**database.conf(), 'control-socket': path}, begin=False)
    refused.exit_status = 1
    refused.start(ready=False)
    refused.wait_log('control-socket: cannot listen on .*another server')
    wait_until(lambda: not refused.running())

    # one left behind by a crash is replaced, one is removed at the end
    server.process.kill()
    server.process.wait()
    assert os.path.exists(path)
    code, _, errors = dnsadm('--control-socket', path)
    assert code == 6 and 'no server answers on' in errors
    server.start()
    assert dnsadm('--control-socket', path)[0] == 0
    server.stop()
    assert not os.path.exists(path)
    assert dnsadm('--control-socket', path)[0] == 6

    # what is no socket is nobody's to remove
    with open(path, 'w', encoding='utf-8') as file:
        file.write('mine')
    server.start()
    assert 'there is something that is no socket' in server.log()
    with open(path, encoding='utf-8') as file:
        assert file.read() == 'mine'


def test_off(mariadb, new_database, start_server):
    database = new_database()
    server = start_server({**database.conf(), 'control-socket': 'off', 'http-listen': 'off'})
    assert not os.path.exists(control(server))
    with open(f'/proc/{server.pid()}/net/unix', encoding='ascii') as file:
        assert control(server) not in file.read()


def answers_v6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(('::1', 0))
        return True
    except OSError:
        return False


def answers_on(host, port):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(15)
        try:
            client.connect((host, port))
        except OSError:
            return False
        client.sendall(b'GET /ready HTTP/1.1\r\n\r\n')
        return client.recv(100).startswith(b'HTTP/1.1 ')


@pytest.mark.parametrize('form,hosts', [('{}', ['127.0.0.1']), (':{}', ['127.0.0.1']),
                                        ('localhost:{}', ['127.0.0.1']),
                                        ('127.0.0.2:{}', ['127.0.0.2']), ('[::1]:{}', ['::1']),
                                        ('*:{}', ['127.0.0.1', '127.0.0.2', '::1'])])
def test_addresses(mariadb, new_database, start_server, form, hosts):
    """Nothing listens anywhere but where it was told to; a port alone is this host's own."""
    port = free_port()
    if hosts == ['::1'] and not answers_v6():
        pytest.skip('this host has no IPv6')
    server = start_server({**new_database().conf(), 'http-listen': form.format(port)})
    for host in '127.0.0.1', '127.0.0.2', '::1':
        assert answers_on(host, port) == (host in hosts and (host != '::1' or answers_v6())), host
    server.configure(http_listen=free_port())
    server.signal(1)
    server.wait_log('http-listen has changed: it takes a restart')


def test_port_in_use(mariadb, new_database, start_server):
    database = new_database()
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = start_server({**database.conf(), 'http-listen': f':{port}'}, begin=False)
        server.exit_status = 1
        server.start(ready=False)
        server.wait_log(f'http-listen: cannot listen on :{port}: .*in use')
        wait_until(lambda: not server.running())


def test_dnsadm_and_strangers(mariadb, tmp_path):
    """Whatever answers on the path, dnsadm ends in time and says what is wrong."""
    path = str(tmp_path / 's')
    assert dnsadm('--control-socket', path)[0] == 6
    assert dnsadm('--control-socket', '/' + 'x' * 200)[0] == 6
    assert dnsadm('--control-socket')[0] == 2
    assert dnsadm('extra')[0] == 2
    for answer in (b'', b'HTTP/1.1 200 OK\r\n\r\nno json', b'HTTP/1.1 200 OK\r\n\r\n[1]',
                   b'220 smtp\r\n', b'HTTP/1.1 503 x\r\n\r\n{}'):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.bind(path)
            stranger.listen()
            process = subprocess.Popen([program('dnsadm'), '-c', '/nonexistent', 'status',
                                        '--control-socket', path],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            client = stranger.accept()[0]
            client.recv(1000)
            client.sendall(answer)
            client.close()
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 6 and 'is no mydns' in errors
        os.unlink(path)
