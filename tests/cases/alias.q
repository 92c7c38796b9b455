# ALIAS: the addresses of a hosted name under another one (mydns-compat 3.6), apex allowed.
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
soa 2 example.net. ns hm 1 2 3 4 300 3600
rr 1 1 - ALIAS 0 3600 www.example.net.
rr 2 1 - NS 0 3600 ns
rr 3 1 rel ALIAS 0 3600 host
rr 4 1 host A 0 600 192.0.2.1
rr 5 1 host A 0 600 192.0.2.2
rr 6 1 host AAAA 0 600 2001:db8::1
rr 7 2 www A 0 900 192.0.2.3
rr 8 1 chain ALIAS 0 3600 rel
rr 9 1 cname ALIAS 0 3600 tohost
rr 10 1 tohost CNAME 0 1200 host
rr 11 1 out ALIAS 0 3600 www.example.org.
rr 12 1 dangling ALIAS 0 3600 nothere
rr 13 1 loop ALIAS 0 3600 pool
rr 14 1 pool ALIAS 0 3600 loop
rr 15 1 two ALIAS 0 3600 host
rr 16 1 two ALIAS 0 3600 www.example.net.
rr 17 1 two A 0 3600 192.0.2.4
rr 18 1 two A 0 3600 192.0.2.1
rr 19 1 two AAAA 0 3600 2001:db8::4
rr 20 1 two TXT 0 3600 text
rr 21 1 toalias CNAME 0 3600 rel
rr 22 1 hidden CNAME 0 3600 host
rr 23 1 hidden A 0 3600 192.0.2.99
rr 24 1 tohidden ALIAS 0 3600 hidden
rr 25 1 sub NS 0 3600 ns.sub
rr 26 1 ns.sub A 0 3600 192.0.2.98
rr 27 1 tosub ALIAS 0 3600 ns.sub
rr 28 1 own ALIAS 0 3600 own
rr 29 1 own A 0 3600 192.0.2.5

query example.com. A
    NOERROR aa
    answer example.com. 900 A 192.0.2.3
query rel.example.com. A
    NOERROR aa
    answer rel.example.com. 600 A 192.0.2.1
    answer rel.example.com. 600 A 192.0.2.2
query rel.example.com. AAAA
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query rel.example.com. TXT
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query rel.example.com. TYPE65280
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query chain.example.com. A
    NOERROR aa
    answer chain.example.com. 600 A 192.0.2.1
    answer chain.example.com. 600 A 192.0.2.2
query cname.example.com. A
    NOERROR aa
    answer cname.example.com. 600 A 192.0.2.1
    answer cname.example.com. 600 A 192.0.2.2
query out.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query dangling.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query loop.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query own.example.com. A
    NOERROR aa
    answer own.example.com. 3600 A 192.0.2.5
# its own addresses and those behind it are one RRset
query two.example.com. A
    NOERROR aa
    answer two.example.com. 600 A 192.0.2.1
    answer two.example.com. 600 A 192.0.2.2
    answer two.example.com. 600 A 192.0.2.3
    answer two.example.com. 600 A 192.0.2.4
query two.example.com. AAAA
    NOERROR aa
    answer two.example.com. 3600 AAAA 2001:db8::4
query tcp two.example.com. ANY
    NOERROR aa
    answer two.example.com. 600 A 192.0.2.1
    answer two.example.com. 600 A 192.0.2.2
    answer two.example.com. 600 A 192.0.2.3
    answer two.example.com. 600 A 192.0.2.4
    answer two.example.com. 3600 AAAA 2001:db8::4
    answer two.example.com. 3600 TXT "text"
query tcp rel.example.com. ANY
    NOERROR aa
    answer rel.example.com. 600 A 192.0.2.1
    answer rel.example.com. 600 A 192.0.2.2
query tcp dangling.example.com. ANY
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
query toalias.example.com. A
    NOERROR aa
    answer toalias.example.com. 3600 CNAME rel.example.com.
    answer rel.example.com. 600 A 192.0.2.1
    answer rel.example.com. 600 A 192.0.2.2
# what a CNAME hides stays hidden
query tohidden.example.com. A
    NOERROR aa
    answer tohidden.example.com. 600 A 192.0.2.1
    answer tohidden.example.com. 600 A 192.0.2.2
# not ours to tell
query tosub.example.com. A
    NOERROR aa
    authority example.com. 300 SOA ns.example.com. hm.example.com. 1 2 3 4 300
option alias-aaaa yes
query two.example.com. AAAA
    NOERROR aa
    answer two.example.com. 600 AAAA 2001:db8::1
    answer two.example.com. 600 AAAA 2001:db8::4
option alias-aaaa no
unloaded 2
query example.com. A
    late 2
query two.example.com. AAAA
    NOERROR aa
    answer two.example.com. 3600 AAAA 2001:db8::4
query tcp two.example.com. ANY
    late 2

# a large one is whole or truncated
new
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 1 1 - ALIAS 0 3600 host
rrs 60 100 1 host A 0 600 192.0.2.%d
query example.com. A
    NOERROR aa tc
query edns=4096 example.com. A
    NOERROR aa
    count answer 60
