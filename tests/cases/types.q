# MyDNS's record types and how their columns become records (mydns-compat 1.4, 1.5).
option ignore-minimum yes
soa 1 example.com. ns1 hostmaster 2026010101 28800 7200 604800 300 3600
rr 1 1 - NS 0 3600 ns1
rr 2 1 - NS 0 3600 ns2.example.net.
rr 3 1 - A 0 300 192.0.2.1
rr 4 1 - MX 10 3600 mail
rr 5 1 - MX 20 3600 mx.example.net.
rr 6 1 ns1 A 0 3600 192.0.2.53
rr 7 1 ns1 AAAA 0 3600 2001:db8::53
rr 8 1 mail A 0 600 192.0.2.25
rr 9 1 mail AAAA 0 600 2001:db8::25
rr 10 1 www CNAME 0 3600 example.com.
rr 11 1 ftp CNAME 0 3600 www
rr 12 1 host HINFO 0 3600 "PC Intel" Linux
rr 13 1 naptr NAPTR 0 3600 100 50 "s" "http+N2L+N2C+N2R" "" www.example.com.
rr 14 1 15 PTR 0 3600 host.example.com.
rr 15 1 person RP 0 3600 joe.people txt.people
rr 16 1 _sip._tcp SRV 10 3600 60 5060 sip
rr 17 1 _sip._tcp SRV 70000 3600 0 5060 .
rr 18 1 sip A 0 3600 192.0.2.60
rr 19 1 sip AAAA 0 3600 2001:db8::60
rr 20 1 txt TXT 0 3600 v=spf1 mx -all
rr 21 1 txt TXT 0 3600 "one" "two three"
rr 22 1 full.example.com. A 0 3600 192.0.2.99
rr 23 1 alias ALIAS 0 3600 mail
rr 24 1 loop MX 0 3600 loop
rr 25 1 UPPER A 0 3600 192.0.2.98
rr 26 1 caa CAA 0 3600 0 issue "ca.example.net"
rr 27 1 odd TYPE65400 0 3600 \# 3 010203
rr 28 1 svc HTTPS 0 3600 1 sip alpn=h2,h3
rr 29 1 a.b.c TXT 0 3600 deep
badrr 30 1 bad A 0 3600 192.0.2.256
badrr 31 1 bad AAAA 0 3600 192.0.2.1
badrr 32 1 bad PTR 0 3600 host
badrr 33 1 bad FOO 0 3600 data
badrr 34 1 bad CNAME 0 3600 a..b
badrr 35 1 bad SOA 0 3600 ns. mbox. 1 2 3 4 5

query rd example.com. SOA
    NOERROR aa
    answer example.com. 3600 SOA ns1.example.com. hostmaster.example.com. 2026010101 28800 7200 604800 300
query example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns1.example.com.
    answer example.com. 3600 NS ns2.example.net.
    additional ns1.example.com. 3600 A 192.0.2.53
    additional ns1.example.com. 3600 AAAA 2001:db8::53
query example.com. A
    NOERROR aa
    answer example.com. 300 A 192.0.2.1
query example.com. MX
    NOERROR aa
    answer example.com. 3600 MX 10 mail.example.com.
    answer example.com. 3600 MX 20 mx.example.net.
    additional mail.example.com. 600 A 192.0.2.25
    additional mail.example.com. 600 AAAA 2001:db8::25
query ns1.example.com. AAAA
    NOERROR aa
    answer ns1.example.com. 3600 AAAA 2001:db8::53
query ftp.example.com. CNAME
    NOERROR aa
    answer ftp.example.com. 3600 CNAME www.example.com.
query ordered ftp.example.com. A
    NOERROR aa
    answer ftp.example.com. 3600 CNAME www.example.com.
    answer www.example.com. 3600 CNAME example.com.
    answer example.com. 300 A 192.0.2.1
query host.example.com. HINFO
    NOERROR aa
    answer host.example.com. 3600 HINFO "PC Intel" "Linux"
query naptr.example.com. NAPTR
    NOERROR aa
    answer naptr.example.com. 3600 NAPTR 100 50 "s" "http+N2L+N2C+N2R" "" www.example.com.
query 15.example.com. PTR
    NOERROR aa
    answer 15.example.com. 3600 PTR host.example.com.
query person.example.com. RP
    NOERROR aa
    answer person.example.com. 3600 RP joe.people.example.com. txt.people.example.com.
query _sip._tcp.example.com. SRV
    NOERROR aa
    answer _sip._tcp.example.com. 3600 SRV 10 60 5060 sip.example.com.
    answer _sip._tcp.example.com. 3600 SRV 65535 0 5060 .
    additional sip.example.com. 3600 A 192.0.2.60
    additional sip.example.com. 3600 AAAA 2001:db8::60
query txt.example.com. TXT
    NOERROR aa
    answer txt.example.com. 3600 TXT "v=spf1 mx -all"
    answer txt.example.com. 3600 TXT "one" "two three"
query full.example.com. A
    NOERROR aa
    answer full.example.com. 3600 A 192.0.2.99
query alias.example.com. A
    NOERROR aa
    answer alias.example.com. 600 A 192.0.2.25
query loop.example.com. MX
    NOERROR aa
    answer loop.example.com. 3600 MX 0 loop.example.com.
query upper.example.com. A
    NOERROR aa
    answer upper.example.com. 3600 A 192.0.2.98
query caa.example.com. CAA
    NOERROR aa
    answer caa.example.com. 3600 CAA 0 issue "ca.example.net"
query odd.example.com. TYPE65400
    NOERROR aa
    answer odd.example.com. 3600 TYPE65400 \# 3 010203
query svc.example.com. HTTPS
    NOERROR aa
    answer svc.example.com. 3600 HTTPS 1 sip.example.com. alpn=h2,h3
    additional sip.example.com. 3600 A 192.0.2.60
    additional sip.example.com. 3600 AAAA 2001:db8::60
query bad.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns1.example.com. hostmaster.example.com. 2026010101 28800 7200 604800 300
# a type that no row can have
query example.com. TYPE65280
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hostmaster.example.com. 2026010101 28800 7200 604800 300

# empty ns and mbox (mydns-compat 1.4); a zone without any row still has its apex
new
soa 7 empty.test. - - 1 2 3 4 300 600
query empty.test. SOA
    NOERROR aa
    answer empty.test. 600 SOA ns.empty.test. hostmaster.empty.test. 1 2 3 4 300
query empty.test. A
    NOERROR aa
    authority empty.test. 300 SOA ns.empty.test. hostmaster.empty.test. 1 2 3 4 300
query empty.test. NS
    NOERROR aa
    authority empty.test. 300 SOA ns.empty.test. hostmaster.empty.test. 1 2 3 4 300
query x.empty.test. NS
    NXDOMAIN aa
    authority empty.test. 300 SOA ns.empty.test. hostmaster.empty.test. 1 2 3 4 300

# AMTRELAY, which Debian's ldns does not read (RFC 8777)
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 amt AMTRELAY 0 3600 10 0 0 .
rr 2 1 amt AMTRELAY 0 3600 10 1 1 192.0.2.1
rr 3 1 amt AMTRELAY 0 3600 10 1 2 2001:db8::15
rr 4 1 amt AMTRELAY 0 3600 128 0 3 relay
badrr 5 1 amt AMTRELAY 0 3600 10 2 1 192.0.2.1
badrr 6 1 amt AMTRELAY 0 3600 10 0 1 relay
badrr 7 1 amt AMTRELAY 0 3600 10 0 0 192.0.2.1
badrr 8 1 amt AMTRELAY 0 3600 10 0 4 x
badrr 9 1 amt TYPE260 0 3600 \# 5 0a01c00002
badrr 10 1 amt TYPE260 0 3600 \# 2 0a03
query amt.example.com. AMTRELAY
    NOERROR aa
    answer amt.example.com. 3600 TYPE260 \# 2 0a00
    answer amt.example.com. 3600 TYPE260 \# 6 0a81c0000201
    answer amt.example.com. 3600 TYPE260 \# 18 0a8220010db8000000000000000000000015
    answer amt.example.com. 3600 TYPE260 \# 21 80030572656c6179076578616d706c6503636f6d00
