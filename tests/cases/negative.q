# RFC 2308, RFC 8020: what is not there, and for how long.
option ignore-minimum yes
soa 1 example.com. ns1 hm 1 2 3 4 300 3600
rr 1 1 - NS 0 3600 ns1
rr 2 1 ns1 A 0 3600 192.0.2.53
rr 3 1 a.b.c A 0 3600 192.0.2.1
rr 4 1 www A 0 3600 192.0.2.2
badrr 5 1 - DS 0 3600 1 8 2 0000000000000000000000000000000000000000000000000000000000000000

query nothere.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query x.www.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query nothere.example.com. SOA
    NXDOMAIN aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query www.example.com. AAAA
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query www.example.com. SOA
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
# empty non-terminals exist
query b.c.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query c.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query c.example.com. ANY
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query x.b.c.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
# no wildcard here: the asterisk is a name like others
query *.example.com. A
    NXDOMAIN aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
# not hosted
query example.net. A
    REFUSED
query com. NS
    REFUSED
query . NS
    REFUSED
query xexample.com. A
    REFUSED
query edns=1232 example.net. A
    REFUSED
    ede 20

# the lower of TTL and MINIMUM
new
option ignore-minimum yes
soa 1 example.com. ns1 hm 1 2 3 4 86400 60
query x.example.com. A
    NXDOMAIN aa
    authority example.com. 60 SOA ns1.example.com. hm.example.com. 1 2 3 4 86400
query example.com. SOA
    NOERROR aa
    answer example.com. 60 SOA ns1.example.com. hm.example.com. 1 2 3 4 86400
new
soa 1 example.com. ns1 hm 1 2 3 4 0 3600
query x.example.com. A
    NXDOMAIN aa
    authority example.com. 0 SOA ns1.example.com. hm.example.com. 1 2 3 4 0

# the origin list is not there yet; a name is answered once it was looked up for itself, wherever it comes from
new
option complete no
soa 1 example.com. ns1 hm 1 2 3 4 300 3600
soa 2 late.test. ns1 hm 1 2 3 4 300 3600
unloaded 2
rr 1 1 - A 0 3600 192.0.2.1
rr 2 1 to-late CNAME 0 3600 www.late.test.
rr 3 1 mail MX 10 3600 a.b
rr 4 1 a.b A 0 3600 192.0.2.2
query Example.net. A
    late example.net.
query notready edns=1232 example.net. A
    SERVFAIL
    ede 14
query looked-up edns=1232 example.net. A
    SERVFAIL
    ede 14
query example.com. A
    late example.com.
query looked-up example.com. A
    NOERROR aa
    answer example.com. 3600 A 192.0.2.1
query looked-up a.b.example.com. A
    NOERROR aa
    answer a.b.example.com. 3600 A 192.0.2.2
query looked-up mail.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
query www.late.test. A
    late www.late.test.
query looked-up www.late.test. A
    late 2
query notready edns=1232 www.late.test. A
    SERVFAIL
    ede 14
query to-late.example.com. A
    late to-late.example.com.
query looked-up to-late.example.com. A
    late 2
option complete yes
query notready to-late.example.com. A
    SERVFAIL
loaded 2
query to-late.example.com. A
    NXDOMAIN aa
    answer to-late.example.com. 3600 CNAME www.late.test.
    authority late.test. 300 SOA ns1.late.test. hm.late.test. 1 2 3 4 300
# DS at an apex is the zone above's, which is not here (RFC 4035, 3.1.4.1)
query example.com. DS
    NOERROR aa
    authority example.com. 300 SOA ns1.example.com. hm.example.com. 1 2 3 4 300
