"""Debian's NSD and Knot DNS, run by hand on free ports: a second and a third opinion."""
import subprocess

from support.query import ask, rcode
from support.wait import TemporaryDirectory, free_port, wait_until


class Peer:
    """zones: origin (with final dot) -> text of the master file."""

    def __init__(self, zones):
        self.directory = TemporaryDirectory('mydns-peer')
        self.port = free_port()
        self.address = ('127.0.0.1', self.port)
        self.zones = zones
        for number, text in enumerate(zones.values()):
            with open(self.directory / f'zone{number}', 'w', encoding='utf-8') as file:
                file.write(text)
        self.process = None

    def configuration(self):
        raise NotImplementedError

    def command(self, conf):
        raise NotImplementedError

    def start(self):
        conf = self.directory / 'conf'
        with open(conf, 'w', encoding='utf-8') as file:
            file.write(self.configuration())
        with open(self.directory / 'log', 'wb') as log:
            self.process = subprocess.Popen(self.command(conf), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        for origin in self.zones:
            wait_until(lambda o=origin: rcode(ask(self, o, 'SOA', timeout=0.5)) == 'NOERROR', 30,
                       f'{self.command(conf)[0]} serves {origin}')
        return self

    def remove(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.directory.remove()


class Nsd(Peer):
    def command(self, conf):
        return ['nsd', '-d', '-c', conf]

    def configuration(self):
        d = self.directory.path
        text = (f'server:\n ip-address: 127.0.0.1@{self.port}\n username: ""\n zonesdir: "{d}"\n'
                f' database: ""\n pidfile: "{d}/pid"\n xfrdfile: "{d}/xfrd"\n xfrdir: "{d}"\n'
                f' zonelistfile: "{d}/list"\n logfile: "{d}/log"\n server-count: 1\n'
                ' minimal-responses: yes\n refuse-any: yes\n rrl-ratelimit: 0\n'
                'remote-control:\n control-enable: no\n')
        for number, origin in enumerate(self.zones):
            text += f'zone:\n name: "{origin}"\n zonefile: "zone{number}"\n'
        return text


class Knot(Peer):
    def command(self, conf):
        return ['knotd', '-c', conf]

    def configuration(self):
        d = self.directory.path
        text = (f'server:\n  rundir: "{d}"\n  listen: 127.0.0.1@{self.port}\n'
                '  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n'
                f'database:\n  storage: "{d}/db"\n'
                'log:\n  - target: stderr\n    any: warning\n'
                f'template:\n  - id: default\n    storage: "{d}"\n    zonefile-sync: -1\n'
                '    journal-content: none\n    semantic-checks: off\nzone:\n')
        for number, origin in enumerate(self.zones):
            text += f'  - domain: "{origin}"\n    file: "zone{number}"\n'
        return text
