"""How each server is configured, started, watched and stopped. All in the foreground, on 127.0.0.1."""
import os
import random
import signal
import socket
import shutil
import struct
import subprocess
import time

from database import PASSWORD, USER
from support.wait import PAUSE, TemporaryDirectory, free_port

READY_SEC = 1200
ASKED_WHEN_READY = 200      # SOAs of so many zones have to be answered
HUGE_RATE = 1000000         # a rate limit that is on and never reached


def soa_question(origin):
    labels = b''.join(bytes([len(label)]) + label.encode() for label in origin.split('.'))
    return struct.pack('>HHHHHH', random.randrange(65536), 0, 1, 0, 0, 0) + labels + b'\0\0\6\0\1'


def tree(pid):
    """PID and all its descendants."""
    children = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat', encoding='ascii', errors='replace') as file:
                    parent = int(file.read().rsplit(')', 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def cpu_seconds(pids):
    """Time that all threads of PIDS have run, in the kernel too, those that have ended as well."""
    total = 0
    for pid in pids:
        try:
            total += time.clock_gettime(~pid << 3 | 2)      # as clock_getcpuclockid(3) makes it
        except OSError:
            continue
    return total


def memory_mib(pids):
    """PSS: pages shared by forks count once."""
    total = 0
    for pid in pids:
        try:
            with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith('Pss:'))
        except OSError:
            continue
    return total / 1024


def pinned(cpu):
    """What goes in front of a command. Where we may, others on the machine get the CPU after us."""
    first = ['nice', '-n', '-10'] if os.getuid() == 0 else []
    return first + (['taskset', '-c', str(cpu)] if cpu is not None else [])


class Setting:
    """What a server is to serve: DIRECTORY of data, TAG in the DATABASE, THREADS, RATE limit on."""

    def __init__(self, directory, tag, database, tools, threads=1, rate_limit=False):
        self.directory = os.path.abspath(directory)
        self.tag = tag
        self.database = database
        self.tools = tools          # where floor and blast are
        self.threads = threads
        self.rate_limit = rate_limit
        with open(os.path.join(directory, 'origins'), encoding='ascii') as file:
            self.origins = file.read().split()


class Server:
    """One process (tree). Subclasses tell command() after writing their configuration."""
    name = ''
    program = ''
    needs = 'zones'                 # or: nothing, database
    limits_rate = False

    def __init__(self, setting, cpu=None):
        self.setting = setting
        self.cpu = cpu
        self.port = free_port()
        self.directory = TemporaryDirectory('mydns-bench')
        os.chmod(self.directory.path, 0o777)
        self.process = None
        self.first_sec = self.ready_sec = self.load_cpu_sec = None

    @classmethod
    def installed(cls):
        return shutil.which(cls.program, path=os.environ['PATH'] + ':/usr/sbin') is not None

    def command(self):
        raise NotImplementedError

    def write(self, name, text):
        path = self.directory / name
        with open(path, 'w', encoding='ascii') as file:
            file.write(text)
        return path

    def zones(self, form):
        return ''.join(form.format(origin) for origin in self.setting.origins)

    def path(self, name):
        return os.path.join(self.setting.directory, name)

    def log(self):
        with open(self.directory / 'out', encoding='utf-8', errors='replace') as file:
            return file.read()

    def start(self):
        """Returns when it answers for a sample of its zones; first_sec, ready_sec tell how long that
        took, load_cpu_sec what it cost."""
        command = pinned(self.cpu) + self.command()
        with open(self.directory / 'out', 'wb') as out:
            begun = time.monotonic()
            self.process = subprocess.Popen(command, stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL)
        sample = random.Random(1).sample(self.setting.origins,
                                         min(ASKED_WHEN_READY, len(self.setting.origins)))
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.connect(('127.0.0.1', self.port))
            udp.settimeout(0.05)
            while sample:
                if self.process.poll() is not None:
                    raise RuntimeError(f'{self.name} ended:\n{self.log()[-2000:]}')
                if time.monotonic() > begun + READY_SEC:
                    raise RuntimeError(f'{self.name} not ready in {READY_SEC} s')
                if self.answers(udp, sample[-1]):
                    self.first_sec = self.first_sec or time.monotonic() - begun
                    sample.pop()
                else:
                    time.sleep(PAUSE / 10)
        self.wait_loaded()
        self.ready_sec = time.monotonic() - begun
        self.load_cpu_sec = cpu_seconds(self.pids())
        return self

    def answers(self, udp, origin):
        question = soa_question(origin)
        try:
            udp.send(question)
            while True:
                reply = udp.recv(4096)
                if reply[:2] == question[:2]:
                    return self.is_good(reply)
        except OSError:
            return False

    @staticmethod
    def is_good(reply):
        return reply[3] & 15 == 0 and reply[6:8] != b'\0\0'

    def wait_loaded(self):
        """Until all zones are in memory, for those who answer before."""

    def pids(self):
        return tree(self.process.pid)

    def stop(self):
        if self.process and self.process.poll() is None:
            pids = self.pids()
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)
                self.process.wait()
        self.directory.remove()


class Floor(Server):
    name = 'floor'
    needs = 'nothing'

    @classmethod
    def installed(cls):
        return True

    def command(self):
        return [os.path.join(self.setting.tools, 'floor'), str(self.port),
                str(self.setting.threads)]

    @staticmethod
    def is_good(reply):
        return True


class Ours(Server):
    name = 'mydns'
    needs = 'database'
    limits_rate = True
    binary = None                   # set by run.py

    @classmethod
    def installed(cls):
        return os.access(cls.binary, os.X_OK)

    def command(self):
        s = self.setting
        limit = f'rrl-rate = {HUGE_RATE}\n' if s.rate_limit else ''
        return [self.binary, '-c', self.write('conf', f"""
db-socket = {s.database.socket}
db-user = {USER}
db-password = {PASSWORD}
database = mydns_{s.tag}
listen = 127.0.0.1:{self.port}
user = nobody
group = nogroup
log = stderr
pidfile = {self.directory / 'pid'}
threads = {s.threads}
{limit}""")]

    def wait_loaded(self):
        """SIGUSR2 makes it say how many zones are in memory."""
        wanted = f'store: {len(self.setting.origins)} zones, {len(self.setting.origins)} in memory'
        deadline = time.monotonic() + READY_SEC
        while wanted not in self.log():
            if time.monotonic() > deadline:
                raise RuntimeError(f'not all zones in memory:\n{self.log()[-2000:]}')
            self.process.send_signal(signal.SIGUSR2)
            time.sleep(PAUSE * 5)


class Nsd(Server):
    name = 'NSD'
    program = 'nsd'
    limits_rate = True

    def command(self):
        d, s = self.directory.path, self.setting
        rate = HUGE_RATE if s.rate_limit else 0
        return ['nsd', '-d', '-c', self.write('conf', f"""server:
 ip-address: 127.0.0.1@{self.port}
 server-count: {s.threads}
 reuseport: yes
 username: ""
 zonesdir: "{self.path('zones')}"
 database: ""
 pidfile: "{d}/pid"
 xfrdfile: "{d}/xfrd"
 xfrdir: "{d}"
 zonelistfile: "{d}/list"
 logfile: "{d}/log"
 zonefiles-check: no
 zonefiles-write: 0
 minimal-responses: yes
 tcp-query-count: 0
 rrl-ratelimit: {rate}
 rrl-whitelist-ratelimit: {rate}
remote-control:
 control-enable: no
""" + self.zones('zone:\n name: "{0}"\n zonefile: "{0}"\n'))]


class Knot(Server):
    name = 'Knot DNS'
    program = 'knotd'
    limits_rate = True

    def command(self):
        d, s = self.directory.path, self.setting
        limit = (f'mod-rrl:\n  - id: default\n    rate-limit: {HUGE_RATE}\n' if s.rate_limit else '')
        module = '    global-module: mod-rrl/default\n' if s.rate_limit else ''
        return ['knotd', '-c', self.write('conf', f"""server:
    listen: 127.0.0.1@{self.port}
    udp-workers: {s.threads}
    tcp-workers: 1
    background-workers: {s.threads}
    rundir: "{d}"
log:
  - target: stderr
    any: warning
database:
    storage: "{d}/db"
{limit}template:
  - id: default
    storage: "{self.path('zones')}"
    file: "%s"
    journal-content: none
    zonefile-sync: -1
    zonefile-load: whole
{module}zone:
""" + self.zones('  - domain: {}\n'))]


class Bind(Server):
    name = 'BIND'
    program = 'named'

    def command(self):
        return ['named', '-f', '-n', str(self.setting.threads), '-c', self.write('conf', f"""options {{
 directory "{self.path('zones')}";
 listen-on port {self.port} {{ 127.0.0.1; }};
 listen-on-v6 {{ none; }};
 recursion no; allow-query {{ any; }};
 minimal-responses yes;
 dnssec-validation no; notify no; empty-zones-enable no;
 zone-statistics none; querylog no;
 pid-file none; session-keyfile none; lock-file none;
}};
controls {{ }};
logging {{ category default {{ null; }}; }};
""" + self.zones('zone "{0}" {{ type primary; file "{0}"; }};\n'))]


class Gdnsd(Server):
    name = 'gdnsd'
    program = 'gdnsd'

    def command(self):
        os.symlink(self.path('zones'), self.directory / 'zones')
        d = self.directory.path
        self.write('config', f"""options => {{
 listen => [ 127.0.0.1:{self.port} ]
 udp_threads => {self.setting.threads}
 tcp_threads => 1
 run_dir => {d}
 state_dir => {d}
}}
""")
        return ['gdnsd', '-c', d, 'start']


class PowerDns(Server):
    """Debian's defaults; Tuned: caches of a minute that hold everything."""
    name = 'PowerDNS'
    program = 'pdns_server'
    needs = 'database'
    more = ''

    def command(self):
        s = self.setting
        self.write('pdns.conf', f"""launch=gmysql
gmysql-socket={s.database.socket}
gmysql-dbname=pdns_{s.tag}
gmysql-user={USER}
gmysql-password={PASSWORD}
local-address=127.0.0.1
local-port={self.port}
socket-dir={self.directory.path}
daemon=no
guardian=no
disable-syslog=yes
loglevel=3
{self.more.format(threads=s.threads)}""")
        return ['pdns_server', '--config-dir=' + self.directory.path]


class PowerDnsTuned(PowerDns):
    name = 'PowerDNS tuned'
    more = """receiver-threads={threads}
distributor-threads=1
reuseport=yes
cache-ttl=60
query-cache-ttl=60
negquery-cache-ttl=60
max-cache-entries=5000000
max-packet-cache-entries=5000000
"""


ALL = [Floor, Ours, Gdnsd, Nsd, Knot, Bind, PowerDns, PowerDnsTuned]
