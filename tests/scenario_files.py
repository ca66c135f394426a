"""Homes for the tests: filled with files of every kind, and looked at."""
import hashlib
import os
import pathlib
import stat


def fill_home(home):
    """Real files of every kind a home has: nested, linked, sparse, large, oddly named."""
    home = pathlib.Path(home)
    (home / "project/data/raw").mkdir(parents=True)
    (home / "user1.txt").write_text("i don't want to lose access to this file\n")
    (home / "project/model.py").write_text("print('hello')\n")
    os.chmod(home / "project/model.py", 0o750)
    (home / "project/link.py").symlink_to("model.py")
    (home / "project/dangling").symlink_to("nowhere/at all")
    os.link(home / "user1.txt", home / "project/hard-link.txt")
    with open(home / "project/data/sparse.bin", "wb") as sparse:
        sparse.seek(64 << 20)
        sparse.write(b"the end")
    (home / "project/data/raw/large.bin").write_bytes(os.urandom(8 << 20))
    (home / "odd name\twith\nnewline \u00fcml\u00e4ut.txt").write_text("odd")
    with open(os.fsencode(home) + b"/not-utf8-\xff\xfe", "wb") as odd:
        odd.write(b"bytes")
    (home / ".hidden").mkdir()
    (home / ".hidden/empty").touch()


def tree(home):
    """What a tree holds, by path: kind, mode, content; owners are looked at apart."""
    found = {}
    top = os.fsencode(home)
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                what = ("link", os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                what = ("directory", stat.S_IMODE(status.st_mode))
            else:
                with open(path, "rb") as content:
                    digest = hashlib.file_digest(content, "sha256").hexdigest()
                what = ("file", stat.S_IMODE(status.st_mode), status.st_size, digest)
            found[os.path.relpath(path, top)] = what
    return found


def owners(home):
    return {os.lstat(os.path.join(folder, name)).st_uid
            for folder, folders, files in os.walk(home) for name in folders + files}
