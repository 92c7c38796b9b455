"""cmake --install: what lies where."""
import os
import subprocess

FILES = {
    'bin/dnsadm',
    'bin/mydnscheck',
    'bin/mydnsexport',
    'bin/mydnsimport',
    'bin/mydnsptrconvert',
    'lib/systemd/system/mydns.service',
    'sbin/mydns',
    'share/doc/mydns/accounts.sql',
    'share/doc/mydns/mydns.conf',
    'share/doc/mydns/schema.sql',
    'share/man/man5/mydns.conf.5',
    'share/man/man8/dnsadm.8',
    'share/man/man8/mydns.8',
    'share/man/man8/mydnscheck.8',
    'share/man/man8/mydnsexport.8',
    'share/man/man8/mydnsimport.8',
    'share/man/man8/mydnsptrconvert.8',
}


def test_list_of_files(tmp_path):
    subprocess.run(['cmake', '--install', os.environ['BUILD_DIR'], '--prefix', '/opt/here'],
                   env={**os.environ, 'DESTDIR': str(tmp_path)}, check=True, capture_output=True)
    top = tmp_path / 'opt/here'
    found = {str(path.relative_to(top)) for path in top.rglob('*') if not path.is_dir()}
    assert found == FILES
    for program in ('bin/dnsadm', 'bin/mydnscheck', 'bin/mydnsexport', 'sbin/mydns'):
        assert subprocess.run([top / program, '--version'], check=True, capture_output=True).stdout
    unit = (top / 'lib/systemd/system/mydns.service').read_text(encoding='ascii')
    assert '\nExecStart=/opt/here/sbin/mydns\n' in unit and '@' not in unit
