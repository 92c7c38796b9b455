"""
The shapes of tables that are found in the wild, written down from their documentation. Each as
text for one database.
"""
from support.server import source


def own():
    """Our own: sql/schema.sql."""
    with open(source('sql/schema.sql'), encoding='utf-8') as file:
        return file.read()


def _soa(engine, text, more=''):
    return f"""
        CREATE TABLE soa (
          id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
          origin CHAR(255) NOT NULL, ns CHAR(255) NOT NULL, mbox CHAR(255) NOT NULL,
          serial INT UNSIGNED NOT NULL DEFAULT 1, refresh INT UNSIGNED NOT NULL DEFAULT 28800,
          retry INT UNSIGNED NOT NULL DEFAULT 7200, expire INT UNSIGNED NOT NULL DEFAULT 604800,
          minimum INT UNSIGNED NOT NULL DEFAULT 86400, ttl INT UNSIGNED NOT NULL DEFAULT 86400,
          {more} UNIQUE KEY (origin)) ENGINE={engine} CHARACTER SET {text};"""


def mydns_11(engine='MyISAM', text='latin1'):
    """MyDNS 1.1.0: short text columns, type before data before aux."""
    return _soa(engine, text) + f"""
        CREATE TABLE rr (
          id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, zone INT UNSIGNED NOT NULL,
          name CHAR(64) NOT NULL,
          type ENUM('A','AAAA','ALIAS','CNAME','HINFO','MX','NAPTR','NS','PTR','RP','SRV','TXT'),
          data CHAR(128) NOT NULL, aux INT UNSIGNED NOT NULL,
          ttl INT UNSIGNED NOT NULL DEFAULT 86400,
          UNIQUE KEY rr (zone,name,type,data)) ENGINE={engine} CHARACTER SET {text};"""


def mydns_ng(engine='MyISAM', text='latin1', active=False, edata=False):
    """mydns-ng 1.2.8: octets in rr.data, optional columns as its options ask for."""
    flag = "active ENUM('Y','N') NOT NULL DEFAULT 'Y'," if active else ''
    extended = 'edata BLOB(65408) DEFAULT NULL, edatakey CHAR(32) DEFAULT NULL,' if edata else ''
    key = 'zone,name,type,data' + (',edatakey' if edata else '') + (',active' if active else '')
    return _soa(engine, text, flag) + f"""
        CREATE TABLE rr (
          id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, zone INT UNSIGNED NOT NULL,
          name CHAR(200) NOT NULL, data VARBINARY(128) NOT NULL, aux INT UNSIGNED NOT NULL,
          ttl INT UNSIGNED NOT NULL DEFAULT 86400, {extended} {flag}
          type ENUM('A','AAAA','ALIAS','CNAME','HINFO','MX','NAPTR','NS','PTR','RP','SRV','TXT'),
          UNIQUE KEY rr ({key})) ENGINE={engine} CHARACTER SET {text};"""


def _owner(extra=''):
    return f"""sys_userid INT(11) UNSIGNED NOT NULL DEFAULT 0,
        sys_groupid INT(11) UNSIGNED NOT NULL DEFAULT 0,
        sys_perm_user VARCHAR(5) NOT NULL DEFAULT '', sys_perm_group VARCHAR(5) NOT NULL DEFAULT '',
        sys_perm_other VARCHAR(5) NOT NULL DEFAULT '',
        server_id INT(11) NOT NULL DEFAULT 1, {extra}"""


def ispconfig(engine='InnoDB', text='utf8mb4'):
    """ISPConfig 3: other table names, columns of the panel, active by default N for zones."""
    return f"""
        CREATE TABLE dns_soa (
          id INT(10) UNSIGNED NOT NULL AUTO_INCREMENT, {_owner()}
          origin VARCHAR(255) NOT NULL DEFAULT '', ns VARCHAR(255) NOT NULL DEFAULT '',
          mbox VARCHAR(255) NOT NULL DEFAULT '', serial INT(11) UNSIGNED NOT NULL DEFAULT 1,
          refresh INT(11) UNSIGNED NOT NULL DEFAULT 28800,
          retry INT(11) UNSIGNED NOT NULL DEFAULT 7200,
          expire INT(11) UNSIGNED NOT NULL DEFAULT 604800,
          minimum INT(11) UNSIGNED NOT NULL DEFAULT 3600,
          ttl INT(11) UNSIGNED NOT NULL DEFAULT 3600,
          active ENUM('N','Y') NOT NULL DEFAULT 'N', xfer TEXT NULL, also_notify TEXT NULL,
          update_acl VARCHAR(255) DEFAULT NULL,
          dnssec_initialized ENUM('Y','N') NOT NULL DEFAULT 'N',
          dnssec_wanted ENUM('Y','N') NOT NULL DEFAULT 'N', dnssec_algo TEXT NULL,
          dnssec_last_signed BIGINT(20) NOT NULL DEFAULT 0, dnssec_info TEXT NULL,
          rendered_zone MEDIUMTEXT NULL,
          PRIMARY KEY (id), UNIQUE KEY origin (origin), KEY active (active)
        ) ENGINE={engine} DEFAULT CHARSET={text};
        CREATE TABLE dns_rr (
          id INT(11) UNSIGNED NOT NULL AUTO_INCREMENT, {_owner()}
          zone INT(11) UNSIGNED NOT NULL DEFAULT 0, name VARCHAR(255) NOT NULL DEFAULT '',
          type ENUM('A','AAAA','ALIAS','CNAME','DNAME','CAA','DS','HINFO','LOC','MX','NAPTR','NS',
            'PTR','RP','SRV','SSHFP','TXT','TLSA','DNSKEY') DEFAULT NULL,
          data TEXT NOT NULL, aux INT(11) UNSIGNED NOT NULL DEFAULT 0,
          ttl INT(11) UNSIGNED NOT NULL DEFAULT 3600,
          active ENUM('N','Y') NOT NULL DEFAULT 'Y',
          stamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
          serial INT(10) UNSIGNED DEFAULT NULL,
          PRIMARY KEY (id), KEY rr (zone, type, name)
        ) ENGINE={engine} DEFAULT CHARSET={text};"""


# mydns.conf as ISPConfig's installer fills it in: a comment glued to the last value, no newline.
ISPCONFIG_CONF = """\
##
##  Database
##
db-host = localhost             # SQL server hostname
db-port = 3306
db-user = {user}
db-password = {password}
database = {database}

##  General options
user = nobody                   # Run with the permissions of this user
group = nogroup
listen = *                      # Listen on these addresses
no-listen =                     # Do not listen on these addresses

##  Cache
zone-cache-size = 2048          # Maximum number of elements
zone-cache-expire = 60
reply-cache-size = 2048
reply-cache-expire = 30

##  Esoterica
log = LOG_DAEMON                # Facility to use
pidfile = {pidfile}
timeout = 120
multicpu = 1
recursive =
allow-axfr = yes
allow-tcp = yes
allow-update = no
ignore-minimum = no
soa-table = dns_soa
rr-table = dns_rr
use-soa-active = yes            # Use soa active column
use-rr-active = yes# To fix bug 295 (rows of suspended records)"""


def views():
    """Tables of another shape, seen through views with MyDNS's columns."""
    return """
        CREATE TABLE domain (
          number INT UNSIGNED NOT NULL PRIMARY KEY AUTO_INCREMENT, fqdn VARCHAR(200) NOT NULL,
          version INT UNSIGNED NOT NULL DEFAULT 1) ENGINE=InnoDB CHARACTER SET utf8mb4;
        CREATE TABLE entry (
          number INT UNSIGNED NOT NULL PRIMARY KEY AUTO_INCREMENT, domain INT UNSIGNED NOT NULL,
          label VARCHAR(200) NOT NULL, kind VARCHAR(10) NOT NULL, value VARCHAR(400) NOT NULL,
          KEY (domain)) ENGINE=InnoDB CHARACTER SET utf8mb4;
        CREATE VIEW soa AS SELECT number AS id, CONCAT(fqdn, '.') AS origin,
          'ns1.example.com.' AS ns, 'hostmaster.example.com.' AS mbox, version AS serial,
          28800 AS refresh, 7200 AS retry, 604800 AS expire, 300 AS minimum, 3600 AS ttl
          FROM domain;
        CREATE VIEW rr AS SELECT number AS id, domain AS zone, label AS name, kind AS type,
          value AS data, 0 AS aux, 3600 AS ttl FROM entry;"""
