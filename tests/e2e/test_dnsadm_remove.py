"""dnsadm remove-record and remove-domain: what is removed, and what is not."""
from concurrent.futures import ThreadPoolExecutor
import json

import pytest

from support.wait import wait_until
from test_dnsadm import admin, new_admin, one_day  # noqa: F401  fixtures


def left(admin, name, kind):
    return [f'{aux} {data}' for row, type_, data, aux, _ in admin.rows('aux.example.')
            if (row, type_) == (name, kind)]


def test_aux_is_a_condition(new_admin):
    admin = new_admin('ispconfig')      # whose key lets rows differ in aux alone
    admin('add-domain', 'aux.example')
    for word in '10', '20', '30', '40':
        assert admin('add-record', 'aux.example', '@', 'MX', word, 'mail').code == 0
    for words, aux in (([], '10'), (['mail.aux.example.'], '20'), (['30', 'mail'], '30')):
        result = admin('remove-record', 'aux.example', '@', 'MX', *words, '--aux', aux)
        assert result.code == 0 and 'removed 1 record ' in result.err, result
    assert left(admin, '', 'MX') == ['40 mail.aux.example.']
    assert admin('add-record', 'aux.example', 'w', 'A', '192.0.2.9', '--aux', '7').code == 0
    number = json.loads(admin('show', '--json', 'aux.example', 'w').out)[0]['id']
    for words, what in ((['aux.example', '@', 'MX', 'mail.aux.example.'], '"@" MX in aux.example.'),
                        (['aux.example', 'w', 'A', '192.0.2.9'], '"w" A in aux.example.'),
                        (['aux.example', 'w'], '"w" in aux.example.'),
                        (['--id', str(number)], f'--id {number}')):
        result = admin('remove-record', *words, '--aux', '5')
        assert result.code == 3 and f'no record matches {what} with aux 5\n' in result.err, result
    assert admin('remove-record', 'aux.example', 'w', 'A', '192.0.2.9', '--aux', '7').code == 0
    assert left(admin, '', 'MX') == ['40 mail.aux.example.']


def test_data_is_taken_literally_for_broken_rows_only(admin):
    admin('add-domain', 'aux.example')
    admin('add-record', 'aux.example', '@', 'MX', '20', 'mail')
    refused = admin('remove-record', 'aux.example', '@', 'MX', 'mail.aux.example.')
    assert refused.code == 3 and 'MX has the form: preference name' in refused.err, refused
    assert left(admin, '', 'MX') == ['20 mail.aux.example.']
    admin.sql("UPDATE rr SET data = 'ma il' WHERE type = 'MX'")
    assert admin('remove-record', 'aux.example', '@', 'MX', 'ma il', '--aux', '10').code == 3
    assert admin('remove-record', 'aux.example', '@', 'MX', 'ma il', '--aux', '20').code == 0


def test_an_empty_name_is_not_the_domain_itself(admin):
    admin('add-domain', 'aux.example')
    before = admin.rows('aux.example.')
    for words in (('remove-record', 'aux.example', ''), ('remove-record', 'aux.example', '', 'NS'),
                  ('remove-record', '--if-exists', 'aux.example', '', 'A', '192.0.2.1'),
                  ('add-record', 'aux.example', '', 'A', '192.0.2.2')):
        result = admin(*words)
        assert result.code == 2 and 'NAME is empty' in result.err, result
    assert admin.rows('aux.example.') == before


# Has changed rows and does not commit before somebody waits for them. INNODB_TRX is made anew only
# when nobody has read it for a tenth of a second.
PANEL = """DELIMITER //
BEGIN NOT ATOMIC
START TRANSACTION;
{};
DO GET_LOCK(DATABASE(), 0);
REPEAT DO SLEEP(0.2);
UNTIL EXISTS (SELECT * FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT') END REPEAT;
COMMIT;
END//"""


def beside_panel(admin, change, *words):
    with ThreadPoolExecutor(1) as pool:
        panel = pool.submit(admin.sql, PANEL.format(change))
        wait_until(lambda: admin.sql('SELECT IS_USED_LOCK(DATABASE()) > 0') == [('1',)])
        result = admin(*words)
        panel.result()
    return result


@pytest.mark.parametrize('words', [['aux.example', 'w', 'A', '192.0.2.1'], ['--id', '77']])
@pytest.mark.parametrize('change', ["UPDATE rr SET data = '192.0.2.99' WHERE id = 77",
                                    'DELETE FROM rr WHERE id = 77',
                                    'UPDATE rr SET zone = zone + 1 WHERE id = 77'])
def test_what_a_panel_has_just_written_is_not_removed(new_admin, change, words):
    """Asked for by its data, a row goes only while it has them; asked for by its id, as it is then."""
    admin = new_admin()
    admin('add-domain', 'aux.example', 'next.example')
    admin.sql("INSERT INTO rr (id, zone, name, type, data) SELECT 77, id, 'w', 'A', '192.0.2.1'"
              " FROM soa WHERE origin = 'aux.example.'")
    serial = admin.serial('aux.example.')
    result = beside_panel(admin, change, 'remove-record', '--json', *words)
    rows = admin.sql('SELECT data FROM rr WHERE id = 77')
    if words[0] == '--id' and 'data' in change:
        assert result.code == 0 and json.loads(result.out)[0]['data'] == '192.0.2.99', result
        assert rows == [] and admin.serial('aux.example.') == serial + 1
        return
    moved = words[0] == '--id' and 'zone' in change
    assert result.code == (1 if moved else 3) and result.out == '', result
    assert ('row 77 was moved to another zone' if moved else 'no record matches') in result.err
    assert rows == ([] if 'DELETE' in change else
                    [('192.0.2.99' if 'data' in change else '192.0.2.1',)])
    assert admin.serial('aux.example.') == serial


def test_an_orphan_that_finds_a_zone_is_not_removed(new_admin):
    admin = new_admin()
    admin('add-domain', 'aux.example')
    admin.sql("INSERT INTO rr (id, zone, name, type, data) VALUES (77, 999, 'w', 'A', '192.0.2.1')")
    result = beside_panel(admin, 'UPDATE rr SET zone = (SELECT id FROM soa) WHERE id = 77',
                          'remove-record', '--id', '77')
    assert result.code == 1 and 'row 77 was moved to another zone' in result.err, result
    assert admin.rows('aux.example.')[-1][:3] == ('w', 'A', '192.0.2.1')


def test_only_what_was_deleted_is_told(new_admin):
    """As where rows cannot be locked: what is gone when its turn comes was not removed by us."""
    admin = new_admin()
    admin('add-domain', 'aux.example')
    admin.sql("INSERT INTO rr (id, zone, name, type, data) SELECT 76 + n, id, 'w', 'A',"
              " CONCAT('192.0.2.', n) FROM soa, (SELECT 1 n UNION SELECT 2 UNION SELECT 3) numbers;"
              " ALTER TABLE rr ADD head INT UNSIGNED NULL,"
              " ADD FOREIGN KEY (head) REFERENCES rr (id) ON DELETE CASCADE;"
              " UPDATE rr SET head = 77 WHERE id > 77")
    serial = admin.serial('aux.example.')
    result = admin('remove-record', '--json', 'aux.example', 'w', 'A')
    assert result.code == 0 and [row['id'] for row in json.loads(result.out)] == [77], result
    for row in '78', '79':
        assert f'row {row} of aux.example. was removed or moved meanwhile' in result.err, result
    assert 'removed 1 record from aux.example.' in result.err
    assert admin.serial('aux.example.') == serial + 1


def test_domains_that_stay_are_not_told(new_admin):
    """By --json: a batch that is rolled back has removed nothing."""
    admin = new_admin()
    names = [f'many{i}.example' for i in range(501)]
    admin('add-domain', '-', stdin='\n'.join(names))
    admin.sql("""DELIMITER //
        CREATE TRIGGER stay BEFORE DELETE ON soa FOR EACH ROW
        IF OLD.origin = 'many500.example.' THEN SIGNAL SQLSTATE '45000'; END IF//""")
    for words, some, told in ((['many499.example', 'many500.example'], 501, 0),
                              (names, 1, 500)):
        result = admin('remove-domain', '--json', *words)
        assert result.code == (7 if told else 1), result
        assert f'removed {told} domains' in result.err
        assert len(json.loads(result.out)) == told
        assert len(admin.lines('list-domains')) == some


def test_a_domain_that_has_two_rows(new_admin):
    admin = new_admin()
    admin('add-domain', 'a.example', 'aux.example')
    admin.sql('ALTER TABLE soa DROP KEY origin;'
              "INSERT INTO soa (id, origin, ns, mbox) VALUES (77, 'AUX.example.', 'ns.', 'm.')")
    first = admin.sql("SELECT id FROM soa WHERE origin = 'aux.example.'")[0][0]
    told = f'aux.example. is in `soa` more than once; only the row with id {first} goes\n'
    for words in ['--dry-run'], []:
        result = admin('remove-domain', *words, 'a.example', 'aux.example')
        assert result.code == 0 and result.err.count('more than once') == 1, result
        assert told in result.err
    assert admin.sql('SELECT id FROM soa') == [('77',)]
    result = admin('remove-domain', 'aux.example')
    assert (result.code, result.err) == (0, 'dnsadm: removed aux.example.\n')
