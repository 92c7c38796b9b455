-- The database accounts: one that reads, for the server, and one that writes, for dnsadm.
--
-- Put passwords where the words in capitals stand, in quotes. As long as one of them is left, the file
-- ends with a syntax error there, so that no account comes into being with a password that everyone
-- can read here:
--
--   sed -e "s/READER_PASSWORD/'first secret'/" -e "s/WRITER_PASSWORD/'second secret'/" accounts.sql |
--       mysql -u root -p
--
-- "mydns" before the dot is the database (option database), "mydns" before the @ the account. For a
-- database on another machine write that machine's view of our address instead of localhost, and ask
-- for TLS: add REQUIRE SSL. Accounts that exist are left as they are.

-- The server: /etc/mydns.conf, db-user = mydns. It needs SELECT on the tables and nothing else, and warns
-- when its account could write: whoever takes over a nameserver should not get the data as well.
CREATE USER IF NOT EXISTS mydns@localhost IDENTIFIED BY READER_PASSWORD;
GRANT SELECT ON mydns.* TO mydns@localhost;

-- dnsadm: /etc/dnsadm.conf, db-user = dnsadm, mode 0600. Panels and scripts can share it. It changes
-- rows, never tables.
CREATE USER IF NOT EXISTS dnsadm@localhost IDENTIFIED BY WRITER_PASSWORD;
GRANT SELECT, INSERT, UPDATE, DELETE ON mydns.* TO dnsadm@localhost;

-- The change feed: feed-user = mydnsfeed, wanted only where answers must follow a change within
-- milliseconds. REPLICATION SLAVE shows the changes of every database of this SQL server, not only of
-- ours, which is why it has an account of its own and is not given by default.
-- CREATE USER IF NOT EXISTS mydnsfeed@localhost IDENTIFIED BY FEED_PASSWORD;
-- GRANT SELECT ON mydns.* TO mydnsfeed@localhost;
-- GRANT REPLICATION SLAVE ON *.* TO mydnsfeed@localhost;
