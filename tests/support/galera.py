"""A Galera cluster of two MariaDBs of support.mariadb, on loopback."""
import os
import subprocess

from support.mariadb import MariaDB, SqlError, TIMEOUT
from support.wait import free_port, wait_until

LIBRARY = '/usr/lib/galera/libgalera_smm.so'
# A lost peer is noticed after some 5 s instead of 15.
IMPATIENT = ('evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.5S;'
             'evs.suspect_timeout=PT5S;evs.inactive_timeout=PT10S;evs.install_timeout=PT10S;'
             'gcache.size=8M')


def _node(number, ports):
    here = f'127.0.0.1:{ports[number]}'
    node = MariaDB(tcp=True, options=[
        f'--server-id={number + 1}', '--log-bin=binlog', '--binlog-format=ROW',
        '--innodb-autoinc-lock-mode=2', '--wsrep-on=ON', '--wsrep-provider=' + LIBRARY,
        '--wsrep-cluster-name=mydns', f'--wsrep-node-name=node{number + 1}',
        '--wsrep-cluster-address=gcomm://' + ','.join(f'127.0.0.1:{port}' for port in ports),
        f'--wsrep-node-address={here}', '--wsrep-sst-method=rsync',
        f'--wsrep-sst-receive-address=127.0.0.1:{free_port()}',
        f'--wsrep-provider-options=gmcast.listen_addr=tcp://{here};'
        f'ist.recv_addr=127.0.0.1:{free_port()};{IMPATIENT}'])
    if os.getuid() == 0:    # rsync's daemon, started by root, would run as nobody and reach nothing
        node.options.remove('--user=root')
        node.options.append('--user=mysql')
        subprocess.run(['chown', '-R', 'mysql', node.directory.path], check=True)
    return node


class Cluster:
    """.nodes: two of them, started."""

    def __init__(self):
        ports = [free_port(), free_port()]
        self.nodes = [_node(number, ports) for number in (0, 1)]
        first, second = self.nodes
        try:
            first.options.append('--wsrep-new-cluster')
            first.start()
            first.options.pop()
            second.start()
            self.wait_whole()
        except BaseException:
            self.remove()
            raise

    def wait_whole(self):
        for node in self.nodes:
            wait_until(lambda n=node: status(n, 'wsrep_cluster_size') == '2' and
                       status(n, 'wsrep_local_state_comment') == 'Synced', TIMEOUT)

    def remove(self):
        for node in self.nodes:
            node.remove()


def status(node, name):
    return node.sql(f"SHOW STATUS LIKE '{name}'")[0][1]


def refuses(node):
    """Does NODE refuse to read tables, as one without quorum does?"""
    try:
        node.sql('SELECT COUNT(*) FROM mydns.soa')
        return False
    except SqlError as error:
        assert 'WSREP' in str(error), error
        return True
