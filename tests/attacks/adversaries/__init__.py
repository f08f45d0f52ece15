"""What someone gains who reads every record and knows the code: one adversary a module."""
