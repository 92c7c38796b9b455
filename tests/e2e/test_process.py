"""mydns as a program: its switches, its privileges, its signals, its log."""
import array
import fcntl
import os
import re
import select
import signal
import socket
import subprocess
import termios

import pytest

from support.query import ask, data, is_data
from support.server import Server, run, source
from support.wait import wait_until

ROWS = [('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')]


@pytest.fixture(scope='module')
def database(new_database):
    database = new_database()
    database.add_zone('example.com.', ROWS)
    return database


@pytest.fixture
def empty_conf(tmp_path):
    path = tmp_path / 'mydns.conf'
    path.write_text('')
    return str(path)


# Switches

def test_version():
    status, out, _ = run('--version')
    assert status == 0 and re.match(r'mydns \S*.*\d+\.\d+', out)


def test_help():
    status, out, err = run('--help')
    assert status == 0
    for switch in ('--background', '--conf', '--create-tables', '--dump-config', '--database',
                   '--host', '--password', '--user', '--debug', '--verbose', '--help', '--version',
                   '--check-conf'):
        assert switch in out + err


@pytest.mark.parametrize('arguments', [['--nonsense'], ['-Z'], ['--conf']])
def test_bad_switch(arguments):
    status, _, err = run(*arguments)
    assert status == 1 and err


def statements(text):
    return ' '.join(re.sub(r'--( .*)?$', '', text, flags=re.M).split())


def test_create_tables_needs_no_database(empty_conf):
    status, out, _ = run('-c', empty_conf, '--create-tables')
    assert status == 0
    with open(source('sql/schema.sql'), encoding='utf-8') as file:
        assert statements(out) == statements(file.read()) != ''


def test_create_tables_with_options(mariadb, tmp_path):
    """Twice into a real server: columns asked for by options are there, names are quoted."""
    conf = tmp_path / 'mydns.conf'
    conf.write_text('soa-table = zones\nrr-table = records\nuse-soa-active = yes\n'
                    'use-rr-active = yes\nrecursive = 192.0.2.1\nallow-axfr = yes\n'
                    'allow-update = yes\nnotify-enabled = yes\nixfr-enabled = yes\n'
                    'extended-data-support = yes\ndbengine = MyISAM\n')
    status, out, _ = run('-c', str(conf), '--create-tables')
    assert status == 0
    mariadb.sql('CREATE DATABASE created')
    mariadb.sql(out, 'created')
    mariadb.sql(out, 'created')

    def columns(table):
        return [row[0] for row in mariadb.sql(f'SHOW COLUMNS FROM {table}', 'created')]
    assert columns('zones')[:10] == ['id', 'origin', 'ns', 'mbox', 'serial', 'refresh', 'retry',
                                     'expire', 'minimum', 'ttl']
    assert columns('zones')[10:] == ['active', 'recursive', 'xfer', 'update_acl', 'also_notify']
    assert set(columns('records')) == {'id', 'zone', 'name', 'data', 'aux', 'ttl', 'type', 'edata',
                                       'edatakey', 'active', 'stamp', 'serial'}
    engines = mariadb.sql("SELECT DISTINCT engine FROM information_schema.tables"
                          " WHERE table_schema = 'created'")
    assert engines == [('MyISAM',)]


def test_dump_config_is_a_configuration(tmp_path):
    conf = tmp_path / 'mydns.conf'
    conf.write_text('db-user = someone # me\nDB-PASSWORD = a\\#b\\\\c\nlisten = 192.0.2.1\n'
                    'listen=192.0.2.2+5353,192.0.2.3:53\nmulticpu = 1\n')
    status, out, _ = run('-c', str(conf), '--dump-config')
    assert status == 0
    options = dict(re.findall(r'^([\w-]+)\s*=\s*(\S*)', out, re.M))
    assert options['db-user'] == 'someone' and options['database'] == 'mydns'
    for name in ('soa-table', 'rr-table', 'zone-cache-expire', 'threads', 'change-feed',
                 'txt-format', 'edns-udp-size', 'stale-limit', 'tcp-idle', 'vanish-hold',
                 'rrset-max-records'):
        assert name in options, name
    again = tmp_path / 'again.conf'
    again.write_text(out)
    assert run('-c', str(again), '--dump-config')[1] == out


def test_first_setting_wins_and_the_command_line_before_it(tmp_path):
    conf = tmp_path / 'mydns.conf'
    conf.write_text('db-user = first\ndb-user = second\ndatabase = file\n')
    out = run('-c', str(conf), '-D', 'line', '--dump-config')[1]
    options = dict(re.findall(r'^([\w-]+)\s*=\s*(\S*)', out, re.M))
    assert options['db-user'] == 'first' and options['database'] == 'line'


def test_check_conf(tmp_path):
    conf = tmp_path / 'mydns.conf'
    conf.write_text('db-user = mydns\n')
    assert run('-c', str(conf), '--check-conf')[0] == 0
    conf.write_text('db-user = mydns\nnonsense-option = 7\n')
    status, out, err = run('-c', str(conf), '--check-conf')
    assert status == 0 and f'{conf}:2' in out + err and 'nonsense-option' in out + err
    conf.write_text('\nport = ninety\n')
    status, out, err = run('-c', str(conf), '--check-conf')
    assert status == 1 and f'{conf}:2' in out + err
    conf.write_text('user = no-such-user\n')
    status, _, err = run('-c', str(conf), '--check-conf')
    assert (status == 1 and 'no-such-user' in err) or os.getuid() != 0


def test_sample_configuration_is_good():
    status, out, err = run('-c', source('server/mydns.conf'), '--check-conf')
    assert status == 0, out + err


def test_address_in_use(database):
    first = Server(database.conf())
    second = Server({**database.conf(), 'listen': f'127.0.0.1:{first.port}'})
    try:
        first.start()
        second.start(ready=False)
        assert second.process.wait(20) == 1
        assert str(first.port) in second.log()
        second.process = None
        first.stop()
    finally:
        first.remove()
        second.remove()


def test_unknown_user_is_fatal(database, start_server):
    server = start_server({**database.conf(), 'user': 'no-such-user'}, ready=False)
    assert server.process.wait(20) == 1 and 'no-such-user' in server.log()
    server.exit_status = 1


@pytest.mark.parametrize('log', ['/nonexistent/mydns.log', '/tmp'])
def test_a_log_that_cannot_be_opened_is_told_once(tmp_path, log):
    conf = tmp_path / 'mydns.conf'
    conf.write_text(f'log = {log}\n')
    status, out, err = run('-c', str(conf))
    assert status == 1 and not out
    assert err.count('cannot open log file') == 1 and len(err.splitlines()) == 1


# Privileges and files

@pytest.mark.skipif(os.getuid() != 0, reason='has to start as root')
def test_root_becomes_user_and_group(database, start_server):
    server = start_server({**database.conf(), 'user': 'daemon', 'group': 'nogroup'})
    with open(f'/proc/{server.pid()}/status', encoding='ascii') as file:
        status = dict(line.rstrip('\n').split(':', 1) for line in file)
    assert status['Uid'].split() == ['1'] * 4
    assert status['Gid'].split() == ['65534'] * 4
    assert status['Groups'].split() in ([], ['65534'])
    assert int(status['CapEff'], 16) == 0 and int(status['CapPrm'], 16) == 0
    checked = 0
    for task in os.listdir(f'/proc/{server.pid()}/task'):
        try:
            with open(f'/proc/{server.pid()}/task/{task}/status', encoding='ascii') as file:
                assert re.search(r'^Uid:\t1\t1\t1\t1$', file.read(), re.M)
        except (FileNotFoundError, ProcessLookupError):
            continue            # a thread of the start has ended meanwhile
        checked += 1
    assert checked >= 3


def test_pidfile(database, start_server):
    server = start_server(database.conf())
    with open(server.pid_file, encoding='ascii') as file:
        assert file.read() == f'{server.pid()}\n'
    server.stop()
    assert not os.path.exists(server.pid_file)


def test_background(database):
    server = Server(database.conf(), ['-b'])
    server.configure(log=server.directory / 'background.log')
    try:
        server.start(ready=False)
        assert server.process.wait(20) == 0
        wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'))
        with open(server.pid_file, encoding='ascii') as file:
            pid = int(file.read())
        assert pid != server.process.pid and os.getsid(pid) != os.getsid(0)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists(server.pid_file))
    finally:
        server.remove()


def test_passwords_stay_out_of_sight(database, start_server):
    server = start_server({**database.conf()}, ['-v'])
    ask(server, 'www.example.com')
    assert database.password not in server.log()
    with open(f'/proc/{server.pid()}/cmdline', encoding='utf-8') as file:
        assert database.password not in file.read()


def test_account_on_the_command_line(database, start_server):
    server = start_server({'db-socket': database.instance.socket},
                          ['-u', database.user, f'--password={database.password}',
                           '-D', database.name, '-h', 'localhost'])
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
    with open(f'/proc/{server.pid()}/cmdline', encoding='utf-8') as file:
        assert database.password not in file.read()


def test_log_file_reopened(database, start_server):
    server = start_server(database.conf(), begin=False)
    log = server.directory / 'own.log'
    server.configure(log=log)
    server.start()
    os.rename(log, log + '.1')
    server.signal(signal.SIGHUP)
    wait_until(lambda: os.path.exists(log) and os.path.getsize(log) > 0)
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']


# Signals (mydns-compat 2.5)

def fill(pipe, server):
    """Have the server log until its PIPE is full, and some lines more."""
    looks = 0

    def full():
        nonlocal looks
        server.signal(signal.SIGUSR1)
        count = array.array('i', [0])
        fcntl.ioctl(pipe, termios.FIONREAD, count)
        looks += count[0] > 4000
        return looks > 100      # of its two pages the second one, too
    wait_until(full, 60)


def test_log_that_nobody_reads(database, start_server):
    """It is lost, and that is told when it is read again; all else goes on."""
    server = start_server(database.conf(), begin=False)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 8192)
    with open(reader, 'rb') as log:
        with open(writer, 'wb') as end:
            server.process = subprocess.Popen([server.binary, '-c', server.conf_file],
                                              stdin=subprocess.DEVNULL, stdout=end, stderr=end)
        wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.1'))
        fill(log, server)
        assert data(ask(server, 'www.example.com', tcp=True)) == ['192.0.2.1']
        os.read(reader, 65536)
        server.signal(signal.SIGUSR1)
        wait_until(lambda: b' lines are missing here' in os.read(reader, 65536))
        fill(log, server)
        server.signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        server.process = None


def test_status_line(database, start_server):
    server = start_server(database.conf())
    for name in ('www.example.com', 'nothing.example.com', 'www.example.org'):
        ask(server, name)
    ask(server, 'www.example.com', tcp=True)
    server.signal(signal.SIGUSR1)
    match = server.wait_log(
        r'\S+ up (?:\w+ )*\w+ \(\d+s\) (\d+) questions \(\d+/s\) (.*) \(\d+% TCP, (\d+) queries\)')
    assert match.group(1) == '4' and match.group(3) == '1'
    assert match.group(2).split() == ['NOERROR=2', 'NXDOMAIN=1', 'REFUSED=1']


def test_cache_lines(database, start_server):
    server = start_server(database.conf())
    ask(server, 'www.example.com')
    server.signal(signal.SIGUSR2)
    for cache in ('zone', 'negative', 'reply'):
        server.wait_log(rf'{cache} cache\s+\d+% useful \(\d+ hits, \d+ misses\), \d+ collisions'
                        r' \(\d+%\), \d+% full \(\d+ records\), \d+ bytes, avg life \d+ sec')


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_end(database, start_server, number):
    server = start_server(database.conf())
    server.signal(number)
    assert server.process.wait(20) == 0
    assert not os.path.exists(server.pid_file)
    assert re.search(r'\d+ questions', server.log())


@pytest.mark.parametrize('feed', ['auto', 'off'])
def test_signals_while_it_ends(database, start_server, feed):
    """Somebody is impatient, or rotates logs just now: it ends as it does without."""
    for _ in range(4):      # the moment is short
        server = start_server({**database.conf(), 'change-feed': feed})
        server.signal(signal.SIGTERM)
        while server.process.poll() is None:
            for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM):
                server.signal(number)
        assert server.process.returncode == 0
        assert not os.path.exists(server.pid_file)
        assert not os.path.exists(server.directory / 'mydns.sock')


def test_sighup_takes_a_new_password(database, start_server):
    server = start_server({**database.conf(), 'db-password': 'other', 'change-feed': 'off',
                           'zone-cache-expire': 1, 'sweep-interval': 1}, ready=False)
    server.wait_log('(?i)denied')
    server.configure(**{'db-password': database.password})
    server.signal(signal.SIGHUP)
    server.wait_ready()
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']


def test_sighup_with_a_broken_file(database, start_server):
    server = start_server(database.conf())
    server.write_conf('port = ninety\n')
    server.signal(signal.SIGHUP)
    server.wait_log(rf'{re.escape(server.conf_file)}:1')
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']


@pytest.mark.skipif(os.getuid() != 0, reason='has to start as root')
def test_sighup_with_a_file_that_only_root_may_read(database, start_server):
    """As ISPConfig writes it: what is in force stays."""
    server = start_server(database.conf())
    os.chmod(server.conf_file, 0o600)
    server.signal(signal.SIGHUP)
    server.wait_log(rf' error: {re.escape(server.conf_file)}: cannot be opened')
    server.wait_log('the configuration in force stays')
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1'] and 'error: error' not in server.log()


# Log

def test_query_log(database, start_server):
    server = start_server(database.conf(), ['-v'])
    ask(server, 'www.example.com')
    ask(server, 'example.com', 'SOA', tcp=True)
    ask(server, r'a\010b.example.org')
    head = r'^\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\+\d{6} #\d+ \d+ '
    server.wait_log(head + r'UDP 127\.0\.0\.1 IN A www\.example\.com\. NOERROR - 1 1 0 0'
                    r' LOG [YN] QUERY ""$')
    server.wait_log(head + r'TCP 127\.0\.0\.1 IN SOA example\.com\. NOERROR - 1 1 0 0 LOG')
    server.wait_log(head + r'UDP 127\.0\.0\.1 IN A a\\010b\.example\.org\. REFUSED \S+ 1 0 0 0 LOG')


def test_no_query_log_without_verbose(database, start_server):
    server = start_server(database.conf())
    ask(server, 'www.example.com')
    server.stop()
    assert 'LOG' not in server.log()


def test_warning_about_an_account_that_may_write(database, start_server):
    database.grant('SELECT, INSERT, DELETE', user='writer')
    server = start_server({**database.conf(), 'db-user': 'writer'})
    server.wait_log(r'(?i)warning.*writer.*(INSERT|DELETE|write)|(?i:warning.*may (write|INSERT))')
    assert data(ask(server, 'www.example.com')) == ['192.0.2.1']


def test_no_such_warning_with_select(database, start_server):
    server = start_server(database.conf())
    assert not re.search(r'(?i)insert|may write', server.log())


def test_options_without_effect_are_named(database, start_server):
    server = start_server({**database.conf(), 'recursive': '192.0.2.1', 'nonsense-option': '7',
                           'multicpu': '1', 'use-soa-active': 'yes'})
    log = server.log()
    assert re.search(rf'{re.escape(server.conf_file)}:\d+.*nonsense-option', log)
    assert len(re.findall(r'\brecursive\b', log)) == 1
    assert 'use-soa-active' not in log


def test_idle(database, start_server):
    """Threads are there and nothing spins: a second of doing nothing costs next to nothing."""
    server = start_server(database.conf())

    def ticks():
        with open(f'/proc/{server.pid()}/stat', encoding='ascii') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return int(fields[11]) + int(fields[12])
    before = ticks()
    select.select([], [], [], 2)
    assert ticks() - before < 40         # of 200


def test_supervisor_that_does_not_read(start_server):
    """A full queue of messages to it holds nothing up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        server = start_server({'db-socket': '/nowhere'}, begin=False)
        path = server.directory / 'deaf'
        deaf.bind(path)
        os.chmod(path, 0o777)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            try:
                while True:
                    other.sendto(b'x', path)
            except BlockingIOError:
                pass
        server.start(ready=False, environment={'NOTIFY_SOCKET': path})
        server.wait_log('cannot tell the supervisor')
        wait_until(lambda: ask(server, 'example.com'))
        server.stop()
