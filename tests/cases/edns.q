# Sizes, EDNS and truncation (RFC 6891, RFC 9715, RFC 2181 9).
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 - NS 0 3600 ns
rr 2 1 ns A 0 3600 192.0.2.53
rrs 28 100 1 a28 A 0 300 192.0.2.%d
rrs 29 200 1 a29 A 0 300 192.0.2.%d
rrs 30 300 1 a30 A 0 300 192.0.2.%d
rrs 70 400 1 a70 A 0 300 192.0.2.%d
rrs 400 1000 1 a400 A 0 300 10.0.%h.%l
rrs 4000 10000 1 a4000 A 0 300 10.0.%h.%l
rrs 20 500 1 mx MX 10 300 mail%d
rrs 20 600 1 mail%d A 0 300 192.0.2.%d
rrs 700 2000 1 txt TXT 0 300 text number %d, which is rather longer than it would have to be

query a28.example.com. A
    NOERROR aa
    count answer 28
    size<=512
query a29.example.com. A
    NOERROR aa
    count answer 29
    size<=512
# 33 octets of header and question, 30 records of 16: one too many
query a30.example.com. A
    NOERROR aa tc
    size<=512
query edns=512 a30.example.com. A
    NOERROR aa tc
    size<=512
    edns 1232
query edns=524 a30.example.com. A
    NOERROR aa
    count answer 30
    size<=524
query edns=523 a30.example.com. A
    NOERROR aa tc
query edns=100 a28.example.com. A
    NOERROR aa
    count answer 28
    size<=512
query edns=0 a28.example.com. A
    NOERROR aa
    count answer 28
    size<=512
query edns=1232 a70.example.com. A
    NOERROR aa
    count answer 70
query edns=65535 a400.example.com. A
    NOERROR aa tc
    size<=1232
query tcp a400.example.com. A
    NOERROR aa
    count answer 400
query tcp edns=1232 a400.example.com. A
    NOERROR aa
    count answer 400
    edns 1232
query tcp a4000.example.com. A
    NOERROR aa
    count answer 4000
query tcp txt.example.com. TXT
    NOERROR aa
    count answer 700
# additional addresses as they fit, without TC
query mx.example.com. MX
    NOERROR aa
    count answer 20
    count additional 1
    size<=512
query edns=1232 do example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns.example.com.
    additional ns.example.com. 3600 A 192.0.2.53
    edns 1232
query edns=1232 version=1 example.com. NS
    BADVERS
    edns 1232
query edns=1232 version=0 cd rd example.com. NS
    NOERROR aa
    answer example.com. 3600 NS ns.example.com.
    additional ns.example.com. 3600 A 192.0.2.53
query edns=1232 nsid example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
option nsid ns1.test
query edns=1232 nsid example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
    nsid ns1.test
query edns=1232 example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
# the room for NSID is taken off before
query edns=524 nsid a30.example.com. A
    NOERROR aa tc
    nsid ns1.test
query edns=536 nsid a30.example.com. A
    NOERROR aa
    count answer 30
    nsid ns1.test
option edns-udp-size 4096
query edns=65535 a70.example.com. A
    NOERROR aa
    count answer 70
    edns 4096
query edns=1400 a400.example.com. A
    NOERROR aa tc
    size<=1400

# by TCP, beyond what a compression pointer reaches (0x3fff): names there are written out
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rrs 900 1000 1 mx MX 10 300 mail%d.provider.example.net.
rrs 40 3000 1 mx MX 20 300 mail%d
rrs 40 4000 1 mail%d A 0 300 192.0.2.%d
rrs 40 5000 1 mail%d AAAA 0 300 2001:db8::%d
rrs 900 6000 1 many TXT 0 300 text number %d
rrs 30 8000 1 many MX 10 300 mail%d
rrs 30 8100 1 many MX 10 300 mail%d.provider.example.net.
rrs 30 8200 1 many AFSDB 0 300 1 mail%d.provider.example.net.
rrs 2000 10000 1 sub NS 0 300 ns%d.sub
rrs 70 20000 1 ns%d.sub A 0 300 192.0.2.%d
query tcp mx.example.com. MX
    NOERROR aa
    count answer 940
    count additional 80
    additional mail39.example.com. 300 A 192.0.2.39
query tcp many.example.com. ANY
    NOERROR aa
    count answer 990
query tcp x.sub.example.com. A
    NOERROR
    count authority 2000
    count additional 70

# names that end as the question does, or as each other, are in full only while there is room
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rrs 20 100 1 many PTR 0 300 host%d.Some.where.many.example.com.
rrs 13 200 1 customer NS 0 300 ns%d.customer
rrs 13 300 1 ns%d.customer A 0 300 192.0.2.%d
query exact many.example.com. PTR
    NOERROR aa
    count answer 20
    answer many.example.com. 300 PTR host19.Some.where.many.example.com.
    size<=512
query exact MANY.EXAMPLE.com. PTR
    NOERROR aa
    count answer 20
    answer MANY.EXAMPLE.com. 300 PTR host19.Some.where.many.EXAMPLE.com.
    size<=512
query www.customer.example.com. A
    NOERROR
    count authority 13
    count additional 13
    size<=512
query tcp www.customer.example.com. A
    NOERROR
    count authority 13
    count additional 13
