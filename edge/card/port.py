"""The TCP port of the enrolment server."""

PORT = 8353
