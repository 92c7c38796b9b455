# QTYPE=ANY: one RRset over UDP (RFC 8482, 4.1), all of them over TCP.
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 - NS 0 3600 ns
rr 2 1 - MX 10 3600 mail
rr 3 1 - A 0 3600 192.0.2.1
rr 4 1 ns A 0 3600 192.0.2.53
rr 5 1 host A 0 3600 192.0.2.2
rr 6 1 host A 0 3600 192.0.2.3
rr 7 1 host AAAA 0 3600 2001:db8::2
rr 8 1 host TXT 0 3600 text
rr 9 1 c CNAME 0 3600 host
rr 10 1 txt TXT 0 3600 only
rr 11 1 a.ent A 0 3600 192.0.2.4
rr 12 1 d DNAME 0 3600 host
query host.example.com. ANY
    NOERROR aa
    answer host.example.com. 3600 A 192.0.2.2
    answer host.example.com. 3600 A 192.0.2.3
query tcp host.example.com. ANY
    NOERROR aa
    answer host.example.com. 3600 A 192.0.2.2
    answer host.example.com. 3600 A 192.0.2.3
    answer host.example.com. 3600 AAAA 2001:db8::2
    answer host.example.com. 3600 TXT "text"
query example.com. ANY
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query tcp example.com. ANY
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 300
    answer example.com. 3600 NS ns.example.com.
    answer example.com. 3600 MX 10 mail.example.com.
    answer example.com. 3600 A 192.0.2.1
query tcp c.example.com. ANY
    NOERROR aa
    answer c.example.com. 3600 CNAME host.example.com.
query txt.example.com. ANY ANY
    NOERROR
    answer txt.example.com. 3600 TXT "only"
query tcp ent.example.com. ANY
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# a DNAME is followed, as NSD and Knot do
query tcp x.d.example.com. ANY
    NXDOMAIN aa
    answer d.example.com. 3600 DNAME host.example.com.
    answer x.d.example.com. 3600 CNAME x.host.example.com.
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query nothere.example.com. ANY
    NXDOMAIN aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# class ANY is answered as IN (mydns-compat 3.1), but never with authority; others not at all
query host.example.com. AAAA ANY
    NOERROR
    answer host.example.com. 3600 AAAA 2001:db8::2
query c.example.com. A ANY
    NOERROR
    answer c.example.com. 3600 CNAME host.example.com.
    answer host.example.com. 3600 A 192.0.2.2
    answer host.example.com. 3600 A 192.0.2.3
query nothere.example.com. A ANY
    NXDOMAIN
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query host.example.com. AAAA CH
    REFUSED
query host.example.com. AAAA NONE
    REFUSED
query version.bind. TXT CH
    REFUSED

# more than a message holds: RRsets that fit are the answer, and asking once more would not help
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rrs 1000 1 1 x A 0 600 10.0.%h.%l
rrs 250 2000 1 x TXT 0 600 %d.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
query tcp x.example.com. ANY
    NOERROR aa
    count answer 1000
query tcp x.example.com. TXT
    NOERROR aa
    count answer 250
