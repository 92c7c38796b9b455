#!/usr/bin/python3
"""COMMIT to the first new answer: how long a change in SQL takes to show.

    freshness.py [--changes 200] [--zones 100000] [--big-rows 1000000] [--servers binlog,gtid,off,pdns,...]
                 [--out FILE.json] [--markdown FILE.md]                  (as root; BUILD_DIR: the built tree)

One MariaDB of its own holds --zones zones of 10 rows and one of --big-rows, once in MyDNS's tables and
once in PowerDNS's. Servers, one after the other:

    binlog gtid off   mydns, change-feed set to that; `off` has age limits and a sweep, of 60 s each
    pdns-fresh        PowerDNS gmysql (Debian's) with all its caches switched off: every answer is SQL
    pdns              the same with Debian's defaults: 20 s packet and query cache, zone list of 300 s

Each makes --changes changes of each kind, in zones of 10 rows and in the big one, idle and under a load of
--load-rate queries per second for names that exist (PowerDNS: --pdns-load-rate, since every one is SQL).
freshness_ask (its head tells how) makes the change and asks for it every 0.1 ms (gtid: 1 ms; slow ones: 20 ms or
more), until the new answer comes.
Changes of what is fast come one by one, for --seconds at most, each up to 10 ms after the last one. Those of
gtid are --gtid-changes, begun at random, one every --gtid-pause ms on the average, whether the ones before show or
not: that rung has a budget and is no match for 50 changes a second. Those of what is slow (off, pdns), which wait
for a clock to run down, are all made in the same minutes, each at a time of its own.

How to read the tables: milliseconds from the moment the writer has its OK for COMMIT; median / 99th
percentile / greatest. Below zero the answer was there before the writer knew. "zone added" and "zone
deleted" are zones of 10 rows always: "1,000,000" there tells that so large a zone lies beside. Then what went
wrong, over all changes of a line: `late` not seen within --give-up; `mixed` answers with part of an RRset, or
of two; `back` the old answer after the new one had been seen; `other` SERVFAIL and the like, between old
and new; `lost` queries without answer in a second. The machine's own noise is in the greatest value; on one
that others use as well, --realtime lets database, server and asker run before all of them.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from freshness_data import BIG, KINDS, MyDns, PowerDns                          # noqa: E402
from support import schema                                                      # noqa: E402
from support.mariadb import Database, MariaDB                                   # noqa: E402
from support.query import ask, rcode                                           # noqa: E402
from support.server import Server                                               # noqa: E402
from support.wait import TemporaryDirectory, free_port, wait_until              # noqa: E402

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
FEEDS = ('binlog', 'gtid', 'off')
SLOW = {'off': 130, 'pdns': 330}            # seconds until a change has shown for sure
WRONG = ('late', 'mixed', 'back', 'other', 'lost')
UNCACHED = """cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
"""


class Pdns:
    """Debian's PowerDNS with the gmysql backend in the foreground."""

    def __init__(self, instance, database, extra):
        self.directory = TemporaryDirectory('mydns-pdns')
        self.port = free_port()
        with open(self.directory / 'pdns.conf', 'w', encoding='utf-8') as file:
            file.write(f'launch=gmysql\ngmysql-socket={instance.socket}\n'
                       f'gmysql-dbname={database.name}\ngmysql-user=root\ngmysql-password=\n'
                       f'local-address=127.0.0.1\nlocal-port={self.port}\n'
                       f'socket-dir={self.directory.path}\ndaemon=no\nguardian=no\n'
                       'disable-syslog=yes\nloglevel=3\n'
                       f'module-dir=/usr/lib/{os.uname().machine}-linux-gnu/pdns\n{extra}')

    def start(self):
        with open(self.directory / 'log', 'wb') as log:
            self.process = subprocess.Popen(['pdns_server', '--config-dir=' + self.directory.path],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def remove(self):
        self.directory.remove()


def cpu_ticks(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return int(fields[11]) + int(fields[12])


def wait_loaded(server):
    """Until SERVER answers for the big zone, then uses next to no processor for half a second."""
    server.address = '127.0.0.1', server.port
    wait_until(lambda: rcode(ask(server, 'h1.' + BIG)) == 'NOERROR', 300, 'the big zone')
    last = [None, 0]

    def idle():
        ticks = cpu_ticks(server.pid())
        last[1] = last[1] + 1 if last[0] is not None and ticks - last[0] <= 1 else 0
        last[0] = ticks
        return last[1] >= 25
    wait_until(idle, 300, 'the server has loaded everything')


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]


class Bench:
    def __init__(self, args):
        self.args = args
        self.results = []
        self.servers = args.servers.split(',')
        self.kinds = args.kinds.split(',')
        self.directory = TemporaryDirectory('mydns-freshness')
        self.instance = MariaDB(binlog=True, options=[
            '--innodb-flush-log-at-trx-commit=1', f'--innodb-buffer-pool-size={args.pool}',
            '--innodb-log-file-size=256M', '--max-binlog-size=1G'])

    def run(self):
        try:
            self.instance.start()
            self.fill()
            for name in self.servers:
                self.measure_server(name)
        finally:
            self.instance.remove()
            self.directory.remove()

    def fill(self):
        # Every change in a small zone takes one; every change in the big zone takes a name of it.
        most = max(self.args.changes, self.args.gtid_changes)
        runs = len(self.servers) * len(self.kinds) * most * 2
        zones, names = max(self.args.zones, runs), max(self.args.big_rows // 2 - 1, runs + 20)
        ours = Database(self.instance, 'ours', schema.own())
        self.instance.sql('GRANT REPLICATION SLAVE ON *.* TO mydns@localhost;')
        self.tables = {True: MyDns(ours, zones, names)}
        if any(name.startswith('pdns') for name in self.servers):
            theirs = Database(self.instance, 'theirs', '')
            self.tables[False] = PowerDns(theirs, zones, names)
        for table in self.tables.values():
            table.fill()
        self.say(f'{zones:,} zones of 10 rows, one of {2 * names + 2:,}')
        some = random.Random(1)
        with open(self.directory / 'load', 'w', encoding='ascii') as file:
            for _ in range(100000):
                origin = f'z{some.randint(1, zones)}.test.' if some.random() < 0.9 else BIG
                file.write(f'h{some.randint(2, 4)}.{origin}\n')

    def measure_server(self, name):
        tables = self.tables[name in FEEDS]
        if name in FEEDS:
            server = Server({**tables.database.conf(), 'change-feed': name,
                             **{k: v for k, v in (o.split('=', 1) for o in self.args.option)}})
        else:
            server = Pdns(self.instance, tables.database, UNCACHED if name == 'pdns-fresh' else '')
        try:
            server.start()
            wait_loaded(server)
            for big in (False, True):
                for load in (False, True):
                    cell = f'{"big" if big else "small"}-{"load" if load else "idle"}'
                    if name == 'pdns' and (big or load):
                        continue            # its caches are all there is to see
                    if cell in self.args.cells.split(','):
                        self.measure(server, name, tables, big, load)
            server.stop()
        finally:
            server.remove()

    def measure(self, server, name, tables, big, load):
        command = [os.path.join(self.args.build, 'tests', 'freshness_ask'),
                   '--server', f'127.0.0.1:{server.port}', '--socket', self.instance.socket,
                   '--database', tables.database.name, '--load', self.directory / 'load',
                   '--load-rate', str(self.rate(name) if load else 0)]
        groups = [[kind] for kind in self.kinds]
        if name in SLOW:        # all at once, but a zone has one serial
            groups = [[k for k in self.kinds if not (big and k == 'serial')]]
        count = self.args.gtid_changes if name == 'gtid' else self.args.changes
        for group in groups:
            text = tables.changes(group, count, big)
            result = subprocess.run(command + self.pace(name, group, count, big), input=text,
                                    stdout=subprocess.PIPE, text=True, check=True, timeout=3600)
            for kind in group:
                self.note(name, kind, big, load, [line.split('\t') for line in
                                                  result.stdout.splitlines()])

    def pace(self, name, group, count, big):
        """When the changes of GROUP are made, and how often is asked for each."""
        if name in SLOW:
            parallel = count * len(group)
            return ['--parallel', str(parallel), '--interval-us', str(max(20000, 200 * parallel)),
                    '--spread-sec', str(SLOW[name] // 2), '--give-up-sec', str(SLOW[name])]
        if name == 'gtid' and not (big and group == ['serial']):
            return ['--parallel', str(count), '--interval-us', '1000', '--give-up-sec', '90',
                    '--spread-sec', str(count * self.args.gtid_pause // 1000)]
        pause_ms = 2 * self.args.gtid_pause if name == 'gtid' else 10
        return ['--seconds', str(self.args.seconds), '--give-up-sec', str(self.args.give_up),
                '--pause-us', str(1000 * pause_ms)]

    def rate(self, name):
        return self.args.load_rate if name in FEEDS else self.args.pdns_load_rate

    def note(self, name, kind, big, load, lines):
        mine = [line for line in lines if line[0] == kind]
        times = sorted(int(line[1]) / 1000 for line in mine if line[1] != '-')
        entry = {'server': name, 'kind': kind, 'rows': self.args.big_rows if big else 10,
                 'load': self.rate(name) if load else 0, 'changes': len(mine),
                 'late': len(mine) - len(times), 'asked': sum(int(line[2]) for line in mine)}
        for at, what in enumerate(WRONG[1:], 3):
            entry[what] = sum(int(line[at]) for line in mine)
        entry['in_order'] = [int(line[1]) / 1000 for line in mine if line[1] != '-']
        if times:
            entry.update(p50=percentile(times, 0.5), p99=percentile(times, 0.99), max=times[-1],
                         min=times[0])
        odd = sorted({line[7] for line in mine if line[7:] and line[7]})
        if odd:
            entry['odd'] = odd[:5]
        for line in lines:
            if line[0] == 'load':
                entry['load_sent'], entry['load_answered'], entry['load_failed'] = map(int, line[1:])
        self.results.append(entry)
        self.say(f'{name:10} {entry["rows"]:>9,} {"load" if load else "idle":4} {kind:14}'
                 f' {len(mine):5} {milliseconds(entry):>26}  '
                 + ' '.join(f'{what} {entry[what]}' for what in WRONG if entry[what])
                 + ('  ' + '; '.join(odd[:3]) if odd else '')
                 + (f'  load answered {entry["load_answered"] / entry["load_sent"]:.1%}'
                    if entry.get('load_sent', 0) > entry.get('load_answered', 0) else ''))
        if self.args.out:
            with open(self.args.out, 'w', encoding='utf-8') as file:
                json.dump(self.results, file, indent=1)

    @staticmethod
    def say(text):
        print(text, flush=True)


def milliseconds(entry):
    if 'p50' not in entry:
        return '-'
    return ' / '.join(f'{entry[k]:.1f}' if abs(entry[k]) < 1000 else f'{entry[k]:,.0f}'
                      for k in ('p50', 'p99', 'max'))


def markdown(results):
    """A line per server, size and load; a column per kind."""
    kinds = [k for k in KINDS if any(r['kind'] == k for r in results)]
    lines = ['| server | rows | load | ' + ' | '.join(kinds) + ' | wrong |',
             '|---|---|---|' + '---|' * (len(kinds) + 1)]
    done = []
    for entry in results:
        cell = entry['server'], entry['rows'], entry['load']
        if cell in done:
            continue
        done.append(cell)
        row = [r for r in results if (r['server'], r['rows'], r['load']) == cell]
        times = {r['kind']: milliseconds(r) for r in row}
        wrong = [f'{sum(r[w] for r in row)} {w}' for w in WRONG if any(r[w] for r in row)]
        lines.append(f'| {cell[0]} | {cell[1]:,} | {cell[2]:,}/s | '
                     + ' | '.join(times.get(k, '') for k in kinds)
                     + f' | {", ".join(wrong) or "none"} |')
    return '\n'.join(lines) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--changes', type=int, default=200, help='of each kind')
    parser.add_argument('--seconds', type=int, default=60, help='for those of one kind, at most')
    parser.add_argument('--gtid-changes', type=int, default=100, help='of each kind on rung gtid')
    parser.add_argument('--gtid-pause', type=int, default=700,
                        help='milliseconds between two of them on the average')
    parser.add_argument('--give-up', type=int, default=30, help='seconds to wait for one change')
    parser.add_argument('--zones', type=int, default=100000)
    parser.add_argument('--big-rows', type=int, default=1000000)
    parser.add_argument('--load-rate', type=int, default=20000, help='queries per second')
    parser.add_argument('--pdns-load-rate', type=int, default=1000, help='it takes no more')
    parser.add_argument('--servers', default='binlog,gtid,off,pdns-fresh,pdns')
    parser.add_argument('--cells', default='small-idle,small-load,big-idle,big-load')
    parser.add_argument('--kinds', default=','.join(KINDS))
    parser.add_argument('--option', action='append', default=[], help='NAME=VALUE of mydns.conf')
    parser.add_argument('--realtime', action='store_true', help='scheduled as SCHED_RR')
    parser.add_argument('--pool', default='1G', help='innodb_buffer_pool_size')
    parser.add_argument('--build', default=os.environ.get('BUILD_DIR', TOP + '/build/release'))
    parser.add_argument('--out', help='results as JSON')
    parser.add_argument('--markdown', help='table for a README')
    args = parser.parse_args()
    os.environ.setdefault('BUILD_DIR', os.path.abspath(args.build))
    os.environ.setdefault('SOURCE_DIR', os.path.abspath(TOP))
    if 'pdns' in args.servers:
        subprocess.run(['sh', TOP + '/server/packages.sh', 'pdns-server', 'pdns-backend-mysql'],
                       check=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))       # what was started ends with us
    if args.realtime:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    bench = Bench(args)
    bench.run()
    text = markdown(bench.results)
    print(text)
    if args.markdown:
        with open(args.markdown, 'w', encoding='utf-8') as file:
            file.write(text)
    return 1 if any(r['mixed'] or r['back'] for r in bench.results if r['server'] in FEEDS) else 0


sys.exit(main())
