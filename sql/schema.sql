-- The tables that mydns serves: zones and their records, in MyDNS's shape.
--
--   mysqladmin -u root -p create mydns
--   mydns --create-tables | mysql -u root -p mydns
--
-- It may be loaded any number of times: tables that exist are left alone. The server needs none of what
-- is new here and reads tables made by MyDNS 1.1, mydns-ng or ISPConfig just as well.
--
-- : This file is what `mydns --create-tables` prints without a configuration, but for marks, and it may be
-- : loaded as it is. The options soa-table, rr-table and dbengine change names and engine. Others change
-- : columns: a line that ends in "-- if OPTION" is there if the option is set, a comment
-- : "-- if OPTION: COLUMN" becomes a line if it is ("!" = if it is not set). Both active columns are there
-- : unless use-soa-active and use-rr-active say no, since the server honours them wherever they exist.
-- :
-- What differs from MyDNS, and why:
--   InnoDB        a zone is read in one snapshot, and a change of several rows shows as a whole.
--   ascii         DNS folds the case of these letters only (RFC 4343). Under latin1 or utf8 collations
--                 "a" equals an a with accent, so that names which differ are found and refused as one.
--                 Octets beyond ASCII are written \DDD, internationalized names as xn--...
--   rr.name 255   a full name of the greatest length fits.
--   rr.data       octets, wide enough for keys of any usual size (DKIM, OPENPGPKEY).
--   rr.type       text instead of ENUM: a new type needs no ALTER, and TYPE65534 is one, too. A type that
--                 does not exist is logged and left out by the server, refused by dnsadm.
--   rr.aux        has a default, most types do not need it.

--
-- Zones
--
CREATE TABLE IF NOT EXISTS `soa` (
  id         INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, -- rr.zone refers to it
  origin     VARCHAR(255) NOT NULL,                   -- name of the zone, with final dot: example.com.
  ns         VARCHAR(255) NOT NULL,                   -- primary nameserver (empty: ns.<origin>)
  mbox       VARCHAR(255) NOT NULL,                   -- mail address, dot for @ (empty: hostmaster.<origin>)
  serial     INT UNSIGNED NOT NULL DEFAULT '1',       -- version, raised by whoever changes the zone
  refresh    INT UNSIGNED NOT NULL DEFAULT '28800',   -- seconds between a secondary's looks at serial
  retry      INT UNSIGNED NOT NULL DEFAULT '7200',    -- seconds until it tries again
  expire     INT UNSIGNED NOT NULL DEFAULT '604800',  -- seconds it may answer without having succeeded
  minimum    INT UNSIGNED NOT NULL DEFAULT '86400',   -- TTL of "no such name", least TTL (see ignore-minimum)
  ttl        INT UNSIGNED NOT NULL DEFAULT '86400',   -- TTL of the SOA record itself
  active     ENUM('Y','N') NOT NULL DEFAULT 'Y',      -- N: the zone is not served -- if use-soa-active
  -- if recursive: `recursive` ENUM('Y','N') NOT NULL DEFAULT 'N', -- MyDNS: forward questions
  -- if allow-axfr: xfer VARCHAR(255) DEFAULT NULL, -- who may transfer the zone: 192.0.2.1,198.51.100.0/24
  -- if allow-update: update_acl VARCHAR(255) DEFAULT NULL, -- who may update it, likewise
  -- if allow-update notify-enabled: also_notify VARCHAR(255) DEFAULT NULL, -- secondaries beside the NS
  UNIQUE KEY (origin)
) ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_general_ci;

--
-- Records. The key begins with zone, for loading a zone, and takes the first 640 octets of data, which
-- tells all real records apart and fits MyISAM's 1000 as well.
--
CREATE TABLE IF NOT EXISTS `rr` (
  id         INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  zone       INT UNSIGNED NOT NULL,                   -- soa.id
  name       VARCHAR(255) NOT NULL,                   -- relative to the origin ('' = itself), or with final dot
  data       VARBINARY(8192) NOT NULL,                -- names in it: relative, or with final dot
  aux        INT UNSIGNED NOT NULL DEFAULT '0',       -- MX preference, SRV priority, weight of A and AAAA
  ttl        INT UNSIGNED NOT NULL DEFAULT '86400',   -- seconds resolvers may keep it
  type       VARCHAR(16) NOT NULL,                    -- A, AAAA, ALIAS, CAA, CNAME, MX, ... TYPE65534
  -- if extended-data-support: edata BLOB(65408) DEFAULT NULL, -- continues data
  -- if extended-data-support: edatakey CHAR(32) DEFAULT NULL, -- checksum of edata
  active     ENUM('Y','N') NOT NULL DEFAULT 'Y',      -- N: it is not served -- if use-rr-active !ixfr-enabled
  -- if use-rr-active ixfr-enabled: active ENUM('Y','N','D') NOT NULL DEFAULT 'Y', -- D: deleted
  -- if ixfr-enabled: stamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, -- of the change
  -- if ixfr-enabled: serial INT UNSIGNED DEFAULT NULL, -- soa.serial of it
  UNIQUE KEY rr (zone, name, type, data(640)
    -- if extended-data-support: , edatakey
    , active                                          -- if use-rr-active
  )
) ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_general_ci;
