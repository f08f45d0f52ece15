"""The built dashboard, `page/`, as it ships; its sources are in deploy/dashboard of the source tree."""
