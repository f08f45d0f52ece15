#!/bin/sh
# mirror.sh: print the Debian mirror that apt uses here, or nothing.
apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | grep '/debian/*$' | head -n1 || true
