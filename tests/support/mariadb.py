"""A MariaDB of its own: data in /tmp, reached over a Unix socket (and TCP if asked for)."""
import contextlib
import os
import signal
import subprocess

from support.wait import TemporaryDirectory, free_port, wait_until

SMALL = ['--innodb-log-file-size=8M', '--innodb-buffer-pool-size=32M']
TIMEOUT = 60
PORT = 3306


class SqlError(Exception):
    """What the mariadb client printed."""


def quote(value):
    """VALUE as an SQL literal: None, numbers, octets (as they are), text (UTF-8)."""
    if value is None:
        return 'NULL'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "x'" + value.hex() + "'"
    return "'" + value.replace('\\', '\\\\').replace("'", "\\'") + "'"


class MariaDB:
    """
    Installed by the constructor; start, stop, kill, freeze, thaw; sql() as root.

    address  of a host of support.wire, where it is reached at the usual port; with TCP alone it is
             this host's loopback and a free port.
    """

    def __init__(self, binlog=False, tcp=False, options=(), address=None):
        self.directory = TemporaryDirectory('mydns-db')
        self.socket = self.directory / 'sock'
        self.address = address or '127.0.0.1'
        self.port = PORT if address else free_port() if tcp else None
        self.process = None
        # mariadbd removes at start what others have in the same tmpdir
        os.mkdir(self.directory / 'tmp')
        common = ['--tmpdir=' + self.directory / 'tmp', *SMALL,
                  *(['--user=root'] if os.getuid() == 0 else [])]
        self.options = [*common,
                        '--innodb-flush-log-at-trx-commit=2', '--innodb-fast-shutdown=1',
                        '--skip-name-resolve', '--performance-schema=0',
                        '--datadir=' + self.directory / 'data', '--socket=' + self.socket,
                        '--pid-file=' + self.directory / 'pid', *options]
        if self.port:
            self.options += [f'--port={self.port}', f'--bind-address={self.address}']
        else:
            self.options += ['--skip-networking']
        if binlog:
            self.options += ['--log-bin=binlog', '--binlog-format=ROW', '--server-id=1']
        result = subprocess.run(['mariadb-install-db', '--no-defaults', *common,
                                 '--datadir=' + self.directory / 'data', '--skip-test-db',
                                 '--auth-root-authentication-method=normal'],
                                capture_output=True, text=True, timeout=TIMEOUT, check=False)
        assert result.returncode == 0, result.stdout + result.stderr

    def start(self):
        with open(self.directory / 'log', 'ab') as log:
            self.process = subprocess.Popen(['mariadbd', '--no-defaults', *self.options],
                                            stdout=log, stderr=log)
        wait_until(lambda: self.sql('SELECT 1'), TIMEOUT, 'MariaDB answers')

    def _end(self, number):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(TIMEOUT)
            self.process = None

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def remove(self):
        self.kill()
        self.directory.remove()

    @contextlib.contextmanager
    def session(self, text):
        """Run TEXT in a session that stays open for the block (locks, transactions)."""
        client = subprocess.Popen(['mariadb', '--no-defaults', '-S', self.socket, '-u', 'root',
                                   '-N', '-n'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            client.stdin.write((text + '; SELECT 1;\n').encode())
            client.stdin.flush()
            assert client.stdout.readline()
            yield
        finally:
            client.stdin.close()
            client.wait(TIMEOUT)
            client.stdout.close()

    def sql(self, text, database=None, user='root', password=None, seconds=TIMEOUT):
        """Run statements in one session; the rows of all of them as tuples of text."""
        command = ['mariadb', '--no-defaults', '-S', self.socket, '-u', user, '-N', '-B',
                   '--default-character-set=utf8mb4']
        if password is not None:
            command.append('-p' + password)
        result = subprocess.run(command + ([database] if database else []), input=text.encode(),
                                capture_output=True, timeout=seconds, check=False)
        if result.returncode:
            raise SqlError(result.stderr.decode(errors='replace'))
        return [tuple(line.split('\t')) for line in result.stdout.decode(errors='replace')
                .splitlines()]


class Database:
    """One database of INSTANCE with MyDNS tables, and a reader that may SELECT and nothing else."""

    def __init__(self, instance, name, ddl, user='mydns', password='secret',
                 soa_table='soa', rr_table='rr'):
        self.instance = instance
        self.name = name
        self.user = user
        self.password = password
        self.soa_table = soa_table
        self.rr_table = rr_table
        instance.sql(f'DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name};')
        instance.sql(ddl, name)
        self.grant('SELECT')

    def grant(self, privileges, user=None, password=None):
        user = user or self.user
        self.instance.sql(f"""
            GRANT {privileges} ON {self.name}.* TO {user}@localhost
            IDENTIFIED BY {quote(password or self.password)};""")

    def sql(self, text):
        return self.instance.sql(text, self.name)

    def conf(self):
        """The options that lead a server here."""
        return {'db-host': 'localhost', 'db-socket': self.instance.socket, 'db-user': self.user,
                'db-password': self.password, 'database': self.name}

    def add_zone(self, origin, rows=(), **soa):
        """A zone; rows are (name, type, data[, aux[, ttl]]). Returns soa.id. One transaction."""
        columns = {'ns': 'ns1.' + origin, 'mbox': 'hostmaster.' + origin, 'serial': 1,
                   'refresh': 28800, 'retry': 7200, 'expire': 604800, 'minimum': 300, 'ttl': 3600,
                   **soa, 'origin': origin}
        names = ', '.join(columns)
        values = ', '.join(quote(v) for v in columns.values())
        text = f'START TRANSACTION; INSERT INTO {self.soa_table} ({names}) VALUES ({values});\n'
        text += 'SET @zone = LAST_INSERT_ID(); SELECT @zone;\n'
        text += self._insert('@zone', rows)
        return int(self.sql(text + 'COMMIT;')[0][0])

    def add_rows(self, zone, rows):
        self.sql(self._insert(zone, rows))

    def _insert(self, zone, rows):
        lines = []
        for row in rows:
            name, kind, data, aux, ttl = (tuple(row) + (0, 3600))[:5] if len(row) != 4 \
                else (*row, 3600)
            lines.append(f'({zone}, {quote(name)}, {quote(kind)}, {quote(data)}, {quote(aux)},'
                         f' {quote(ttl)})')
        if not lines:
            return ''
        return (f'INSERT INTO {self.rr_table} (zone, name, type, data, aux, ttl) VALUES\n'
                + ',\n'.join(lines) + ';\n')
