"""dnsadm remove-record: what is removed, and what is not."""
import json

from test_dnsadm import admin, new_admin  # noqa: F401  fixtures


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
