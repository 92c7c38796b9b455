"""MyDNS's utilities run at a database, and a zone with a record of nearly every kind."""
import collections
import subprocess

import dns.rdatatype
import dns.zone

from support.server import SANITIZER, program
from support.wait import TemporaryDirectory

Result = collections.namedtuple('Result', 'code out err')
ROWS = [('', 'NS', 'ns1'), ('', 'MX', 'mail', 10), ('ns1', 'A', '192.0.2.53'),
        ('mail.example.com.', 'A', '192.0.2.25'), ('www', 'CNAME', 'ns1', 0, 600),
        ('', 'TXT', 'he said "hi"; \\'), ('long', 'TXT', 'x' * 600), ('@', 'A', '192.0.2.7'),
        ('_sip._tcp', 'SRV', '5 5060 mail', 20), ('six', 'AAAA', '2001:db8::1'),
        ('n', 'NAPTR', '10 20 s SIP+D2U "" _sip._udp.example.com.'), ('h', 'HINFO', 'PC'),
        ('caa', 'CAA', '0 issue "ca.example; x=1"'), ('any', 'TYPE65500', r'\# 2 abcd'),
        ('r', 'RP', 'joe'), ('*.w', 'A', '192.0.2.9'), ('sub', 'NS', 'ns.sub'),
        ('svc', 'HTTPS', '1 . alpn=h2')]


class Utilities:
    """utilities(database, ...) gives run('mydnsexport', ...), with a mydns.conf that leads there."""

    def __init__(self):
        self.directory = TemporaryDirectory('utilities')
        self.count = 0

    def __call__(self, database, **options):
        self.count += 1
        conf = self.directory / f'mydns{self.count}.conf'
        with open(conf, 'w', encoding='utf-8') as file:
            for name, value in {**database.conf(), 'soa-table': database.soa_table,
                                'rr-table': database.rr_table, **options}.items():
                file.write(f'{name} = {value}\n')

        def run(name, *words):
            result = subprocess.run([program(name), '--conf=' + conf, *words],
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                    timeout=60, check=False)
            assert not SANITIZER.search(result.stderr), result.stderr
            return Result(result.returncode, result.stdout, result.stderr)
        return run

    def remove(self):
        self.directory.remove()


def records(text, origin='example.com.'):
    """The records of a zone file."""
    zone = dns.zone.from_text(text, origin=origin, relativize=False)
    return {(str(name), dns.rdatatype.to_text(data.rdtype), data.to_text(), ttl)
            for name, ttl, data in zone.iterate_rdatas()}
