"""Folders of compiled programs. They are run, so nobody else may be able to put one there."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

DAY = 86_400  # seconds; no compilation may take longer
UNFINISHED = '.tmp'  # how the name of what a compiler still writes ends


def own_folder(name: str) -> Path:
    """The user's own folder of this name for compiled programs, made if missing, in the user's cache.

    What a killed compiler left there is removed.

    Raises OSError, whose text is the whole message, where it cannot be made, belongs to somebody else, or others may
    write or read there, or may put another folder in its place: each folder above must belong to the user or to root,
    and nobody else may write there, except in one with the sticky bit, as /tmp.
    """
    path = Path(os.path.realpath(user_cache_path('quantizers', appauthor=False)), name)
    try:
        # from the root down: inside of what is found fit, nobody else can exchange what is looked at next
        unfit = next((folder for folder in reversed(path.parents) if not _only_ours(folder, _made(folder))), None)
        found = None if unfit else _made(path)
    except OSError as error:
        raise OSError(f'no folder for compiled programs: {path}: {error.strerror}') from None
    if found is None:
        raise OSError(
            f'programs in {path} are run, so each folder above it must belong to you or to root, and nobody '
            f'else may write there; mend it, or let XDG_CACHE_HOME name a folder of your own: {unfit}'
        )
    closed = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if not closed or found.st_uid != os.geteuid():
        raise OSError(
            f'programs in this folder are run, so it must be your own, with mode 0700; remove it or mend it: {path}'
        )
    for unfinished in path.glob(f'*{UNFINISHED}'):
        with suppress(OSError):  # another process may have removed it
            if time.time() - unfinished.lstat().st_mtime > DAY:
                shutil.rmtree(unfinished) if unfinished.is_dir() else unfinished.unlink()
    return path


def _made(folder: Path) -> os.stat_result:
    """What is there, and no link is followed; a folder for the user alone where there was nothing."""
    # looked at first, since of what is there, as of the root, making it may be refused for other reasons
    with suppress(FileNotFoundError):
        return folder.lstat()
    with suppress(FileExistsError):  # another process may have made it
        folder.mkdir(mode=0o700)
    return folder.lstat()


def _only_ours(folder: Path, found: os.stat_result) -> bool:
    """Whether none but the user and root may rename what is inside."""
    # the owner of / could exchange everything; in a container without ids for the host's root it is not 0
    if found.st_uid not in (0, os.geteuid(), Path('/').stat().st_uid):
        return False
    if found.st_mode & stat.S_ISVTX:  # which leaves that to the owners
        return True
    return not found.st_mode & stat.S_IWOTH and (not found.st_mode & stat.S_IWGRP or _private(folder, found.st_gid))


def _private(folder: Path, group: int) -> bool:
    """Whether a group that may write is the user's alone.

    It is where it has the user's name and no other members: the private groups with which many systems let a umask of
    002 be as good as 022 (pam_umask). Where there is a list of access rights, these bits do not speak of the group.
    """
    import grp
    import pwd

    try:
        user, of = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    alone = (user.pw_gid, user.pw_name) == (group, of.gr_name) and not {*of.gr_mem} - {user.pw_name}
    return alone and not _has_access_list(folder)


def _has_access_list(folder: Path) -> bool:
    with suppress(OSError):  # a file system without extended attributes has no lists
        return sys.platform == 'linux' and 'system.posix_acl_access' in os.listxattr(folder)
    return False
