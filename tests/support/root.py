"""Marks of tests that only root can run."""

import os

import pytest

looks_into_processes = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root may look into processes that others of their user may not read"
)
gives_files_away = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to another user")
