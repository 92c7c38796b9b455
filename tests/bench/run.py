#!/usr/bin/python3
"""Measures mydns beside other nameservers and the floor (README.md). One command:

  python3 tests/bench/run.py --quick      some minutes: 1,000 zones, mydns, gdnsd, the floor
  python3 tests/bench/run.py --full       hours: every workload, server, set of data
  python3 tests/bench/run.py --tables build/bench/result.json

Data, database and results go to build/bench/. As root, with an otherwise idle machine of two cores.
"""
import argparse
import json
import os
import platform
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

# pylint: disable=wrong-import-position
import data         # noqa: E402
import load         # noqa: E402
import report       # noqa: E402
import servers      # noqa: E402
from database import Database       # noqa: E402

PACKAGES = ['mariadb-server', 'mariadb-client', 'nsd', 'knot', 'gdnsd', 'bind9', 'pdns-server',
            'pdns-backend-mysql', 'gcc', 'libc6-dev', 'python3', 'procps', 'util-linux']
SETS = {        # zones, names of each, files for other servers, questions
    'tiny': (10, 10, True, 1000),
    'small': (1000, 20, True, 500000),
    'large': (100000, 10, True, 1000000),
    'huge': (1000000, 6, False, 1000000),
    **{f'zones{n}': (n, 10, True, 300000) for n in (10, 100, 1000, 10000, 100000)},
    **{f'names{n}': (1, n, True, 300000) for n in (10, 100, 1000, 10000, 100000, 1000000)},
}
BASIC = ['hot', 'spread', 'nx', 'foreign', 'mixed']
WITH_DATABASE = ('mydns', 'PowerDNS', 'PowerDNS tuned')
FEW = ['floor', 'mydns', 'gdnsd']


class Bench:
    def __init__(self, options):
        self.options = options
        self.directory = os.path.abspath(options.directory)
        os.makedirs(self.directory, exist_ok=True)
        for tool in ('floor', 'blast'):
            subprocess.run(['gcc', '-std=c11', '-D_GNU_SOURCE', '-O2', '-pthread', '-o',
                            os.path.join(self.directory, tool), os.path.join(HERE, tool + '.c')],
                           check=True)
        self.kinds = {kind.name: kind for kind in servers.ALL if kind.installed()}
        self.database = Database(self.directory).start(cpu=0)
        self.result = {'machine': platform.platform(), 'parts': [], 'scaling': []}

    def names(self, wanted):
        """Of the servers WANTED (None: all) those that are there and were asked for."""
        chosen = self.options.servers.split(',') if self.options.servers else None
        return [n for n in self.kinds if (wanted is None or n in wanted or n.startswith('mydns'))
                and (chosen is None or n in chosen)]

    def setting(self, tag, **more):
        zones, names, peers, count = SETS[tag]
        directory = os.path.join(self.directory, tag)
        print(f'data: {tag}', flush=True)
        meta = data.make(directory, zones, names, peers, count)
        self.database.load(tag, directory, meta)
        return servers.Setting(directory, tag, self.database, self.directory, **more), meta

    def save(self):
        with open(self.options.out, 'w', encoding='utf-8') as file:
            json.dump(self.result, file, indent=1)

    def part(self, title, tag, cases, wanted=None, pin=True, **more):
        """Start the servers, then in turn: each repetition, each case, each server, one run."""
        setting, meta = self.setting(tag, **more)
        part = {'title': title, 'set': tag, 'rows': meta['rows'], 'boot': {}, 'runs': [], **more}
        self.result['parts'].append(part)
        running = {}
        cpus = (0, 1) if pin and os.cpu_count() > 1 else (None, None)
        try:
            for name in self.names(wanted):
                kind = self.kinds[name]
                if setting.rate_limit and name != 'floor' and not kind.limits_rate:
                    continue
                if kind.needs == 'zones' and not meta['wanted']['peers']:
                    continue
                server = kind(setting, cpus[0])
                running[name] = server
                server.start()
                part['boot'][name] = {'first_sec': server.first_sec, 'ready_sec': server.ready_sec,
                                      'cpu_sec': server.load_cpu_sec,
                                      'pss_mib': servers.memory_mib(server.pids())}
                print(f'{title}: {name} has loaded in {server.ready_sec:.2f} s', flush=True)
            for _ in range(self.options.reps):
                for case in cases:
                    for name, server in running.items():
                        self.run(part, case, name, server, cpus[1])
            for name, server in running.items():
                part['boot'][name]['pss_after_mib'] = servers.memory_mib(server.pids())
        finally:
            for server in running.values():
                server.stop()
        self.save()
        print_part(part)

    def run(self, part, case, name, server, cpu):
        if name == 'floor' and load.is_tcp(case):
            return
        if case == 'update' and server.needs == 'zones':
            return
        run = load.measure(server, case, self.options.seconds, self.options.warm, cpu)
        part['runs'].append({'case': case, 'server': name, **run})
        print(f"{case:14} {name:14} {run['us']:8.2f} us {run['qps']:8.0f}/s lost {run['lost']}"
              f" busy {100 * run['busy']:.0f} % others {100 * run['others']:.0f} %", flush=True)

    def scaling(self, series, tags):
        """What a query costs as the data grows: floor, ours and gdnsd."""
        for tag in tags:
            title = f'{series} {tag}'
            self.part(title, tag, ['spread', 'nx'], FEW)
            part = self.result['parts'].pop()
            found = report.cells(part)

            def us(case, name, found=found):
                return report.median(found[case, name], 'us')
            for name, boot in part['boot'].items():
                self.result['scaling'].append({
                    'series': series, 'size': int(tag.lstrip('zonesam')) if tag != 'huge' else 1000000,
                    'rows': part['rows'], 'server': name, **boot,
                    **{case: us(case, name) for case in ('spread', 'nx')},
                    **{case + '_ratio': us(case, name) / us(case, 'floor')
                       for case in ('spread', 'nx') if (case, 'floor') in found}})
            self.save()

    def plots(self):
        for part in self.result['parts']:
            if part['title'].startswith('basic'):
                self.write_plot(part['set'], report.bars(part, f'{part["title"]}: {part["rows"]:,} rows'))
        for series in dict.fromkeys(p['series'] for p in self.result['scaling']):
            self.write_plot(series.replace(' ', '-'),
                            report.curves(self.result['scaling'], series, f'As the {series} grow'))

    def write_plot(self, name, svg):
        with open(os.path.join(self.directory, name + '.svg'), 'w', encoding='utf-8') as file:
            file.write(svg)


def print_part(part):
    print(f'\n## {part["title"]}\n\n{report.overview(part)}\n\n{report.boots(part)}\n\n'
          f'{report.details(part)}\n', flush=True)


def print_all(result):
    for part in result['parts']:
        print_part(part)
    if result['scaling']:
        print('## Scaling\n\n' + report.scaling(result['scaling']))


def quick(bench):
    bench.part('basic, 1,000 zones', 'small', BASIC, FEW)


def full(bench):
    bench.part('basic, 1,000 zones', 'small', BASIC)
    bench.part('basic, 100,000 zones', 'large', BASIC)
    bench.part('EDNS, 100,000 zones', 'large', ['hot, EDNS', 'spread, EDNS', 'mixed, EDNS'],
               [*FEW, 'NSD', 'Knot DNS', 'BIND'])
    bench.part('four addresses and deep names', 'small', ['hot', 'four', 'deep'])
    bench.part('TCP', 'small', ['TCP pipelined', 'TCP one each'])
    bench.part('1,000 rows a second change', 'large', ['hot', 'update'], ['floor', *WITH_DATABASE])
    bench.part('rate limit on, never reached', 'small', ['hot', 'spread', 'nx'], rate_limit=True)
    bench.part('two threads, not pinned', 'small', ['hot', 'spread'], pin=False, threads=2)
    scaling(bench)


def smoke(bench):
    """Does the bench itself work? No figure is looked at."""
    bench.options.reps, bench.options.seconds, bench.options.warm = 1, 0.1, 0.05
    bench.part('smoke', 'tiny', list(load.CASES), ['floor'])
    for run in bench.result['parts'][0]['runs']:
        if run['answered'] == 0 or run['us'] <= 0:
            sys.exit(f'nothing measured: {run}')


def scaling(bench):
    bench.scaling('zones', [tag for tag in SETS if tag.startswith('zones')] + ['huge'])
    bench.scaling('names', [tag for tag in SETS if tag.startswith('names')])


def read_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument('--quick', action='store_true')
    kind.add_argument('--full', action='store_true')
    kind.add_argument('--scaling', action='store_true')
    kind.add_argument('--smoke', action='store_true', help='does it work at all?')
    kind.add_argument('--part', metavar='SET:CASE,...', help='one part, e.g. large:spread,nx')
    kind.add_argument('--tables', metavar='FILE', help='print the tables of a result again')
    parser.add_argument('--directory', default=os.path.join(TOP, 'build', 'bench'))
    parser.add_argument('--out', help='the result as JSON (DIRECTORY/result.json)')
    parser.add_argument('--binary', action='append', default=[], metavar='[NAME=]PATH',
                        help='mydns to measure, instead of building the preset release; several'
                             ' with names beginning with mydns compare versions')
    parser.add_argument('--servers', help='of ' + ','.join(k.name for k in servers.ALL))
    parser.add_argument('--reps', type=int, default=9)
    parser.add_argument('--seconds', type=float, default=1)
    parser.add_argument('--warm', type=float, default=0.2, help='asked before each run, not counted')
    parser.add_argument('--threads', type=int, default=1, help='of each server, with --part')
    parser.add_argument('--install', action='store_true', help='install what is missing first')
    options = parser.parse_args()
    options.out = options.out or os.path.join(options.directory, 'result.json')
    return options


def take_binaries(options):
    if not options.binary:
        for step in ['--preset', 'release'], ['--build', '--preset', 'release', '--target', 'mydns']:
            subprocess.run(['cmake', *step], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        options.binary = [os.path.join(TOP, 'build', 'release', 'server', 'mydns')]
    for place, text in enumerate(options.binary):
        name, _, path = text.rpartition('=')
        if place == 0:
            servers.Ours.binary = os.path.abspath(path)
        else:
            kind = type('Ours', (servers.Ours,), {'name': name, 'binary': os.path.abspath(path)})
            servers.ALL.insert(1 + place, kind)


def main():
    options = read_options()
    if options.tables:
        with open(options.tables, encoding='utf-8') as file:
            print_all(json.load(file))
        return
    if options.install:
        subprocess.run(['sh', os.path.join(TOP, 'server', 'packages.sh'), *PACKAGES], check=True)
    take_binaries(options)
    bench = Bench(options)
    try:
        if options.part:
            tag, _, cases = options.part.partition(':')
            known = sorted(load.CASES, key=len, reverse=True)
            chosen = [c for c in known if c in cases.split(',') or c.replace(', ', '+') in cases.split(',')]
            bench.part('part', tag, sorted(chosen, key=list(load.CASES).index),
                       threads=options.threads, pin=options.threads == 1)
        elif options.quick:
            quick(bench)
        elif options.smoke:
            smoke(bench)
        elif options.scaling:
            scaling(bench)
        else:
            full(bench)
        bench.plots()
        bench.save()
        print(f'written: {options.out}')
    finally:
        bench.database.stop()


if __name__ == '__main__':
    main()
