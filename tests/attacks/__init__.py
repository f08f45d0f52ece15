"""What someone with bad intent tries: each attack on real processes, brokers and stores, and what it must not reach."""
