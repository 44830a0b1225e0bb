"""Which two addresses are counted as one asker's; no two rows share a network."""

PAIRS = [
    ("10.7.0.1", "10.7.0.1", True),
    ("10.7.1.1", "10.7.1.2", False),
    ("2001:db8:7:1::1", "2001:db8:7:1:ffff:ffff:ffff:ffff", True),
    ("2001:db8:7:2::1", "2001:0DB8:7:2:0:0:0:2", True),
    ("2001:db8:7:3::1", "2001:db8:7:4::1", False),
    ("2001:db8:8::1", "2001:db8:8:0:9::", True),
    ("2001:db8:9::1", "2001:db8:9:1::1", False),
    ("::ffff:10.7.2.1", "10.7.2.1", True),
    ("::ffff:10.7.3.1", "::ffff:10.7.3.2", False),
    ("::ffff:10.7.4.1", "::FFFF:0a07:0401", True),
    ("fe80::1%eth0", "no:address", True),
]
