"""The data of the freshness bench, and its changes as SQL, in MyDNS's tables and in PowerDNS's.

Zones z1.test. to zN.test. have 10 rows each: NS, its address, and the names h1 to h4 with two addresses
each (10.a.b.c and 11.a.b.c). The zone big.test. is the same with as many names as it takes. A change takes
a zone (of the big one: a name) that no change has touched before; both addresses change in one transaction.
"""
PDNS_SCHEMA = '/usr/share/pdns-backend-mysql/schema/schema.mysql.sql'
KINDS = ('changed', 'added', 'deleted', 'serial', 'changed+serial', 'zone added', 'zone deleted')
SOA = '28800 7200 604800 300'
BIG = 'big.test.'
FILL_SEC = 900


def addresses(value):
    """The two addresses of VALUE, a number of three octets."""
    tail = f'{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}'
    return f'10.{tail}', f'11.{tail}'


class Tables:
    """What is the same for both: which zone, which name, what is expected."""

    def __init__(self, database, zones, names):
        self.database, self.zones, self.names = database, zones, names
        self.zone_next, self.name_next, self.value, self.serial = 1, 10, 0, 1

    def run(self, text):
        self.database.instance.sql(text, self.database.name, seconds=FILL_SEC)

    def change(self, kind, big):
        """The next change as a line for freshness_ask. In a BIG zone nothing but zones is added."""
        self.value += 1
        number, name = self.zones + 1, 'h1'
        if big and not kind.startswith('zone'):
            origin, name = BIG, f'h{self.name_next}'
            self.name_next += 1
            assert self.name_next <= self.names
        elif kind == 'zone added':
            origin = f'new{self.value}.test.'
        else:
            number = self.zone_next
            origin = f'z{number}.test.'
            self.zone_next += 1
            assert number <= self.zones
        old, new = ','.join(addresses(0)), ','.join(addresses(self.value))
        question = f'{name}.{origin}', 'A'
        statements = []
        if kind.startswith('changed'):
            statements = [self.change_rows(number, origin, name)]
        if kind == 'changed+serial':
            statements.append(self.raise_serial(number, origin))
        if kind == 'serial':
            question = origin, 'SOA'
            serial = self.serial if big else 1
            self.serial += 1 if big else 0
            old, new = str(serial), str(serial + 1)
            statements = [self.raise_serial(number, origin)]
        if kind == 'added':
            old = 'NXDOMAIN'
            question = f'n{self.value}.{origin}', 'A'
            statements = [self.add_rows(str(number), origin, f'n{self.value}')]
        if kind == 'deleted':
            new = 'NXDOMAIN'
            statements = [self.delete_rows(number, origin, name)]
        if kind == 'zone added':
            old = 'REFUSED'
            statements = self.add_zone(origin)
        if kind == 'zone deleted':
            new = 'REFUSED'
            statements = self.delete_zone(number)
        return '\t'.join([kind, *question, old, new, 'BEGIN', *statements, 'COMMIT']) + '\n'

    def changes(self, kinds, count, big):
        """COUNT changes of each of KINDS, one kind after the other."""
        self.serial = self.read_serial()
        return ''.join(self.change(kind, big) for kind in kinds for _ in range(count))


class MyDns(Tables):
    def fill(self):
        """The rows. Nothing of it stands in the binary log."""
        def names(zones, count):
            return f"""
                INSERT INTO rr (zone, name, type, data, aux, ttl)
                SELECT z.seq, '', 'NS', 'ns1', 0, 3600 FROM {zones} z
                UNION ALL SELECT z.seq, 'ns1', 'A', '192.0.2.1', 0, 3600 FROM {zones} z;
                INSERT INTO rr (zone, name, type, data, aux, ttl)
                SELECT z.seq, CONCAT('h', n.seq), 'A', CONCAT(10 + k.seq, '.0.0.0'), 0, 3600
                FROM {zones} z JOIN seq_1_to_{count} n JOIN seq_0_to_1 k;"""
        big = self.zones + 1
        self.run(f"""
            SET sql_log_bin = 0;
            INSERT INTO soa (id, origin, ns, mbox, serial, minimum, ttl)
            SELECT seq, CONCAT('z', seq, '.test.'), '', '', 1, 300, 3600
            FROM seq_1_to_{self.zones};
            INSERT INTO soa (id, origin, ns, mbox, serial, minimum, ttl)
            VALUES ({big}, '{BIG}', '', '', 1, 300, 3600);
            {names(f'seq_1_to_{self.zones}', 4)}
            {names(f'seq_{big}_to_{big}', self.names)}
            ANALYZE TABLE soa, rr;""")

    def change_rows(self, zone, _, name):
        data = addresses(self.value)[0][3:]
        return (f"UPDATE rr SET data = CONCAT(SUBSTRING(data, 1, 3), '{data}')"
                f" WHERE zone = {zone} AND name = '{name}' AND type = 'A'")

    def raise_serial(self, zone, _):
        return f'UPDATE soa SET serial = serial + 1 WHERE id = {zone}'

    def read_serial(self):
        return int(self.database.sql(f'SELECT serial FROM soa WHERE id = {self.zones + 1}')[0][0])

    def add_rows(self, zone, _, name):
        values = ', '.join(f"({zone}, '{name}', 'A', '{a}', 0, 3600)" for a in addresses(self.value))
        return f'INSERT INTO rr (zone, name, type, data, aux, ttl) VALUES {values}'

    def delete_rows(self, zone, _, name):
        return f"DELETE FROM rr WHERE zone = {zone} AND name = '{name}'"

    def add_zone(self, origin):
        return [f"INSERT INTO soa (origin, ns, mbox, minimum, ttl) VALUES ('{origin}', '', '', 300, 60)",
                'SET @zone = LAST_INSERT_ID()',
                'INSERT INTO rr (zone, name, type, data, aux, ttl)'
                " VALUES (@zone, '', 'NS', 'ns1', 0, 60), (@zone, 'ns1', 'A', '192.0.2.1', 0, 60)",
                self.add_rows('@zone', origin, 'h1')]

    def delete_zone(self, zone):
        return [f'DELETE FROM rr WHERE zone = {zone}', f'DELETE FROM soa WHERE id = {zone}']


class PowerDns(Tables):
    COLUMNS = 'domain_id, name, type, content, ttl, prio, auth'

    def fill(self):
        def names(zones, count):
            apex = "TRIM(TRAILING '.' FROM IF(z.seq > {0}, '{1}', CONCAT('z', z.seq, '.test.')))" \
                .format(self.zones, BIG)
            return f"""
                INSERT INTO domains (id, name, type) SELECT z.seq, {apex}, 'NATIVE' FROM {zones} z;
                INSERT INTO records ({self.COLUMNS})
                SELECT z.seq, {apex}, 'SOA', CONCAT('ns1.', {apex}, ' hostmaster.', {apex},
                                                    ' 1 {SOA}'), 3600, 0, 1 FROM {zones} z
                UNION ALL SELECT z.seq, {apex}, 'NS', CONCAT('ns1.', {apex}), 3600, 0, 1
                FROM {zones} z
                UNION ALL SELECT z.seq, CONCAT('ns1.', {apex}), 'A', '192.0.2.1', 3600, 0, 1
                FROM {zones} z;
                INSERT INTO records ({self.COLUMNS})
                SELECT z.seq, CONCAT('h', n.seq, '.', {apex}), 'A',
                       CONCAT(10 + k.seq, '.0.0.0'), 3600, 0, 1
                FROM {zones} z JOIN seq_1_to_{count} n JOIN seq_0_to_1 k;"""
        big = self.zones + 1
        self.run(f"""
            SET sql_log_bin = 0;
            SOURCE {PDNS_SCHEMA}
            {names(f'seq_1_to_{self.zones}', 4)}
            {names(f'seq_{big}_to_{big}', self.names)}
            ANALYZE TABLE domains, records;""")

    def change_rows(self, _, origin, name):
        data = addresses(self.value)[0][3:]
        return (f"UPDATE records SET content = CONCAT(SUBSTRING(content, 1, 3), '{data}')"
                f" WHERE name = '{name}.{origin[:-1]}' AND type = 'A'")

    def raise_serial(self, _, origin):
        third = "SUBSTRING_INDEX(SUBSTRING_INDEX(content, ' ', 3), ' ', -1)"
        return (f"UPDATE records SET content = CONCAT(SUBSTRING_INDEX(content, ' ', 2), ' ',"
                f" {third} + 1, ' {SOA}') WHERE name = '{origin[:-1]}' AND type = 'SOA'")

    def read_serial(self):
        content = self.database.sql("SELECT content FROM records"
                                    f" WHERE name = '{BIG[:-1]}' AND type = 'SOA'")[0][0]
        return int(content.split()[2])

    def add_rows(self, zone, origin, name):
        values = ', '.join(f"({zone}, '{name}.{origin[:-1]}', 'A', '{a}', 60, 0, 1)"
                           for a in addresses(self.value))
        return f'INSERT INTO records ({self.COLUMNS}) VALUES {values}'

    def delete_rows(self, _, origin, name):
        return f"DELETE FROM records WHERE name = '{name}.{origin[:-1]}'"

    def add_zone(self, origin):
        apex = origin[:-1]
        return [f"INSERT INTO domains (name, type) VALUES ('{apex}', 'NATIVE')",
                'SET @zone = LAST_INSERT_ID()',
                f"INSERT INTO records ({self.COLUMNS}) VALUES (@zone, '{apex}', 'SOA',"
                f" 'ns1.{apex} hostmaster.{apex} 1 {SOA}', 60, 0, 1),"
                f" (@zone, '{apex}', 'NS', 'ns1.{apex}', 60, 0, 1),"
                f" (@zone, 'ns1.{apex}', 'A', '192.0.2.1', 60, 0, 1)",
                self.add_rows('@zone', origin, 'h1')]

    def delete_zone(self, zone):
        return [f'DELETE FROM records WHERE domain_id = {zone}',
                f'DELETE FROM domains WHERE id = {zone}']
