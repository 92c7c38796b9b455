"""The private MariaDB behind what is measured. It stays, data and all, so that the next run is quick."""
import json
import os
import subprocess

from support.wait import TemporaryDirectory, wait_until

USER, PASSWORD = 'bench', 'bench'
PDNS_SCHEMA = '/usr/share/pdns-backend-mysql/schema/schema.mysql.sql'
MYDNS_SCHEMA = """
CREATE TABLE soa (
  id      INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  origin  CHAR(255) NOT NULL, ns CHAR(255) NOT NULL, mbox CHAR(255) NOT NULL,
  serial  INT UNSIGNED NOT NULL, refresh INT UNSIGNED NOT NULL, retry INT UNSIGNED NOT NULL,
  expire  INT UNSIGNED NOT NULL, minimum INT UNSIGNED NOT NULL, ttl INT UNSIGNED NOT NULL,
  UNIQUE KEY (origin)
) ENGINE=InnoDB CHARACTER SET latin1;
CREATE TABLE rr (
  id   INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  zone INT UNSIGNED NOT NULL,
  name CHAR(200) NOT NULL,
  type ENUM('A','AAAA','ALIAS','CNAME','HINFO','MX','NAPTR','NS','PTR','RP','SRV','TXT'),
  data VARBINARY(128) NOT NULL,
  aux  INT UNSIGNED NOT NULL DEFAULT 0,
  ttl  INT UNSIGNED NOT NULL DEFAULT 86400,
  UNIQUE KEY rr (zone,name,type,data)
) ENGINE=InnoDB CHARACTER SET latin1;
"""
MYDNS_FILES = [('soa.tsv', 'soa (id,origin,ns,mbox,serial,refresh,retry,expire,minimum,ttl)'),
               ('rr.tsv', 'rr (zone,name,type,data,aux,ttl)')]
PDNS_FILES = [('domains.tsv', 'domains (id,name,type)'),
              ('records.tsv', "records FIELDS ESCAPED BY ''"
                              ' (domain_id,name,type,content,ttl,prio,auth)')]


class Database:
    """mariadbd under DIRECTORY, with a binlog by row, on its own Unix socket."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, 'mariadb')
        self.reach = TemporaryDirectory('mydns-bench')      # a short path for the socket
        self.socket = self.reach / 'sock'
        self.process = None
        self.options = ['--datadir=' + self.directory, '--innodb-log-file-size=512M',
                        *(['--user=root'] if os.getuid() == 0 else [])]

    def start(self, cpu=None):
        """CPU: pinned there."""
        if not os.path.isdir(os.path.join(self.directory, 'mysql')):
            os.makedirs(self.directory, exist_ok=True)
            subprocess.run(['mariadb-install-db', '--no-defaults', *self.options, '--skip-test-db',
                            '--auth-root-authentication-method=normal'],
                           check=True, capture_output=True)
        pin = [] if cpu is None else ['taskset', '-c', str(cpu)]
        with open(os.path.join(self.directory, 'log'), 'ab') as log:
            self.process = subprocess.Popen(
                [*pin, 'mariadbd', '--no-defaults', *self.options, '--socket=' + self.socket,
                 '--skip-networking', '--innodb-buffer-pool-size=1G',
                 '--innodb-flush-log-at-trx-commit=2', '--skip-name-resolve',
                 '--performance-schema=0', '--log-bin=binlog', '--binlog-format=ROW',
                 '--server-id=1', '--expire-logs-days=1'], stdout=log, stderr=log)
        wait_until(lambda: self.sql('SELECT 1'), 60, 'MariaDB answers')
        self.sql(f"GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO {USER}@localhost"
                 f" IDENTIFIED BY '{PASSWORD}'")
        return self

    def pid(self):
        return self.process.pid

    def command(self):
        return ['mariadb', '--no-defaults', '-S', self.socket, '-u', 'root', '-N', '-B', '-n']

    def sql(self, text, database=None):
        result = subprocess.run(self.command() + ([database] if database else []), check=False,
                                input=text, capture_output=True, text=True)
        if result.returncode:
            raise RuntimeError(result.stderr)
        return [line.split('\t') for line in result.stdout.splitlines()]

    def statements(self):
        """How many statements were executed so far, prepared ones included."""
        return sum(int(value) for _, value in self.sql(
            "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_select', 'Com_stmt_execute')"))

    def _load(self, name, schema, files, directory, meta):
        """Fill database NAME, unless it holds just that already."""
        known = {n for n, in self.sql('SHOW DATABASES')}
        text = json.dumps(meta['wanted'])
        if name in known:
            if self.sql(f'SELECT text FROM {name}.bench')[0][0] == text:
                return
            self.sql(f'DROP DATABASE {name}')
        self.sql(f'CREATE DATABASE {name}')
        load = ''.join(f"LOAD DATA INFILE '{os.path.abspath(os.path.join(directory, file))}'"
                       f' INTO TABLE {into};\n' for file, into in files)
        self.sql(f"SET sql_log_bin = 0; {schema} {load} CREATE TABLE bench (text TEXT);"
                 f" INSERT INTO bench VALUES ('{text}');", name)

    def load(self, tag, directory, meta):
        """The data set TAG as databases mydns_TAG and, if it has the files for it, pdns_TAG."""
        self._load('mydns_' + tag, MYDNS_SCHEMA, MYDNS_FILES, directory, meta)
        if meta['wanted']['peers'] and os.path.exists(PDNS_SCHEMA):
            with open(PDNS_SCHEMA, encoding='utf-8') as file:
                self._load('pdns_' + tag, file.read(), PDNS_FILES, directory, meta)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(120)
        self.reach.remove()
