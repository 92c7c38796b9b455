"""db-host with two servers, a primary and its replica: all threads are on one of them, and no answer is
older than what was answered before."""
import pytest

from support import replica as replication
from support import schema
from support.asking import Asking
from support.mariadb import Database
from support.query import is_data
from support.wait import holds_for, wait_until

SLOW = 60
NAME = 'www.example.com.'
ACCOUNTS = """
    GRANT SELECT ON mydns.* TO mydns@127.0.0.1 IDENTIFIED BY 'secret';
    GRANT SELECT ON mydns.* TO mydnsfeed@127.0.0.1 IDENTIFIED BY 'fourth';
    GRANT REPLICATION SLAVE ON *.* TO mydnsfeed@127.0.0.1;"""
# So often that age alone would show what is old within a second.
AGES = {'zone-cache-expire': 1, 'sweep-interval': 1}
FEED = {'binlog': {'feed-user': 'mydnsfeed', 'feed-password': 'fourth'},
        'gtid': {'change-feed': 'gtid'}, 'off': {'change-feed': 'off'}}


class Pair:
    """A primary, its replica, and the address that both have for NAME."""

    def __init__(self, log_replica_updates=True):
        self.primary = replication.new_primary()
        self.replica = None
        self.count = 0
        try:
            self.replica = replication.new_replica(log_replica_updates)
            self.database = Database(self.primary, 'mydns', schema.own())
            self.primary.sql(ACCOUNTS)
            self.database.add_zone('example.com.', [
                ('', 'NS', 'ns1'), ('ns1', 'A', '192.0.2.53'), ('www', 'A', '192.0.2.1')])
        except BaseException:
            self.remove()
            raise

    def remove(self):
        for one in (self.primary, self.replica):
            if one is not None:
                one.remove()

    def join(self):
        """Both run, and the replica is a copy that follows."""
        for one in (self.primary, self.replica):
            if one.process is None:
                one.start()
        self.replica.sql("STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET GLOBAL gtid_slave_pos = '';"
                         'SET GLOBAL read_only = 0')
        replication.follow(self.replica, self.primary)
        self.change(self.primary)
        wait_until(lambda: replication.caught_up(self.replica, self.primary))
        self.primary.sql("ALTER USER mydns@127.0.0.1 WITH MAX_USER_CONNECTIONS 0")

    def change(self, one):
        """A new address for NAME, told to the instance ONE; the address."""
        self.count += 1
        address = f'198.51.100.{self.count}'
        one.sql(f"UPDATE rr SET data = '{address}' WHERE name = 'www';"
                " UPDATE soa SET serial = serial + 1 WHERE origin = 'example.com.'", 'mydns')
        return address

    def lag(self, server):
        """A change that SERVER shows and the replica has, but does not apply; the address."""
        self.replica.sql('STOP SLAVE SQL_THREAD')
        address = self.change(self.primary)
        wait_until(lambda: shown(server, address), SLOW)
        wait_until(lambda: replication.status(self.replica)['Gtid_IO_Pos'] ==
                   self.primary.sql('SELECT @@gtid_binlog_pos')[0][0])
        return address

    def go_on(self, server, address):
        """The replica applies ADDRESS, which SERVER tells already, and is read from now on."""
        self.replica.sql('START SLAVE SQL_THREAD')
        server.wait_log('another database server is read now', SLOW)
        assert shown(server, address)
        newer = self.change(self.replica)
        wait_until(lambda: shown(server, newer), SLOW)

    def serve(self, start_server, feed='binlog', first=None, snapshot=False):
        """A server that has shown a change and goes by FEED."""
        hosts = f'127.0.0.1:{self.primary.port}, 127.0.0.1:{self.replica.port}'
        server = start_server({'db-host': hosts, 'db-user': 'mydns', 'db-password': 'secret',
                               'database': 'mydns', **AGES, **FEED[feed]}, begin=False)
        if snapshot:
            server.configure(snapshot_file=server.directory / 'snapshot')
        server.start()
        address = self.change(first or self.primary)
        wait_until(lambda: is_data(server, NAME, 'A', address), SLOW)
        if feed == 'binlog':
            server.wait_log('following the binlog')
        return server


@pytest.fixture(scope='module')
def made():
    pair = Pair()
    try:
        yield pair
    finally:
        pair.remove()


@pytest.fixture
def pair(made):
    made.join()
    return made


def shown(server, address):
    return is_data(server, NAME, 'A', address)


@pytest.mark.parametrize('feed', ['binlog', 'gtid'])
def test_next_and_no_way_back(pair, start_server, feed):
    """The primary dies, the replica is read, and still when the primary is there again."""
    server = pair.serve(start_server, feed)
    wait_until(lambda: replication.caught_up(pair.replica, pair.primary))
    with Asking(server, ['www.example.com']) as asking:
        pair.primary.kill()
        server.wait_log('another database server is read now')
        pair.replica.sql('STOP SLAVE; RESET SLAVE ALL')
        new = pair.change(pair.replica)
        wait_until(lambda: shown(server, new), SLOW)
        if feed == 'binlog':    # the stream has gone along
            wait_until(lambda: server.log().count('following the binlog') >= 2, SLOW)
        pair.primary.start()
        old = pair.change(pair.primary)
        newer = pair.change(pair.replica)
        wait_until(lambda: shown(server, newer), SLOW)
        holds_for(lambda: shown(server, newer), 2)
    assert not asking.wrong, asking.wrong[:5]
    assert server.log().count('another database server') == 1
    assert 'behind' not in server.log()
    if feed != 'binlog':
        return
    pair.replica.kill()         # and back, when nothing else is left: it lacks two changes
    server.wait_log('behind what was answered.* it has 10 s to catch up', SLOW)
    assert shown(server, newer)
    server.wait_log('changes were lost', SLOW)
    wait_until(lambda: shown(server, old), SLOW)


def test_lagging_catches_up(pair, start_server):
    """What the replica has not applied yet is waited for, with the new answer all the time."""
    server = pair.serve(start_server)
    new = pair.lag(server)
    with Asking(server, ['www.example.com']) as asking:
        pair.primary.kill()
        server.wait_log('behind what was answered.* it has 10 s to catch up')
        holds_for(lambda: shown(server, new), 1)
        pair.go_on(server, new)
    assert not asking.wrong, asking.wrong[:5]
    assert 'changes were lost' not in server.log()


def start_from_file_behind(pair, start_server, feed):
    """A server started from its file beside the replica alone, which lacks the last change."""
    server = pair.serve(start_server, feed, snapshot=True)
    wait_until(lambda: replication.caught_up(pair.replica, pair.primary))
    new = pair.lag(server)
    server.stop()
    pair.primary.kill()
    server.start()
    assert shown(server, new)
    server.wait_log('behind what was answered.* it has 10 s to catch up')
    holds_for(lambda: shown(server, new), 1)
    return server, new


@pytest.mark.parametrize('feed', FEED)
def test_lagging_at_start_catches_up(pair, start_server, feed):
    """What a server answered before it was started again counts as well."""
    server, new = start_from_file_behind(pair, start_server, feed)
    with Asking(server, ['www.example.com']) as asking:
        pair.go_on(server, new)
    assert not asking.wrong, asking.wrong[:5]
    assert 'changes were lost' not in server.log()


def test_lagging_at_start_for_good(pair, start_server):
    """Nothing else comes: it is taken and told."""
    server, _ = start_from_file_behind(pair, start_server, 'gtid')
    old = pair.replica.sql("SELECT data FROM rr WHERE name = 'www'", 'mydns')[0][0]
    server.wait_log('changes were lost', SLOW)
    wait_until(lambda: shown(server, old), SLOW)


def test_lagging_while_the_other_comes_back(pair, start_server):
    """A short restart of the primary: the replica, which is behind, was not taken meanwhile."""
    server = pair.serve(start_server)
    pair.replica.sql('STOP SLAVE')
    new = pair.change(pair.primary)
    wait_until(lambda: shown(server, new), SLOW)
    pair.primary.stop()
    server.wait_log('behind what was answered')
    pair.primary.start()
    newer = pair.change(pair.primary)
    wait_until(lambda: shown(server, newer), SLOW)
    assert 'another database server' not in server.log()
    assert 'changes were lost' not in server.log()


def test_frozen(pair, start_server):
    """A server that takes connections and says nothing: those who do nothing notice, too."""
    server = pair.serve(start_server)
    wait_until(lambda: replication.caught_up(pair.replica, pair.primary))
    try:
        with Asking(server, ['www.example.com']) as asking:
            pair.primary.freeze()
            server.wait_log('another database server is read now', SLOW)
            pair.replica.sql('STOP SLAVE')
            new = pair.change(pair.replica)
            wait_until(lambda: shown(server, new), SLOW)
        assert not asking.wrong, asking.wrong[:5]
    finally:
        pair.primary.thaw()


def test_one_thread_refused(pair, start_server):
    """A thread that cannot connect where the others are does not go elsewhere alone."""
    pair.primary.sql("ALTER USER mydns@127.0.0.1 WITH MAX_USER_CONNECTIONS 1")
    server = pair.serve(start_server, 'off')
    server.wait_log('cannot connect to the database while others can')
    new = pair.change(pair.primary)
    wait_until(lambda: shown(server, new), SLOW)
    pair.replica.sql('STOP SLAVE')
    pair.change(pair.replica)
    holds_for(lambda: shown(server, new), 2)
    assert 'another database server' not in server.log()


def test_back_from_a_server_whose_log_tells_nothing(start_server):
    """What was read from it is not vouched for by the stream that goes on."""
    pair = Pair(log_replica_updates=False)
    try:
        replication.follow(pair.replica, pair.primary)
        pair.change(pair.primary)
        wait_until(lambda: replication.caught_up(pair.replica, pair.primary))
        server = start_server({
            'db-host': f'127.0.0.1:{pair.primary.port}, 127.0.0.1:{pair.replica.port}',
            'db-user': 'mydns', 'db-password': 'secret', 'database': 'mydns', **FEED['binlog']})
        server.wait_log('following the binlog from', SLOW)
        pair.replica.sql('STOP SLAVE SQL_THREAD')
        old = f'198.51.100.{pair.count}'
        new = pair.change(pair.primary)
        wait_until(lambda: shown(server, new), SLOW)
        pair.primary.kill()
        server.wait_log('changes were lost', SLOW)
        wait_until(lambda: shown(server, old), SLOW)
        pair.primary.start()
        pair.replica.kill()
        wait_until(lambda: shown(server, new), SLOW)
    finally:
        pair.remove()
