"""MyDNS's instructions, followed word for word: tables, account, configuration, start."""
import os
import pty
import re
import select
import shutil
import time

from support.query import ask, data, is_data, rcode
from support.server import Server, program, run, source
from support.wait import wait_until

PASSWORD = 'geheim'


def type_password(command, environment):
    """Run COMMAND in a shell at a terminal and type the password when asked; (status, output)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve('/bin/sh', ['sh', '-c', command], environment)
    output = b''
    typed = 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            more = os.read(terminal, 4096)
        except OSError:         # the other side is closed
            break
        if not more:
            break
        output += more
        if output.lower().count(b'password:') > typed:
            typed += 1
            os.write(terminal, PASSWORD.encode() + b'\n')
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), output.decode(errors='replace')


def test_tutorial(mariadb, tmp_path):
    mariadb.sql(f"SET PASSWORD FOR root@localhost = PASSWORD('{PASSWORD}')")
    # where the client finds this MariaDB instead of the system's
    (tmp_path / '.my.cnf').write_text(f'[client]\nsocket = {mariadb.socket}\n')
    environment = {**os.environ, 'HOME': str(tmp_path),
                   'PATH': os.path.dirname(program()) + ':' + os.environ['PATH']}

    def step(command):
        status, output = type_password(command, environment)
        assert status == 0, output
        assert 'ERROR' not in output, output

    # 1. database and tables
    step('mysqladmin -u root -p create mydns')
    step('mydns --create-tables | mysql -u root -p mydns')
    # 2. an account for the server
    step('echo "GRANT SELECT ON mydns.* TO mydns@localhost IDENTIFIED BY'
         f' \'{PASSWORD}2\';" | mysql -u root -p mydns')
    # 3. the configuration
    os.chmod(tmp_path, 0o755)
    conf = tmp_path / 'mydns.conf'
    shutil.copy(source('server/mydns.conf'), conf)
    step(f"sed -i.bak -e 's/db-user = username/db-user = mydns/'"
         f" -e 's/db-password = password/db-password = {PASSWORD}2/' {conf}")
    text = conf.read_text()
    assert re.search(r'^db-user = mydns\b', text, re.M)
    assert re.search(rf'^db-password = {PASSWORD}2\b', text, re.M)
    # 4. a zone
    step("""echo "INSERT INTO soa (origin, ns, mbox) VALUES
            ('example.com.', 'ns1.example.com.', 'hostmaster.example.com.');
            INSERT INTO rr (zone, name, type, data) VALUES
            (1, '', 'NS', 'ns1'), (1, 'ns1', 'A', '192.0.2.53'), (1, 'www', 'A', '192.0.2.1');" \
            | mysql -u root -p mydns""")
    # 5. start; only where it listens, reads and writes, and its haste, are not the tutorial's
    server = Server()
    try:
        server.write_conf(f'db-socket = {mariadb.socket}\n'
                          f'port = {server.port}\npidfile = {server.pid_file}\nlog = stderr\n'
                          'zone-cache-expire = 1\n' + text)
        server.start()
        assert data(ask(server, 'www.example.com')) == ['192.0.2.1']
        assert rcode(ask(server, 'www.example.org')) == 'REFUSED'
        step('echo "UPDATE rr SET data = \'192.0.2.2\' WHERE name = \'www\'"'
             ' | mysql -u root -p mydns')
        wait_until(lambda: is_data(server, 'www.example.com', 'A', '192.0.2.2'))
        server.stop()
    finally:
        print(server.log())
        server.remove()


def test_create_tables_prints_statements_only():
    """It is piped into mysql: every line is SQL or a comment of it, on stdout."""
    status, out, err = run('-c', os.devnull, '--create-tables')
    assert status == 0
    assert out.count('CREATE TABLE') == 2 and out.rstrip().endswith(';')
    assert 'CREATE' not in err
