#!/bin/sh
# Debian's Chromium in the network namespace of the process that CHROMIUM_NETWORK names.
exec nsenter --target="$CHROMIUM_NETWORK" --net -- /usr/bin/chromium-headless-shell "$@"
