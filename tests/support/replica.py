"""MariaDB's own replication between instances of support.mariadb."""
import subprocess

from support.mariadb import Database, MariaDB, TIMEOUT
from support.wait import wait_until

ACCOUNT = "CREATE OR REPLACE USER repl@127.0.0.1 IDENTIFIED BY 'repl';" \
          ' GRANT REPLICATION SLAVE ON *.* TO repl@127.0.0.1;'


class Copy(Database):
    """What replication made of a Database on another instance."""

    def __init__(self, instance, database):       # pylint: disable=super-init-not-called
        self.instance, self.name = instance, database.name
        self.user, self.password = database.user, database.password
        self.soa_table, self.rr_table = database.soa_table, database.rr_table


def new_primary():
    """A primary, started: TCP, binary log, an account for its replicas."""
    primary = MariaDB(binlog=True, tcp=True)
    primary.start()
    primary.sql(ACCOUNT)
    return primary


def new_replica(log_slave_updates, number=2, options=()):
    """An instance that can be a replica, started. With LOG_SLAVE_UPDATES it has a binary log too."""
    logs = ['--log-bin=binlog', '--binlog-format=ROW', '--log-slave-updates=1']
    replica = MariaDB(tcp=True, options=[f'--server-id={number}', '--slave-net-timeout=5',
                                         '--report-host=127.0.0.1',
                                         *(logs if log_slave_updates else []), *options])
    replica.start()
    return replica


def clone(primary, replica, gtid=True):
    """All of PRIMARY's data with its position into REPLICA, as one dumps and restores by hand."""
    dump = subprocess.run(
        ['mariadb-dump', '--no-defaults', '-S', primary.socket, '-u', 'root', '--all-databases',
         '--single-transaction', '--master-data=1', '--flush-privileges',
         *(['--gtid'] if gtid else [])],
        capture_output=True, timeout=TIMEOUT, check=True)
    restore = subprocess.run(['mariadb', '--no-defaults', '-S', replica.socket, '-u', 'root'],
                             input=dump.stdout, capture_output=True, timeout=TIMEOUT, check=False)
    assert restore.returncode == 0, restore.stderr.decode()


def follow(replica, primary, gtid=True, delay=0):
    """REPLICA copies PRIMARY's data and follows from there on, by GTID or by file and position."""
    replica.sql('STOP SLAVE; RESET SLAVE ALL;')
    replica.sql(f"""
        CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port},
          MASTER_USER = 'repl', MASTER_PASSWORD = 'repl', MASTER_CONNECT_RETRY = 1,
          MASTER_HEARTBEAT_PERIOD = 1, MASTER_DELAY = {delay};""")
    clone(primary, replica, gtid)
    replica.sql(f'CHANGE MASTER TO MASTER_USE_GTID = {"slave_pos" if gtid else "no"};'
                ' START SLAVE;')
    wait_until(lambda: running(replica) == ('Yes', 'Yes'), TIMEOUT, 'the replica follows')


def status(replica):
    """SHOW SLAVE STATUS as a dictionary."""
    text = subprocess.run(['mariadb', '--no-defaults', '-S', replica.socket, '-u', 'root', '-E',
                           '-e', 'SHOW SLAVE STATUS'], capture_output=True, text=True,
                          timeout=TIMEOUT, check=True).stdout
    return {key.strip(): value.strip() for key, _, value in
            (line.partition(':') for line in text.splitlines()) if key}


def running(replica):
    now = status(replica)
    return now.get('Slave_IO_Running'), now.get('Slave_SQL_Running')


def caught_up(replica, primary):
    """For wait_until: REPLICA has done all that PRIMARY has done up to now."""
    end, = primary.sql('SELECT @@gtid_binlog_pos')
    done, = replica.sql(f"SELECT MASTER_GTID_WAIT('{end[0]}', 10)")
    return done[0] == '0'
