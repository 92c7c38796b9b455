"""One measurement: a server, a workload, a generator; what it cost and what came back."""
import json
import os
import subprocess
import threading
import time

from servers import cpu_seconds, pinned

WINDOW = 200
MOST = 700000       # questions of a file used in one run: more than any run asks
# name of a case -> file of questions, options of blast
CASES = {
    **{name: (name, []) for name in ('hot', 'spread', 'nx', 'foreign', 'mixed', 'four', 'deep')},
    'hot, EDNS': ('hot', ['-e']),
    'spread, EDNS': ('spread', ['-e']),
    'mixed, EDNS': ('mixed', ['-e']),
    'TCP pipelined': ('hot', ['-t']),
    'TCP one each': ('hot', ['-c', '-n', '32']),
    'update': ('hot', []),
}


def is_tcp(case):
    return '-t' in CASES[case][1] or '-c' in CASES[case][1]


_part = {}          # where in its file a workload's next run begins


def next_part(path):
    """Each run begins elsewhere, or a packet cache would answer 'random' names from the run before."""
    _part[path] = (_part.get(path, 0) + 0.381966) % 1
    return _part[path]


def machine_cpu():
    with open('/proc/stat', encoding='ascii') as file:
        fields = [int(f) for f in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf('SC_CLK_TCK')


class Updates:
    """While the block runs: 1,000 rows a second get another address, in transactions of 10."""
    ROWS, PER_SEC = 10, 100

    def __init__(self, setting, pdns):
        self.table = f"pdns_{setting.tag}.records SET content" if pdns else \
            f'mydns_{setting.tag}.rr SET data'
        self.database = setting.database
        self.highest = int(self.database.sql(f'SELECT MAX(id) FROM {self.table.split()[0]}')[0][0])
        self.done = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        client = subprocess.Popen(self.database.command(), stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, text=True)
        begun = time.monotonic()
        step = self.highest // 5000 + 1
        while not self._stop.wait(max(0, begun + self.done / self.PER_SEC - time.monotonic())):
            text = 'START TRANSACTION;'
            for i in range(self.ROWS):
                n = (self.done * self.ROWS + i) * step % self.highest
                text += (f"UPDATE {self.table} = '10.{self.done % 250}.{i}.{n % 250}'"
                         f" WHERE id = {n + 1} AND type = 'A';")
            client.stdin.write(text + 'COMMIT;\n')
            client.stdin.flush()
            self.done += 1
        client.stdin.close()
        client.wait()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def blast(server, case, seconds, cpu=None, more=()):
    """Run the generator; (its result, CPU seconds of the server, of mariadbd, of all others)."""
    setting = server.setting
    file, options = CASES[case]
    path = os.path.join(setting.directory, 'q.' + file)
    command = pinned(cpu) + [
        os.path.join(setting.tools, 'blast'), '-s', str(seconds), '-w', str(WINDOW),
        '-a', str(next_part(path)), '-m', str(MOST), *options, *more, str(server.port), path]
    database = [setting.database.pid()] if setting.database and server.needs == 'database' else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as generator:
        if generator.stdout.readline() != 'ready\n':
            raise RuntimeError(f'blast does not start: {command}')
        pids = server.pids()
        before = cpu_seconds(pids), cpu_seconds(database), machine_cpu()
        generator.stdin.write('\n')
        generator.stdin.flush()
        line = generator.stdout.readline()
        after = cpu_seconds(pids), cpu_seconds(database), machine_cpu()
        generator.stdin.close()
    result = json.loads(line)
    used, used_db, used_all = (b - a for a, b in zip(before, after))
    return result, used, used_db, max(0, used_all - used - used_db - result['gen_cpu'])


def measure(server, case, seconds, warm, cpu=None):
    """A dict: the generator's figures, us (CPU per answer, the database's part in us_db), others
    (share of a core that neither server nor generator nor database used)."""
    def run():
        blast(server, case, warm, cpu)
        return blast(server, case, seconds, cpu)
    if case == 'update':
        with Updates(server.setting, server.name.startswith('PowerDNS')):
            result, used, used_db, others = run()
        used_db = 0     # the updates themselves are most of it
    else:
        result, used, used_db, others = run()
    answered = max(1, result['answered'])
    return {**result, 'us': 1e6 * (used + used_db) / answered, 'us_db': 1e6 * used_db / answered,
            'busy': used / result['wall'], 'others': others / result['wall']}
