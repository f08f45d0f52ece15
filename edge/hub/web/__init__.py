"""What browsers and scripts ask: the HTTP API, the page, and the certificate."""
