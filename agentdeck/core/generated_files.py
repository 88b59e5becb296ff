"""Which files nobody writes by hand, so that a review shows them last and closed.

A repository says so itself by the attribute `linguist-generated`, also against this
table (`-linguist-generated`).
"""

from __future__ import annotations

from fnmatch import fnmatchcase

_NAMES = (
    "*.lock",
    "*.lockb",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "go.sum",
    "gradle.lockfile",
    "packages.lock.json",
    "Package.resolved",
    "*.min.js",
    "*.min.css",
    "*.js.map",
    "*.css.map",
    "*.snap",
    "*.pb.go",
    "*_pb2.py",
    "*_pb2_grpc.py",
    "*_pb2.pyi",
    "*.g.dart",
    "*.freezed.dart",
    "*.generated.*",
    "*.designer.cs",
    "*.Designer.cs",
)
_FOLDERS = frozenset(
    {
        "dist",
        "node_modules",
        "vendor",
        "third_party",
        "__generated__",
        "__snapshots__",
        ".yarn",
        "Pods",
    }
)


def is_generated(path: str, attribute: str = "unspecified") -> bool:
    """Whether a file is generated, a lock file, or another's code.

    Args:
        path: The file's path in the repository.
        attribute: What `git check-attr linguist-generated` says of it.
    """
    if attribute in ("set", "true"):
        return True
    if attribute in ("unset", "false"):
        return False
    *folders, name = path.split("/")
    if not _FOLDERS.isdisjoint(folders):
        return True
    return any(fnmatchcase(name, pattern) for pattern in _NAMES)
