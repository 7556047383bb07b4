#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes .venv from the lock file with uv, which is itself installed into .bootstrap/. Needs Python 3.12 or 3.13.
set -euo pipefail
cd "$(dirname "$0")/.."

fits() { "$1" -c 'import sys, venv; sys.exit(not (3, 12) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.12 python3.13 python3 python; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null && fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    if command -v pyenv >/dev/null; then
        for candidate in "$(pyenv root)"/versions/3.12*/bin/python "$(pyenv root)"/versions/3.13*/bin/python; do
            if [ -x "$candidate" ] && fits "$candidate"; then
                echo "$candidate"
                return
            fi
        done
    fi
    echo "Python 3.12 or 3.13 with venv is needed. Install it, or name it: make PYTHON=/path/to/python3.12" >&2
    exit 1
}

python=$(find_python)
python=$("$python" -c 'import sys; print(sys.executable)')
[ -x .bootstrap/bin/uv ] || { "$python" -m venv .bootstrap && .bootstrap/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9'; }
.bootstrap/bin/uv sync --locked --quiet --python "$python"
