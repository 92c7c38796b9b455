"""dnsadm around the edges: init, configuration, terminals, outages, interruptions."""
import json
import os
import pty
import re
import signal
import subprocess

import pytest

from support import schema
from support.mariadb import Database, MariaDB
from support.server import program
from support.wait import TemporaryDirectory, wait_until
from test_dnsadm import Dnsadm, new_admin   # noqa: F401  (a fixture)


@pytest.fixture
def admin(new_database):
    made = Dnsadm(new_database())
    yield made
    made.remove()


@pytest.fixture
def directory():
    made = TemporaryDirectory('dnsadm')
    yield made
    made.remove()


def run(*words):
    result = subprocess.run([program('dnsadm'), *words], capture_output=True, text=True, timeout=60,
                            stdin=subprocess.DEVNULL, check=False)
    assert 'Sanitizer' not in result.stderr, result.stderr
    return result.returncode, result.stdout, result.stderr


def option(path, name):
    with open(path, encoding='utf-8') as file:
        return re.search(rf'^{name} = (.*)$', file.read(), re.M).group(1)


# --- init -------------------------------------------------------------------------------------------

def test_init_makes_everything_and_may_be_repeated(mariadb, directory):
    words = ['init', '--admin-socket', mariadb.socket, '--database', 'my_init', '--conf-dir',
             directory.path, '--default-ns', 'ns1.example.net,ns2.example.net', '--default-ip',
             '192.0.2.1']
    code, out, err = run(*words)
    assert (code, out) == (0, ''), err
    server, admin = directory / 'mydns.conf', directory / 'dnsadm.conf'
    assert [oct(os.stat(file).st_mode & 0o777) for file in (server, admin)] == ['0o600'] * 2
    assert run('-c', admin, 'add-domain', 'init.example')[0] == 0
    reader, password = option(server, 'db-user'), option(server, 'db-password')
    assert len(password) >= 20 and password not in err
    assert mariadb.sql('SELECT origin FROM soa', 'my_init', reader, password) == [('init.example.',)]
    with pytest.raises(Exception, match='denied'):
        mariadb.sql('DELETE FROM soa', 'my_init', reader, password)
    grants = mariadb.sql(f'SHOW GRANTS FOR {reader}@localhost')
    assert any('GRANT SELECT ON `my\\_init`.*' in row[0].replace('\\\\', '\\') for row in grants), grants

    with open(admin, encoding='utf-8') as file:
        before = file.read()
    assert run(*words)[0] == 0
    with open(admin, encoding='utf-8') as file:
        assert file.read() == before
    assert run('-c', admin, 'list-domains')[1] == 'init.example.\n'
    code, out, err = run('init', '--admin-socket', mariadb.socket, '--database', 'my_init')
    assert code == 0 and password not in out and 'keeps its password' in out
    assert run('init', '--admin-socket', mariadb.socket, '--database', 'my_init',
               '--admin-conf', directory / 'other.conf')[0] == 4
    assert run(*words, '--force')[0] == 0
    assert option(server, 'db-password') != password
    assert run('-c', admin, 'list-domains')[1] == 'init.example.\n'


def test_init_prints_what_it_does_not_write(mariadb):
    mariadb.sql('DROP USER IF EXISTS mydns@localhost; DROP USER IF EXISTS dnsadm@localhost;')
    code, out, _ = run('init', '--admin-socket', mariadb.socket, '--database', 'printed')
    assert code == 0
    assert out.count('db-password = ') == 2 and f'db-socket = {mariadb.socket}' in out
    assert mariadb.sql("SELECT table_name FROM information_schema.tables"
                       " WHERE table_schema = 'printed' ORDER BY 1") == [('rr',), ('soa',)]


def test_init_where_passwords_are_checked(mariadb):
    mariadb.sql("INSTALL SONAME 'simple_password_check'")
    try:
        assert run('init', '--admin-socket', mariadb.socket, '--database', 'checked',
                   '--user-host', '192.0.2.9')[0] == 0
    finally:
        mariadb.sql("UNINSTALL SONAME 'simple_password_check'")


@pytest.mark.parametrize('words, code', [
    (['--database', 'a`b'], 2), (['--user-host', "x'y"], 2), (['--admin-socket', '/nonexistent'], 6),
    (['--admin-user', 'nobody-like-this'], 1), (['what'], 2), (['--default-ip', '192.0.2'], 2),
    (['--admin-password-file', '/dev/null'], 2)])
def test_init_refusals(mariadb, words, code):
    if '--admin-socket' not in words:
        words = ['--admin-socket', mariadb.socket, *words]
    assert run('init', *words)[0] == code


# --- configuration ----------------------------------------------------------------------------------

def test_configuration_errors(admin):
    missing = admin('list-domains', conf='/nonexistent/dnsadm.conf')
    assert missing.code == 2 and '/nonexistent/dnsadm.conf' in missing.err
    bad = admin('list-domains', conf=admin.configure('bad', default_ttl='soon'))
    assert bad.code == 2 and re.search(r'bad:\d+:.*default-ttl.*soon', bad.err), bad.err
    typo = admin('list-domains', conf=admin.configure('typo', dbuser='x'))
    assert typo.code == 0 and re.search(r'typo:\d+:.*dbuser', typo.err), typo.err
    bad_ip = admin('list-domains', conf=admin.configure('ip', default_ip='1.2.3'))
    assert bad_ip.code == 2 and 'default-ip' in bad_ip.err


def test_a_password_that_others_can_read_is_told(admin):
    readable = admin('list-domains', conf=admin.configure('open', mode=0o644))
    assert readable.code == 0 and 'chmod 600' in readable.err and 'writer' not in readable.err
    assert admin('list-domains').err == ''


@pytest.mark.parametrize('name', ['default-ns', 'default-ip'])
def test_defaults_that_are_needed(admin, name):
    conf = admin.configure('none', **{name: None})
    result = admin('add-domain', 'a.example', conf=conf)
    assert result.code == 2 and f'{name} is not set: write it into {conf}, or' in result.err
    assert admin('add-domain', 'a.example', '--ns', 'ns.example.net', '--ip', '192.0.2.1',
                 conf=conf).code == 0


def test_the_database_says_no(admin):
    away = admin('list-domains', conf=admin.configure('away', db_socket='/nonexistent/socket'))
    assert away.code == 6 and '/nonexistent/socket' in away.err
    denied = admin('list-domains', conf=admin.configure('denied', db_password='wrong'))
    assert denied.code == 1 and 'Access denied' in denied.err and 'wrong' not in denied.err
    tables = admin('list-domains', conf=admin.configure('tables', soa_table='no`such'))
    assert tables.code == 1 and 'no``such' in tables.err
    reading = admin.configure('reading', db_user=admin.database.user,
                              db_password=admin.database.password)
    refused = admin('add-domain', 'a.example', 'b.example', conf=reading)
    assert refused.code == 1 and refused.err.count('denied') == 1, refused
    assert 'added 0 domains, 2 failed\n' in refused.err
    assert admin('list-domains').out == ''


# --- terminals --------------------------------------------------------------------------------------

def at_terminal(admin, words, answer=''):
    """Run with a terminal as stdin, stdout and stderr; (exit status, what it shows)."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(admin.command(words), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b''
    if answer:
        os.write(ours, answer.encode())
    while True:
        try:
            data = os.read(ours, 4096)
        except OSError:     # the other side is closed
            break
        if not data:
            break
        shown += data
    os.close(ours)
    return process.wait(60), shown.decode()


def test_a_table_for_people(admin):
    admin('add-domain', 'table.example')
    code, shown = at_terminal(admin, ['show', 'table.example'])
    lines = shown.splitlines()
    assert code == 0 and lines[0].split() == ['ID', 'NAME', 'TTL', 'TYPE', 'DATA', 'ACTIVE']
    assert any(line.split()[1:5] == ['www.table.example.', '3600', 'CNAME', 'table.example.']
               for line in lines)
    assert json.loads(at_terminal(admin, ['show', '--json', 'table.example'])[1])


def test_removing_a_domain_is_confirmed(admin):
    admin('add-domain', 'ask.example', 'ask2.example')
    code, shown = at_terminal(admin, ['remove-domain', 'ask.example'], 'n\n')
    assert code == 1 and 'Remove ask.example.' in shown
    assert 'ask.example.' in admin('list-domains').out
    assert at_terminal(admin, ['remove-domain', 'ask.example'], 'y\n')[0] == 0
    assert at_terminal(admin, ['remove-domain', '--yes', 'ask2.example'])[0] == 0
    assert admin('list-domains').out == ''


def test_progress_is_for_people(admin):
    names = admin.file('names', ''.join(f'p{i}.example\n' for i in range(1200)))
    _, shown = at_terminal(admin, ['add-domain', '--file', names])
    assert '500 of 1200 domains' in shown and 'added 1200 domains' in shown
    assert 'of 1200' not in admin('add-domain', '--if-not-exists', '--file', names).err


# --- outages and interruptions ----------------------------------------------------------------------

STOP_SQL = """
    CREATE TRIGGER stop BEFORE INSERT ON soa FOR EACH ROW
    BEGIN IF NEW.origin = 'stop.example.' THEN DO SLEEP(60); END IF; END"""


@pytest.fixture
def halfway(admin):
    """dnsadm with 500 domains written, in the middle of the second batch; and its connection's id."""
    admin.database.instance.sql(f'DELIMITER //\n{STOP_SQL} //\n', admin.database.name)
    names = [f'n{i}.example' for i in range(1500)]
    names[700] = 'stop.example'
    process = subprocess.Popen(admin.command(['add-domain', '--file',
                                              admin.file('names', '\n'.join(names))]),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    connection = wait_until(lambda: admin.sql("SELECT id FROM information_schema.processlist"
                                              " WHERE state = 'User sleep'")[0][0])
    yield process, connection
    process.kill()
    process.wait()


def test_the_connection_is_lost_halfway(admin, halfway):
    process, connection = halfway
    admin.sql(f'KILL CONNECTION {connection}')
    _, err = process.communicate(timeout=60)
    assert process.returncode == 7, err
    assert 'went away' in err and 'added 500 domains, 500 failed, 500 not tried' in err, err
    assert len(admin.lines('list-domains')) == 500


def test_interrupted_halfway(admin, halfway):
    process, connection = halfway
    process.send_signal(signal.SIGINT)
    admin.sql(f'KILL QUERY {connection}')   # wakes the trigger
    _, err = process.communicate(timeout=120)
    assert process.returncode == 7, err
    assert '500 not tried' in err
    done = int(re.search(r'added (\d+) domains', err).group(1))
    assert len(admin.lines('list-domains')) == done
    assert admin.sql('SELECT COUNT(*) FROM rr') == [(str(5 * done),)]


def test_a_zone_without_records_is_told(new_admin):
    """MyISAM takes nothing back: an add-domain that was killed may have left the soa row alone."""
    admin = new_admin('mydns-1.1')
    admin('add-domain', 'good.example')
    admin.sql('DELETE FROM rr')
    result = admin('add-domain', '--if-not-exists', 'good.example')
    assert result.code == 0 and 'good.example. has no records' in result.err, result


QUOTA = """DELIMITER //
CREATE TRIGGER quota BEFORE INSERT ON rr FOR EACH ROW
IF {condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'quota of records'; END IF//"""


@pytest.mark.parametrize('layout', ['own', 'mydns-1.1'])
def test_a_domain_that_fails_harms_no_other(new_admin, layout):
    """MyISAM keeps what was written before an error; it is taken back."""
    admin = new_admin(layout)
    admin.sql(QUOTA.format(condition="NEW.name = 'mail' AND NEW.zone = "
                                     "(SELECT id FROM soa WHERE origin = 'bad.example.')"))
    result = admin('add-domain', 'one.example', 'bad.example', 'two.example')
    assert result.code == 7 and 'bad.example.: quota of records' in result.err, result
    assert 'added 2 domains, 1 failed' in result.err
    assert admin.sql('SELECT COUNT(*), COUNT(DISTINCT zone) FROM rr') == [('10', '2')]
    assert admin.sql('SELECT origin FROM soa ORDER BY origin') == [('one.example.',), ('two.example.',)]


@pytest.mark.parametrize('layout', ['own', 'mydns-1.1'])
def test_no_domain_can_be_added(new_admin, layout):
    admin = new_admin(layout)
    admin.sql(QUOTA.format(condition='TRUE'))
    result = admin('add-domain', '--if-not-exists', 'one.example', 'two.example')
    assert result.code == 1 and 'one.example.: quota' in result.err, result
    assert 'two.example.: quota' in result.err
    assert admin.sql('SELECT COUNT(*) FROM soa') == [('0',)]


@pytest.mark.parametrize('layout', ['own', 'mydns-1.1'])
def test_records_that_were_there_before_the_zone(new_admin, layout):
    admin = new_admin(layout)
    admin('add-domain', 'first.example')
    zone, = admin.sql('SELECT id + 1 FROM soa')[0]
    admin.sql(f"INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES ({zone}, 'old', 'A', "
              "'192.0.2.66', 0, 60)")
    result = admin('add-domain', 'next.example')
    assert result.code == 0, result
    assert re.search(rf'next.example.: 1 rows of .*rr.* had its id {zone} already', result.err), result
    admin.sql(f"INSERT INTO rr (zone, name, type, data, aux, ttl) SELECT {zone} + 1, name, type, data, "
              "aux, ttl FROM rr WHERE type = 'NS' LIMIT 1")
    if layout == 'mydns-1.1':               # which has a unique key
        admin.sql(f"UPDATE rr SET name = 'mail', type = 'CNAME', data = 'third.example.' WHERE zone = {zone} + 1")
        result = admin('add-domain', '--if-not-exists', 'third.example')
        assert result.code == 4 and 'unique key' in result.err, result
        assert admin.sql("SELECT id FROM soa WHERE origin = 'third.example.'") == []
        assert admin.sql(f'SELECT type FROM rr WHERE zone = {zone} + 1') == [('CNAME',)]


def test_results_are_whole_whatever_the_server_limits(admin):
    admin('add-domain', 'one.example', 'two.example')
    admin.sql('SET GLOBAL sql_select_limit = 1')
    try:
        assert len(admin.lines('list-domains')) == 2
        assert len(admin.lines('show', 'one.example')) > 2
    finally:
        admin.sql('SET GLOBAL sql_select_limit = DEFAULT')


def test_case_is_that_of_ascii(admin):
    """In Turkish, I and i are not the same letter."""
    admin('add-domain', 'case.example')
    directory = TemporaryDirectory('dnsadm-locale')
    subprocess.run(['localedef', '-i', 'tr_TR', '-f', 'UTF-8', directory / 'tr_TR.UTF-8'], check=True,
                   timeout=60)
    for type_, text in (('alias', 'www'), ('uri', '1 1 ftp://x.example/')):
        result = subprocess.run(admin.command(['add-record', 'case.example', 'x', type_, *text.split()]),
                                env={**os.environ, 'LOCPATH': directory.path, 'LC_ALL': 'tr_TR.UTF-8'},
                                capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result
    directory.remove()


def test_output_that_nobody_reads(admin):
    admin('add-domain', 'pipe.example')
    with open('/dev/full', 'w', encoding='utf-8') as full:
        assert subprocess.run(admin.command(['show', 'pipe.example']), stdout=full, check=False,
                              stderr=subprocess.DEVNULL).returncode == 1


def test_tls_checks_who_answers():
    """As mydns does: with a CA the certificate has to name the host, unless db-ssl-verify says no."""
    directory = TemporaryDirectory('dnsadm-tls')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3', '-subj',
                    '/CN=other.example', '-addext', 'subjectAltName=DNS:other.example', '-keyout',
                    directory / 'key.pem', '-out', directory / 'cert.pem'],
                   check=True, capture_output=True, timeout=60)
    instance = MariaDB(tcp=True, options=('--ssl-cert=' + directory / 'cert.pem',
                                          '--ssl-key=' + directory / 'key.pem'))
    try:
        instance.start()
        admin = Dnsadm(Database(instance, 'mydns', schema.own()))
        instance.sql("CREATE USER dnsadm@'127.0.0.1' IDENTIFIED BY 'writer';"
                     " GRANT SELECT ON mydns.* TO dnsadm@'127.0.0.1'")
        tls = {'db_host': f'127.0.0.1:{instance.port}', 'db_socket': None,
               'db_ssl_ca': directory / 'cert.pem'}
        refused = admin('list-domains', conf=admin.configure('tls.conf', **tls))
        assert refused.code == 1 and 'certificate' in refused.err.lower()
        unchecked = admin('list-domains', conf=admin.configure('tls.conf', **tls, db_ssl_verify='no'))
        assert unchecked.code == 0, unchecked
        admin.remove()
    finally:
        instance.remove()
        directory.remove()
