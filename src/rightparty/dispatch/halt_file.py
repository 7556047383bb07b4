# SPDX-License-Identifier: Apache-2.0
"""A file in the home folder that stops all dispatch of this machine, also while the store is busy or cannot be reached.

It holds nothing: that it is there says all. `halt` lays it down before it asks the store for its turn.
"""

import os
from pathlib import Path
from typing import Final

NAME: Final = "HALT"


def is_there(home: Path) -> bool:
    """Tell whether this machine is stopped by its file; a folder that cannot be looked into counts as stopped."""
    try:
        os.lstat(home / NAME)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def lay_down(home: Path) -> bool:
    """Stop this machine; return whether the file is new.

    Raises:
        OSError: the folder takes no file.
    """
    home.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(home / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except FileExistsError:
        return False
    return True


def take_away(home: Path) -> bool:
    """Let this machine go on as far as the file is concerned; return whether there was one."""
    try:
        (home / NAME).unlink()
    except FileNotFoundError:
        return False
    return True
