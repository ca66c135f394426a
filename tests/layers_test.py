#!/usr/bin/env python3
"""A layer includes only what stands above it; heavy headers stay out of headers."""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import main  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent / "src"

# Each layer and the layers it may include, as docs/design.md draws them.
BASE = {"base"}
ABOVE_APPS = BASE | {"os", "cloud", "mover", "bucket", "vault", "flow"}
KNOWS = {
    "base": BASE,
    "os": BASE | {"os"},
    "cloud": BASE | {"os", "cloud"},
    "mover": BASE | {"os", "mover"},
    "bucket": BASE | {"os", "cloud", "mover", "bucket"},
    "vault": BASE | {"os", "cloud", "mover", "vault"},
    "mount": BASE | {"os", "vault", "mount"},
    "flow": BASE | {"cloud", "flow"},
    "local": ABOVE_APPS | {"local"},
    "apps/recovery": ABOVE_APPS | {"apps/recovery"},
    "deploy": BASE | {"os", "cloud", "deploy"},
    "server": ABOVE_APPS | {"local", "apps/recovery", "server"},
    "cli": ABOVE_APPS | {"local", "apps/recovery", "deploy", "server", "mount", "cli"},
}
HEAVY = re.compile(r"<(boost/beast|boost/asio|nlohmann/json\.hpp|spdlog|toml\+\+|CLI/|openssl/|sqlite3\.h)")
# The two headers whose purpose is to bring the definition in.
HEAVY_ALLOWED = {"base/json.h"}


def layer_of(path):
    for layer in sorted(KNOWS, key=len, reverse=True):
        if path.startswith(layer + "/"):
            return layer
    return None


def violations(name, text):
    """What is wrong with the includes of the file `name` (relative to src/)."""
    found = []
    layer = layer_of(name)
    if layer is None and name != "main.cpp":
        return [f"{name}: belongs to no layer"]
    for line in text.splitlines():
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include and layer is not None:
            target = layer_of(include.group(1))
            if target is None:
                found.append(f"{name}: \"{include.group(1)}\" does not name a layer")
            elif target not in KNOWS[layer]:
                found.append(f"{name}: {layer} must not include {target} ({include.group(1)})")
            elif "/testing/" in include.group(1) and not ("/testing/" in name or name.endswith("_test.cpp")):
                found.append(f"{name}: only tests include {include.group(1)}")
        if name.endswith(".h") and name not in HEAVY_ALLOWED and re.match(r"\s*#\s*include", line) \
                and HEAVY.search(line):
            found.append(f"{name}: keep {line.strip()} out of headers")
        if name.endswith(".h") and include and include.group(1) == "base/json.h":
            found.append(f"{name}: headers include base/json_fwd.h")
    return found


class Layers(unittest.TestCase):
    def test_every_file_includes_upward_only(self):
        found, files = [], 0
        for path in sorted(ROOT.rglob("*")):
            if path.suffix in (".h", ".cpp"):
                files += 1
                found += violations(str(path.relative_to(ROOT)), path.read_text())
        self.assertGreater(files, 50)
        self.assertEqual(found, [])

    def test_the_check_sees_a_violation(self):
        self.assertTrue(violations("base/x.h", '#include "local/cloud.h"'))
        self.assertTrue(violations("apps/recovery/x.cpp", '#include "local/cloud.h"'))
        self.assertTrue(violations("mover/x.cpp", '#include "os/testing/temporary_directory.h"'))
        self.assertTrue(violations("cli/x.h", "#include <CLI/CLI.hpp>"))
        self.assertFalse(violations("local/x.cpp", '#include "flow/machine.h"'))


main()
