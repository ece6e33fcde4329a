#!/usr/bin/env bash
# Puts the program at src/dist/cli/main.js, which definition.json names: once, before anything is measured. Needs Node 24.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# A commit, so that two runs can be compared: set it to the one that is to be measured.
ref="${STREAMGATE_REF:?a commit or tag of streamgate}"

[ -d "$here/src" ] || git clone -q https://github.com/streamgate/streamgate "$here/src"
cd "$here/src"
git fetch -q origin
git checkout -q "$ref"
npm ci --ignore-scripts --no-audit --no-fund
npm run build
chmod +x dist/cli/main.js
