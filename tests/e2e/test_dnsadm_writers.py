"""Several that write the same domains at once: dnsadm beside itself, dnsadm beside a panel."""
from concurrent.futures import ThreadPoolExecutor
import json

import pytest

from support.wait import wait_until
from test_dnsadm import new_admin, one_day      # noqa: F401  (fixtures)


@pytest.mark.parametrize('layout', ['own', 'mydns-1.1'])    # MyISAM locks no rows
def test_writers_at_once(new_admin, layout):
    admin = new_admin(layout)
    admin('add-domain', 'busy.example')
    serial = admin.serial('busy.example.')
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda i: admin('add-record', 'busy.example', f'h{i}', 'A',
                                                f'192.0.2.{i}'), range(12)))
    assert [r.code for r in results] == [0] * 12
    assert admin.serial('busy.example.') == serial + 12
    with ThreadPoolExecutor(4) as pool:     # one CNAME wins, whoever comes first
        results = list(pool.map(lambda i: admin('add-record', 'busy.example', 'one', 'CNAME',
                                                f't{i}'), range(4)))
    assert sorted(r.code for r in results) == [0, 5, 5, 5]


# A panel that takes the locks the other way round: the records, then, as soon as somebody waits for
# those, the zone. InnoDB ends the one who has written less. INNODB_TRX is made anew only when
# nobody has read it for a tenth of a second.
PANEL = """DELIMITER //
BEGIN NOT ATOMIC
START TRANSACTION;
DELETE FROM rr WHERE name <> 'keep';
DO GET_LOCK(DATABASE(), 0);
REPEAT DO SLEEP(0.2);
UNTIL EXISTS (SELECT * FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT') END REPEAT;
UPDATE soa SET serial = serial + 1;
COMMIT;
END//"""


@pytest.mark.parametrize('words', [('add-record', 'dead.example', 'new', 'A', '192.0.2.7'),
                                   ('remove-record', 'dead.example', 'keep', 'A')])
def test_a_deadlock_is_not_the_end(new_admin, words):
    admin = new_admin()
    admin('add-domain', 'dead.example')
    admin('add-record', 'dead.example', 'keep', 'A', '192.0.2.1')
    serial = admin.serial('dead.example.')
    with ThreadPoolExecutor(1) as pool:
        panel = pool.submit(admin.sql, PANEL)
        wait_until(lambda: admin.sql('SELECT IS_USED_LOCK(DATABASE()) > 0') == [('1',)])
        result = admin(*words)
        panel.result()
    assert result.code == 0, result
    assert admin.serial('dead.example.') == serial + 2
    assert [row[0] for row in admin.rows('dead.example.')] == (
        ['keep', 'new'] if words[0] == 'add-record' else [])


def test_what_was_begun_anew_is_told_once(new_admin):
    admin = new_admin()
    admin('add-domain', 'dead.example')
    with ThreadPoolExecutor(1) as pool:
        panel = pool.submit(admin.sql, PANEL)
        wait_until(lambda: admin.sql('SELECT IS_USED_LOCK(DATABASE()) > 0') == [('1',)])
        serial = admin.serial('dead.example.')
        result = admin('remove-domain', '--json', 'dead.example')
        panel.result()
    assert result.code == 0, result
    shown, = json.loads(result.out)
    assert shown['type'] == 'SOA' and shown['data'].split()[2] == str(serial + 1)
    assert admin.lines('list-domains') == []


@pytest.mark.parametrize('layout', ['own', 'ispconfig'])
def test_the_same_domains_from_two_hands(new_admin, layout):
    admin = new_admin(layout)
    names = [f'two{i}.example' for i in range(3000)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(
            lambda some: admin('add-domain', '--if-not-exists', '-', stdin='\n'.join(some)),
            [names, names[::-1]]))
    assert [r.code for r in results] == [0, 0], results
    soa, rr = admin.tables
    assert admin.sql(f'SELECT COUNT(*), COUNT(DISTINCT origin) FROM {soa}') == [('3000', '3000')]
    assert admin.sql(f'SELECT COUNT(*), COUNT(DISTINCT zone) FROM {rr}') == [('15000', '3000')]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(
            lambda some: admin('remove-domain', '--if-exists', '-', stdin='\n'.join(some)),
            [names, names[::-1]]))
    assert [r.code for r in results] == [0, 0], results
    assert admin.sql(f'SELECT COUNT(*) FROM {rr}') == [('0',)]
