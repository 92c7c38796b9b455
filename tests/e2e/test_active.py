"""Every spelling of active, in zones and in records."""
import pytest

from support import schema
from support.query import ask, data, rcode

YES = ['Y', 'y', 'Yes', 'YES', 'T', 'true', 'A', 'Active', 'active', 'on', 'ON', '1', 'yes ']
NO = ['N', 'n', 'No', 'NO', 'F', 'false', 'I', 'Inactive', 'inactive', 'Off', 'off', '0', 'D', 'd',
      'Deleted', '2', 'no ', '']
COLUMNS = {'text': "VARCHAR(16) NULL DEFAULT 'Y'", 'octets': "VARBINARY(16) NULL DEFAULT 'Y'",
           'enum': 'ENUM(' + ','.join(f"'{v}'" for v in YES[:-1] + NO[:-2]
                                      if v in ('Y', 'Yes', 'T', 'true', 'A', 'Active', 'on', '1',
                                               'N', 'No', 'F', 'false', 'I', 'Inactive', 'Off',
                                               '0', 'D', 'Deleted', '2')) + ') NULL'}


def make(new_database, column):
    """Zones yes<i> and no<i>, and in zone rows. a record of each spelling; NULL is active."""
    database = new_database(schema.mydns_11('InnoDB') + f"""
        ALTER TABLE soa ADD active {column}; ALTER TABLE rr ADD active {column}, DROP KEY rr;""")
    rows = database.add_zone('rows.', [('', 'NS', 'ns')], active='Y')
    for kind, values in (('yes', YES + [None]), ('no', NO)):
        for i, value in enumerate(values):
            if 'ENUM' in column and (value == '' or value and f"'{value}'" not in column):
                continue
            database.add_zone(f'{kind}{i}.', [('www', 'A', f'192.0.2.{i}')], active=value)
            text = 'NULL' if value is None else f"'{value}'"
            database.sql('INSERT INTO rr (zone, name, type, data, aux, active) VALUES'
                         f" ({rows}, '{kind}{i}', 'A', '192.0.2.{i}', 0, {text})")
    database.sql("UPDATE rr SET active = 'Y' WHERE name IN ('www', '')")
    return database


@pytest.mark.parametrize('column', COLUMNS.values(), ids=COLUMNS)
def test_spellings(new_database, start_server, column):
    database = make(new_database, column)
    server = start_server(database.conf())
    names = {name for name, in database.sql("SELECT name FROM rr WHERE type = 'A'")} - {'www'}
    assert len(names) > 15
    for name in sorted(names):
        number = ''.join(c for c in name if c.isdigit())
        record, zone = ask(server, f'{name}.rows'), ask(server, f'www.{name}')
        if name.startswith('yes'):
            assert data(record) == data(zone) == [f'192.0.2.{number}'], name
        else:
            assert (rcode(record), rcode(zone)) == ('NXDOMAIN', 'REFUSED'), name


@pytest.mark.parametrize('column, yes, no', [('BIT(1)', "b'1'", "b'0'"), ('TINYINT', '1', '0'),
                                             ('BOOLEAN', 'TRUE', 'FALSE'),
                                             ("ENUM('Y','N','D')", "'Y'", "'D'")])
def test_other_columns(new_database, start_server, column, yes, no):
    database = new_database(schema.mydns_11('InnoDB') + f"""
        ALTER TABLE soa ADD active {column}; ALTER TABLE rr ADD active {column};""")
    database.add_zone('on.', [('www', 'A', '192.0.2.1'), ('off', 'A', '192.0.2.2')])
    database.add_zone('off.', [('www', 'A', '192.0.2.3')])
    database.sql(f"""UPDATE rr SET active = {yes}; UPDATE rr SET active = {no} WHERE name = 'off';
        UPDATE soa SET active = {yes}; UPDATE soa SET active = {no} WHERE origin = 'off.';""")
    server = start_server(database.conf())
    assert data(ask(server, 'www.on')) == ['192.0.2.1']
    assert rcode(ask(server, 'off.on')) == 'NXDOMAIN'
    assert rcode(ask(server, 'www.off')) == 'REFUSED'
