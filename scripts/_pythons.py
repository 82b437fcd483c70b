"""Which Pythons there are, and where Gleaner's library is: what the scripts about CPython share."""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLDEST, NEWEST = 11, 19
QUESTION = (
    "import sys; print('gleaner', sys.executable, '%d.%d.%d' % sys.version_info[:3], "
    "int(sys.implementation.name == 'cpython' and sys.version_info >= (3, 11) "
    "and getattr(sys, '_is_gil_enabled', lambda: True)()), sep='\\t')"
)


def library():
    """Builds the library and returns its path."""
    run = subprocess.run([str(ROOT / "scripts" / "python"), "--library"], stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        sys.exit(2)
    return run.stdout.strip()


def ask(path):
    """Returns (executable, version) of a fit Python, or None."""
    try:
        run = subprocess.run([path, "-I", "-S", "-c", QUESTION], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return None
    words = run.stdout.strip().split("\t")
    if len(words) != 4 or words[0] != "gleaner" or words[3] != "1":
        return None
    return words[1], words[2]


def of_pyenv():
    """Returns the interpreters that pyenv has, oldest first."""
    if not shutil.which("pyenv"):
        return []
    run = subprocess.run(["pyenv", "root"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if run.returncode != 0:
        return []
    return sorted(pathlib.Path(run.stdout.strip()).glob("versions/3.*/bin/python3"))


def find(wanted):
    """Returns {version: executable} for versions (3.12, 3.12.1) or paths; for none, all that can be found."""
    found = {}
    for name in wanted or ["python3.%d" % minor for minor in range(OLDEST, NEWEST + 1)] + ["python3"]:
        is_version = name[:1].isdigit()
        answer = ask("python" + name if is_version else name)
        if answer is None and is_version:
            fitting = (path for path in of_pyenv() if (path.parent.parent.name + ".").startswith(name + "."))
            answer = next(filter(None, (ask(str(path)) for path in fitting)), None)
        if answer:
            found.setdefault(answer[1], answer[0])
        elif wanted:
            sys.exit("%s: no CPython of 3.11 or newer with a global lock" % name)
    if not wanted:
        for executable, version in filter(None, (ask(str(path)) for path in of_pyenv())):
            found.setdefault(version, executable)
    return dict(sorted(found.items(), key=lambda entry: [int(part) for part in entry[0].split(".")]))


def environment(preload=None, **more):
    """Returns an environment without what would change an allocator, and with the library preloaded if given."""
    drop = ("PYTHON", "GLEANER_", "LD_PRELOAD")
    env = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    if preload:
        env["LD_PRELOAD"] = preload
    env.update(more)
    return env
