"""
Three hosts (support/hosts.py), and links between them that are cut, dead in one direction, far and lossy,
under load. Who asks over a good link gets an answer to each query, and none that is wrong; and when the
link is good again all is fresh, without anybody's help, within the times below. See test_faults.py for
the table.
"""
import contextlib
import time

import pytest

from support.faults import WWW
from support.hosts import HOSTS, LAG_LIMIT, SLOW, Loads, Net
from support.load import Load, TcpLoad, told
from support.query import ask
from support.wait import wait_until

BUSY = 5        # seconds that a busy machine may add to each
# From a link that is cut to who knows it.
KNOWN_CUT = {
    'there': 5 + LAG_LIMIT + 1 + BUSY,      # slave_net_timeout, then the time is counted
    'far': 11 + BUSY,                       # a line that says nothing is given up after 10 s
}
# From a link that is good again to the answer that tells what was changed meanwhile.
HEALED = {
    'there': 15 + BUSY,     # the replica's try lasts slave_net_timeout (5 s), the next comes 5 s later
    'far': 6 + BUSY,        # connecting is given up after 5 s, the next try comes at most 1 s later
}
MOVED = 17 + BUSY       # to another of db-host: 10 s of silence, a try of 5 s where it was, and pauses
# From COMMIT to the answer: over good links, one that is far, and one that loses much.
GOOD = {'here': BUSY, 'there': BUSY, 'far': BUSY}
FAR = {'here': BUSY, 'there': 2 + BUSY, 'far': 15 + BUSY}    # some ten times there and back
LOSSY = {'here': BUSY, 'there': 10 + BUSY, 'far': 20 + BUSY}
ALL = list(GOOD)


@pytest.fixture(scope='module')
def made(start_shared_server, wire):
    with contextlib.ExitStack() as stack:
        net = Net(wire, stack)
        over = {'database': 'mydns', **net.client_conf, 'db-host': HOSTS['primary']}
        net.serve(start_shared_server, 'here', 'primary', net.primary.conf())
        net.serve(start_shared_server, 'there', 'replica', net.replica.conf())
        net.serve(start_shared_server, 'far', 'replica', over, 54)
        yield net


@pytest.fixture
def net(made):
    """All links are good, and all servers tell the same."""
    made.wire.heal()
    made.change()
    for name in ALL:
        made.wait_shown(name)
    try:
        yield made
    finally:
        made.wire.heal()


# --- between primary and replica ----------------------------------------------------------------------

def lag_is_known(net):
    """`there` knows that its data is too old, or that nobody can know."""
    lag = net.status('there')['replica']
    return lag['lag_seconds'] > LAG_LIMIT and lag['error']


def is_away(net):
    """`far` knows that it has no database."""
    return not net.status('far')['database']['connected']


CUTS = {
    'cut': ('primary', 'replica', True),
    'half-open, nothing comes from the primary': ('primary', 'replica', False),
    'half-open, nothing comes to the primary': ('replica', 'primary', False),
}


@pytest.mark.parametrize('how', CUTS)
def test_cut(net, fault_table, how):
    """Until `there` knows that it lags and `far` that its database is away."""
    source, to, back = CUTS[how]
    with Loads(net, ALL, fault_table, how) as loads:
        net.wire.fault(source, to, back, cut=True)
        begun = time.monotonic()
        # what the primary sends arrives, for a time
        loads.change(*(['here'] if to == 'replica' else ALL))
        loads.wait_shown({'here': BUSY})
        for name, known in (('there', lag_is_known), ('far', is_away)):
            left = begun + KNOWN_CUT[name] - time.monotonic()
            wait_until(lambda known=known: known(net), left, f'{name} knows that the link is cut')
            print(f'{how}: {name} knows it after {time.monotonic() - begun:.1f} s')
        loads.allow('there', 'far')
        net.wire.heal()
        loads.wait_shown(HEALED)
        loads.change(*ALL)
        loads.wait_shown(GOOD)
        wait_until(lambda: net.status('there')['ready'], SLOW)


BAD = {
    '100 ms away, 30 ms of jitter': ({'delay': 0.1, 'jitter': 0.03}, FAR),
    '20 % lost each way': ({'loss': 0.2}, LOSSY),
}


@pytest.mark.parametrize('how', BAD)
def test_bad(net, fault_table, how):
    fault, limits = BAD[how]
    with Loads(net, ALL, fault_table, how) as loads:
        net.wire.fault('primary', 'replica', **fault)
        for _ in range(5):
            loads.change(*ALL)
            loads.wait_shown(limits)
        net.wire.heal()
        loads.change(*ALL)
        loads.wait_shown({'here': BUSY, **HEALED})


# --- between client and server ------------------------------------------------------------------------

def allow(load, net):
    load.allow(WWW, f'NOERROR {net.address}')


def test_client(net, fault_table):
    """What arrives over a bad link is right; who has a good one at the same time loses nothing."""
    server = net.servers['there']
    with Loads(net, ['there'], fault_table, "another client's link bad", source='primary') as loads:
        with net.hosts['client']:
            bad = [Load(server, net.known(), lossy=True),
                   TcpLoad(server, net.known(), lossy=True, rate=20)]
        with bad[0], bad[1]:
            bad[0].settle()
            bad[0].begin("the client's link loses 20 % each way, 50 ms away: there")
            bad[1].begin("the client's link loses 20 % each way, 50 ms away: there, TCP")
            net.wire.fault('client', 'replica', loss=0.2, delay=0.05, jitter=0.02)
            for _ in range(3):
                net.change(lambda: [allow(one, net) for one in (*loads.loads['there'], *bad)])
                loads.wait_shown({'there': BUSY})
                for load in bad:
                    load.only(WWW, f'NOERROR {net.address}')
                bad[0].asked_more(1000)
            net.wire.fault('client', 'replica', cut=True)
            bad[0].asked_more(1000)
            net.wire.heal()
            bad[0].asked_more(500)
        for load in bad:
            assert load.waits['during']
            fault_table.add(load)
    with net.hosts['client']:
        assert told(ask(server, *WWW, tcp=True)) == f'NOERROR {net.address}'
    with Loads(net, ALL, fault_table, 'all links good again') as loads:
        loads.asked_more(500)


# --- beside neither of them ---------------------------------------------------------------------------

def test_two_hosts(net, start_server, fault_table):
    """The other one is read when the link to the first fails, and there it stays. By README's recipe."""
    server = net.serve(start_server, 'both', 'client', {'database': 'mydns', **net.client_conf})
    net.wait_shown('both')
    with Loads(net, ['both'], fault_table, 'half-open to one, then cut from the other') as loads:
        for source, back in (('replica', False), ('primary', True)):
            already = len(server.log())
            net.wire.fault(source, 'client', back, cut=True)
            begun = time.monotonic()
            server.wait_log('another database server is read now', MOVED, after=already)
            print(f'{source} lost: another server is read after {time.monotonic() - begun:.1f} s')
            loads.change('both')
            loads.wait_shown({'both': BUSY})
            net.wire.heal()
            loads.change('both')
            loads.wait_shown({'both': BUSY})
    assert 'changes were lost' not in server.log()
