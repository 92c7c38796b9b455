"""The fixtures of the end-to-end tests: a MariaDB, databases in it, servers."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))

from e2e.conftest import mariadb, new_database, start_shared_server     # noqa: E402,F401
