# Rows that say the same are one record; of CNAMEs the lowest id (design 5).
option ignore-minimum yes
soa 1 example.com. ns hm 1 2 3 4 300 3600
rr 9 1 a A 10 3600 192.0.2.1
rr 8 1 a A 0 3600 192.0.2.1
rr 7 1 A.example.com. A 5 3600 192.0.2.1
rr 6 1 a A 0 3600 192.0.2.2
rr 10 1 mx MX 10 3600 mail
rr 11 1 mx MX 10 3600 MAIL.example.com.
rr 12 1 mx MX 20 3600 mail
rr 13 1 mx MX 10 3600 mail.example.net.
rr 14 1 mx MX 10 3600 Mail.Example.Net.
rr 22 1 c CNAME 0 3600 second
rr 21 1 c CNAME 0 3600 first
rr 23 1 c CNAME 0 3600 third
rr 30 1 txt TXT 0 3600 same
rr 31 1 txt TXT 0 3600 SAME
rr 32 1 txt TXT 0 3600 same
rr 40 1 aaaa AAAA 0 3600 2001:db8::1
rr 41 1 aaaa AAAA 0 3600 2001:DB8:0:0::1
rr 50 1 svc SVCB 0 3600 1 a.example.com. key65300="x"
rr 51 1 svc SVCB 0 3600 1 A.example.com. key65300="X"
rr 60 1 srv SRV 0 3600 1 2 HOST
rr 61 1 srv SRV 0 3600 1 2 host
rr 70 1 rp RP 0 3600 a b
rr 71 1 rp RP 0 3600 A B
query a.example.com. A
    NOERROR aa
    answer a.example.com. 3600 A 192.0.2.1
    answer a.example.com. 3600 A 192.0.2.2
query mx.example.com. MX
    NOERROR aa
    answer mx.example.com. 3600 MX 10 mail.example.com.
    answer mx.example.com. 3600 MX 20 mail.example.com.
    answer mx.example.com. 3600 MX 10 mail.example.net.
query c.example.com. CNAME
    NOERROR aa
    answer c.example.com. 3600 CNAME first.example.com.
query exact txt.example.com. TXT
    NOERROR aa
    answer txt.example.com. 3600 TXT "same"
    answer txt.example.com. 3600 TXT "SAME"
query aaaa.example.com. AAAA
    NOERROR aa
    answer aaaa.example.com. 3600 AAAA 2001:db8::1
# names compare without case, what stands behind them octet by octet
query svc.example.com. SVCB
    NOERROR aa
    count answer 2
    count additional 2
query srv.example.com. SRV
    NOERROR aa
    count answer 1
query rp.example.com. RP
    NOERROR aa
    count answer 1
