"""What is known of a model without loading it: where its file lies, and what its metadata say."""
