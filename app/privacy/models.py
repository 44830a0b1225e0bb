"""Tables of privacy: unmasking, requests, retention."""
