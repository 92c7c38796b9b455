# TTLs: raised to soa.minimum unless ignore-minimum, lowest of the set, never above 2^31-1.
soa 1 example.com. ns hm 1 2 3 4 1800 3600
soa 2 example.net. ns hm 1 2 3 4 60 3600
rr 1 1 low A 0 60 192.0.2.1
rr 2 1 zero A 0 0 192.0.2.2
rr 3 1 high A 0 7200 192.0.2.3
rr 4 1 cross CNAME 0 60 low.example.net.
rr 5 2 low A 0 90 192.0.2.4
rr 6 1 - MX 10 60 low
query low.example.com. A
    NOERROR aa
    answer low.example.com. 1800 A 192.0.2.1
query zero.example.com. A
    NOERROR aa
    answer zero.example.com. 1800 A 192.0.2.2
query high.example.com. A
    NOERROR aa
    answer high.example.com. 7200 A 192.0.2.3
# each zone by its own minimum
query cross.example.com. A
    NOERROR aa
    answer cross.example.com. 1800 CNAME low.example.net.
    answer low.example.net. 90 A 192.0.2.4
query example.com. MX
    NOERROR aa
    answer example.com. 1800 MX 10 low.example.com.
    additional low.example.com. 1800 A 192.0.2.1
query nothere.example.com. A
    NXDOMAIN aa
    authority example.com. 1800 SOA ns.example.com. hm.example.com. 1 2 3 4 1800
option ignore-minimum yes
query low.example.com. A
    NOERROR aa
    answer low.example.com. 60 A 192.0.2.1
query zero.example.com. A
    NOERROR aa
    answer zero.example.com. 0 A 192.0.2.2

# the SOA's own TTL is raised as well (mydns-compat 1.6)
new
soa 1 example.com. ns hm 1 2 3 4 3600 60
query example.com. SOA
    NOERROR aa
    answer example.com. 3600 SOA ns.example.com. hm.example.com. 1 2 3 4 3600

# the lowest of an RRset holds for all of it (RFC 2181, 5.2); at most 2^31-1 (RFC 2181, 8)
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 4294967295 4294967295
rr 1 1 mixed A 0 300 192.0.2.1
rr 2 1 mixed A 0 60 192.0.2.2
rr 3 1 mixed A 0 600 192.0.2.3
rr 4 1 dup A 0 300 192.0.2.1
rr 5 1 dup A 0 30 192.0.2.1
rr 6 1 huge A 0 4294967295 192.0.2.1
rr 7 1 huge2 A 0 2147483648 192.0.2.1
rr 8 1 most A 0 2147483647 192.0.2.1
rr 9 1 first A 0 4294967295 192.0.2.1
rr 10 1 first A 0 5 192.0.2.2
rr 11 1 last A 0 5 192.0.2.1
rr 12 1 last A 0 4294967295 192.0.2.2
rr 13 1 two CNAME 0 300 mixed
rr 14 1 two CNAME 0 30 huge
rr 15 1 mx MX 10 4294967295 mixed
rr 16 1 mx MX 20 7 mixed
query mixed.example.com. A
    NOERROR aa
    answer mixed.example.com. 60 A 192.0.2.1
    answer mixed.example.com. 60 A 192.0.2.2
    answer mixed.example.com. 60 A 192.0.2.3
query dup.example.com. A
    NOERROR aa
    answer dup.example.com. 30 A 192.0.2.1
query huge.example.com. A
    NOERROR aa
    answer huge.example.com. 2147483647 A 192.0.2.1
query huge2.example.com. A
    NOERROR aa
    answer huge2.example.com. 2147483647 A 192.0.2.1
query most.example.com. A
    NOERROR aa
    answer most.example.com. 2147483647 A 192.0.2.1
query first.example.com. A
    NOERROR aa
    answer first.example.com. 5 A 192.0.2.1
    answer first.example.com. 5 A 192.0.2.2
query last.example.com. A
    NOERROR aa
    answer last.example.com. 5 A 192.0.2.1
    answer last.example.com. 5 A 192.0.2.2
query mx.example.com. MX
    NOERROR aa
    answer mx.example.com. 7 MX 10 mixed.example.com.
    answer mx.example.com. 7 MX 20 mixed.example.com.
    count additional 3
query two.example.com. CNAME
    NOERROR aa
    answer two.example.com. 300 CNAME mixed.example.com.
query nothere.example.com. A
    NXDOMAIN aa
    authority example.com. 2147483647 SOA ns.example.com. hm.example.com. 1 2 3 4 4294967295
query example.com. SOA
    NOERROR aa
    answer example.com. 2147483647 SOA ns.example.com. hm.example.com. 1 2 3 4 4294967295
