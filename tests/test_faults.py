"""Unlucky machines: kills, full disks, closed pipes, odd names; as processes, the way users run it.

Every failure is one line on stderr and an exit code, and leaves what was there before.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools import require_tool

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
COMMAND = [sys.executable, "-m", "lutgen"]
TEMPORARY = ".lutgen-tmp"


def lutgen(*words: str | bytes, **options) -> subprocess.CompletedProcess:
    """Run lutgen as a process of its own, to its end."""
    given = {"env": ENVIRONMENT, "capture_output": True, "timeout": 120, **options}
    return subprocess.run([*COMMAND, *words], check=False, **given)


def error_of(found: subprocess.CompletedProcess, code: int = 1) -> str:
    """Return the one line that a failed run left on stderr."""
    said = found.stderr.decode("utf-8")
    assert found.returncode == code, said
    assert re.fullmatch(r"error: [^\n]+\n", said), said
    assert found.stdout == b""
    return said


def files(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder, those of failed runs included."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest(folder: Path, rounding: str, bits: int = 10) -> None:
    """Write a manifest of a few tables that differ in every byte that matters by rounding."""
    text = f'[defaults]\nrounding = "{rounding}"\nbits = {bits}\nmethod = "lut"\n'
    text += 'target = ["c", "json"]\n'
    tables = (f'[[table]]\nfunction = "{name}"\n' for name in ("gelu", "tanh", "elu", "silu"))
    (folder / "lutgen.toml").write_text(text + "".join(tables))


# Kills and signals


@pytest.fixture(scope="module")
def versions(tmp_path_factory) -> list[tuple[str, dict[str, bytes]]]:
    """Return two roundings, each with the files that a build gives."""
    found = []
    for rounding in ("half-even", "floor"):
        folder = tmp_path_factory.mktemp("version")
        manifest(folder, rounding)
        assert lutgen("build", "-q", cwd=folder).returncode == 0
        found.append((rounding, files(folder / "generated")))
    return found


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_kill_at_any_moment_leaves_old_or_new_files(tmp_path, versions, processes) -> None:
    place = tmp_path / "generated"
    generator = random.Random(int(processes))
    seconds = _seconds(tmp_path, versions[0][0], processes)
    for number in range(12):
        rounding, _ = versions[number % 2]
        manifest(tmp_path, rounding)
        running = subprocess.Popen(
            [*COMMAND, "build", "-q", "--jobs", processes], cwd=tmp_path, env=ENVIRONMENT
        )
        time.sleep(generator.uniform(0.3, 1.1) * seconds)
        running.kill()
        running.wait()
        for name, content in files(place).items():
            if not name.endswith(TEMPORARY):
                assert content in [version[name] for _, version in versions], name

    # What is left over harms nobody, and is hidden.
    assert lutgen("build", "-q", cwd=tmp_path).returncode == 0
    left = {name: content for name, content in files(place).items() if not name.startswith(".")}
    assert left == versions[1][1]


def _seconds(folder: Path, rounding: str, processes: str) -> float:
    """Return how long a build takes here and now."""
    manifest(folder, rounding)
    start = time.perf_counter()
    assert lutgen("build", "-q", "--jobs", processes, cwd=folder).returncode == 0
    return time.perf_counter() - start


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_a_build_with_its_code_and_no_stray_file(
    tmp_path, versions, number, code, processes
) -> None:
    seconds = _seconds(tmp_path, "half-even", processes)
    old, new = versions[0][1], versions[1][1]
    manifest(tmp_path, "floor")
    generator = random.Random(int(number))
    ended = []
    for _ in range(8):
        running = subprocess.Popen(
            [*COMMAND, "build", "-q", "--jobs", processes], cwd=tmp_path, env=ENVIRONMENT,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )
        # Not before Python itself is up, which has handlers of its own.
        time.sleep(generator.uniform(0.25, 0.9) * seconds)
        # As a terminal sends it: to all processes of the job.
        os.killpg(running.pid, number)
        _, said = running.communicate(timeout=60)
        ended.append(running.returncode)

        # Before lutgen handles signals, the system ends the process.
        assert running.returncode in (code, 0, -number), said
        assert re.fullmatch(r"error: [a-z ]+\n" if running.returncode == code else "", said), said
        assert files(tmp_path / "generated") in (old, new)
    assert code in ended


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    """As under nohup, and of a job that a shell runs in the background."""
    running = subprocess.Popen(
        ["nohup", *COMMAND, "build", "gelu", "-o", str(tmp_path)], env=ENVIRONMENT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )
    time.sleep(0.3)
    while running.poll() is None:
        running.send_signal(signal.SIGHUP)
        time.sleep(0.02)

    assert running.returncode == 0


def test_a_signal_while_the_command_is_being_loaded_shows_no_traceback() -> None:
    """From a thread, as soon as the first own module is being imported."""
    script = (
        "import os, signal, sys, threading\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from lutgen.__main__ import entry\n"
        "entry()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, "list"], env=ENVIRONMENT, capture_output=True, check=False
    )

    assert error_of(found, 130) == "error: interrupted\n"


# Disks and folders


def limited_files() -> None:
    """Let no file grow beyond 4 KiB; more is refused as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_file_that_cannot_grow_fails_and_leaves_the_old_one(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    found = lutgen("build", "gelu", "-o", out, preexec_fn=limited_files)

    assert "gelu_s8.h: cannot be written" in error_of(found)
    assert list(tmp_path.iterdir()) == []

    lutgen("build", "gelu", "-o", out)
    before = files(tmp_path)
    words = ("build", "gelu", "--rounding", "floor", "-o", out)
    error_of(lutgen(*words, preexec_fn=limited_files))
    assert files(tmp_path) == before


@pytest.fixture
def small_disk(tmp_path: Path):
    """Yield a folder on a file system of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_fails_and_leaves_the_old_files(small_disk: Path) -> None:
    out = str(small_disk / "out")
    assert lutgen("build", "gelu", "-o", out).returncode == 0
    before = files(small_disk)

    found = lutgen("build", "gelu", "--bits", "14", "--method", "lut", "--name", "gelu_s8",
                   "-o", out)
    assert "No space left on device" in error_of(found)
    assert files(small_disk) == before

    (small_disk / "lutgen.toml").write_text(
        "".join(f'[[table]]\nfunction = "gelu"\nname = "t{n}"\n' for n in range(20))
    )
    found = lutgen("build", "-o", "new", "--jobs", "2", cwd=small_disk)
    assert "No space left on device" in error_of(found)
    assert not (small_disk / "new").exists()


def without_privileges() -> list[str]:
    """Return what a command begins with so that root too may only write where it is allowed."""
    if os.geteuid() != 0:
        return []
    setpriv = require_tool("setpriv").command[0]
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


def run_unprivileged(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*without_privileges(), *COMMAND, *words], env=ENVIRONMENT, capture_output=True, check=False
    )


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    assert lutgen("build", "gelu", "-o", str(tmp_path / "out")).returncode == 0
    before = files(tmp_path)
    (tmp_path / "out").chmod(0o555)

    found = run_unprivileged("build", "gelu", "--rounding", "floor", "-o", str(tmp_path / "out"))
    assert "Permission denied" in error_of(found)
    found = run_unprivileged("build", "gelu", "-o", str(tmp_path / "out" / "deeper"))
    assert "deeper: cannot be written (Permission denied)" in error_of(found)
    # Nothing to write is nothing to complain of.
    found = run_unprivileged("build", "gelu", "-o", str(tmp_path / "out"))
    assert found.returncode == 0

    (tmp_path / "out").chmod(0o755)
    assert files(tmp_path) == before


def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("x,y\n0,0\n1,1\n")
    (tmp_path / "lutgen.toml").write_text('[[table]]\nfunction = "gelu"\n')
    for path in tmp_path.iterdir():
        path.chmod(0)

    for words in (["--table", str(tmp_path / "mine.csv"), "--name", "q"],
                  ["--manifest", str(tmp_path / "lutgen.toml")]):
        found = run_unprivileged("build", *words, "-o", str(tmp_path / "out"))
        assert re.search("Permission denied|not readable", error_of(found, 2))


def test_a_sidecar_that_may_not_be_read_is_not_called_broken(tmp_path: Path) -> None:
    lutgen("build", "gelu", "-q", "-o", str(tmp_path))
    sidecar = tmp_path / "gelu_s8.lutgen.json"
    sidecar.chmod(0)

    for words in (["check", str(tmp_path)], ["report", "gelu", "--against", str(sidecar)]):
        said = error_of(run_unprivileged(*words))
        assert f"{sidecar}: Permission denied" in said


def test_a_template_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0)
    words = ("build", "gelu", "-o", str(tmp_path / "out"), "--template-dir", str(tmp_path / "mine"))

    assert "--template-dir: must be readable" in error_of(run_unprivileged(*words), 2)


def test_builds_into_one_folder_at_once_lose_nothing(tmp_path: Path) -> None:
    """Four targets of one table, four times each: as make -j would, with separate rules."""
    targets = ("c", "json", "verilog", "onnx")
    running = [
        subprocess.Popen(
            [*COMMAND, "build", "relu", "--bits", "4", "--target", target, "-q", "-o",
             str(tmp_path / "out")],
            env=ENVIRONMENT, stderr=subprocess.PIPE,
        )
        for target in targets * 3
    ]
    said = [process.communicate()[1] for process in running]

    assert [process.returncode for process in running] == [0] * len(running), said
    sidecar = json.loads((tmp_path / "out" / "relu_s4.lutgen.json").read_text())
    assert [*sidecar["options"]] == sorted(targets)
    assert lutgen("check", str(tmp_path / "out")).returncode == 0
    assert [name for name in files(tmp_path) if TEMPORARY in name] == []


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked on Windows")
def test_what_another_build_writes_meanwhile_is_not_forgotten(tmp_path: Path) -> None:
    """A build reads the sidecar and writes it under a lock, which this test holds as another."""
    import fcntl

    out, other = tmp_path / "out", tmp_path / "other"
    out.mkdir()
    lutgen("build", "relu", "--bits", "4", "--target", "c", "-q", "-o", str(other))
    handle = os.open(out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    running = subprocess.Popen(
        [*COMMAND, "build", "relu", "--bits", "4", "--target", "json", "-q", "-o", str(out)],
        env=ENVIRONMENT,
    )
    limit = time.monotonic() + 60
    while not list(out.iterdir()) and time.monotonic() < limit:
        time.sleep(0.01)
    time.sleep(0.3)
    for path in other.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    os.close(handle)

    assert running.wait(timeout=60) == 0
    sidecar = json.loads((out / "relu_s4.lutgen.json").read_text())
    assert [*sidecar["options"]] == ["c", "json"]


def test_a_failing_build_does_not_take_the_folder_from_another(tmp_path: Path) -> None:
    """It made the folder, and removes what it made; the other one makes it again."""
    for _ in range(4):
        bad = subprocess.Popen(
            [*COMMAND, "build", "gelu", "-q", "-o", "out/deep"], cwd=tmp_path, env=ENVIRONMENT,
            stderr=subprocess.DEVNULL, preexec_fn=limited_files,
        )
        good = lutgen("build", "relu", "--bits", "4", "--target", "json", "-q", "-o", "out/deep",
                      cwd=tmp_path)
        bad.wait()
        assert good.returncode == 0, good.stderr
        assert sorted(files(tmp_path)) == ["out/deep/relu_s4.json", "out/deep/relu_s4.lutgen.json"]
        for path in (tmp_path / "out" / "deep").iterdir():
            path.unlink()
        (tmp_path / "out" / "deep").rmdir()
        (tmp_path / "out").rmdir()


def link_file(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "gelu_s8.h").symlink_to(folder / "victim")


def link_to_nothing(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "gelu_s8.h").symlink_to("nowhere")


def link_folder(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "elsewhere").mkdir()
    (folder / "out" / "gelu_s8").symlink_to(folder / "elsewhere")


def dangling_output(folder: Path) -> None:
    (folder / "out").symlink_to("nowhere")


def looping_output(folder: Path) -> None:
    (folder / "out").symlink_to("out")


def file_as_output(folder: Path) -> None:
    (folder / "out").write_text("mine")


def folder_as_file(folder: Path) -> None:
    (folder / "out" / "gelu_s8.h").mkdir(parents=True)


def test_a_pipe_with_the_parameters_of_channels_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = lutgen("build", "prelu", "--channels", str(tmp_path / "pipe"), timeout=60)

    assert "not a regular file; give a CSV file" in error_of(found, 2)


def pipe_as_file(folder: Path) -> None:
    (folder / "out").mkdir()
    os.mkfifo(folder / "out" / "gelu_s8.h")


def foreign_sidecar(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "gelu_s8.lutgen.json").write_text("{}")


IN_THE_WAY = [
    link_file, link_to_nothing, link_folder, dangling_output, looping_output, file_as_output,
    folder_as_file, pipe_as_file, foreign_sidecar,
]


@pytest.mark.parametrize("prepare", IN_THE_WAY, ids=lambda f: f.__name__)
def test_what_is_in_the_way_is_named_and_kept(tmp_path, prepare: Callable[[Path], None]) -> None:
    (tmp_path / "victim").write_text("Generated by lutgen")
    prepare(tmp_path)
    before = (files(tmp_path), sorted(tmp_path.rglob("*")))

    found = lutgen("build", "gelu", "--target", "c,onnx", "-o", str(tmp_path / "out"))

    said = error_of(found)
    assert str(tmp_path / "out") in said
    # The way out that is offered is one.
    if prepare in (folder_as_file, pipe_as_file):
        assert "--force" not in said
    assert (files(tmp_path), sorted(tmp_path.rglob("*"))) == before


@pytest.mark.parametrize("prepare", IN_THE_WAY, ids=lambda f: f.__name__)
def test_force_replaces_files_and_links_to_them_and_nothing_else(tmp_path, prepare) -> None:
    (tmp_path / "victim").write_text("Generated by lutgen")
    prepare(tmp_path)

    found = lutgen("build", "gelu", "--target", "c,onnx", "--force", "-o", str(tmp_path / "out"))

    if prepare in (link_file, link_to_nothing, foreign_sidecar):
        assert found.returncode == 0, found.stderr
        assert not (tmp_path / "out" / "gelu_s8.h").is_symlink()
    else:
        error_of(found)
    assert (tmp_path / "victim").read_text() == "Generated by lutgen"
    assert not (tmp_path / "nowhere").exists() and not (tmp_path / "out" / "nowhere").exists()
    assert [*(tmp_path / "elsewhere").glob("*")] == []


def test_a_link_to_a_folder_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")

    assert lutgen("build", "gelu", "-q", "-o", str(tmp_path / "out")).returncode == 0
    assert sorted(files(tmp_path / "real")) == ["gelu_s8.h", "gelu_s8.lutgen.json"]


def test_a_working_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"rmdir {gone}; exec {sys.executable} -m lutgen build gelu"
    found = subprocess.run(
        ["sh", "-c", command], cwd=gone, env=ENVIRONMENT, capture_output=True, check=False
    )

    error_of(found)


@pytest.mark.parametrize("value", ["/nonexistent", "/proc", "", "\n"])
def test_a_temporary_folder_that_cannot_be_used_is_passed_over(tmp_path, value: str) -> None:
    environment = {**ENVIRONMENT, "TMPDIR": value}
    assert lutgen("build", "gelu", "-q", "-o", "out", env=environment, cwd=tmp_path).stderr == b""

    found = lutgen("verify", "out", env=environment, cwd=tmp_path)

    assert (found.returncode, found.stderr) == (0, b"")


# Streams, locales and names


@pytest.mark.parametrize(
    "words", [["list"], ["list", "--json"], ["report", "gelu", "--json"], ["--help"],
              ["build", "gelu", "-v", "--json"]],
    ids=" ".join,
)
@pytest.mark.parametrize("reader", ["head -n 1", "head -c 1", "true"])
def test_a_reader_that_goes_away_hears_no_complaint(tmp_path, words, reader: str) -> None:
    command = f"{sys.executable} -m lutgen {' '.join(words)} | {reader}"
    found = subprocess.run(
        command, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False
    )

    assert found.stderr == b""


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-", "1>&- 2>&-"])
@pytest.mark.parametrize(("words", "code"), [("build gelu", 0), ("build geluu", 2), ("list", 0)])
def test_closed_streams_do_no_harm(tmp_path: Path, closed, words, code) -> None:
    command = f"{sys.executable} -m lutgen {words} {closed}"
    found = subprocess.run(
        command, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False
    )

    assert found.returncode == code
    assert b"Traceback" not in found.stderr
    if words == "build gelu":
        built = lutgen("build", "gelu", "-q", "-o", "other", cwd=tmp_path)
        assert built.returncode == 0
        assert files(tmp_path / "generated") == files(tmp_path / "other")


@pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="pipes always wait here")
def test_a_pipe_that_does_not_wait_gets_everything(tmp_path: Path) -> None:
    """Such a stdout comes from programs that share theirs, as Node does."""
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    running = subprocess.Popen([*COMMAND, "list", "--md"], stdout=sink, env=ENVIRONMENT)
    # More than it says would not fit beside this.
    filled = b"x" * 60_000
    os.write(sink, filled)
    os.close(sink)
    time.sleep(1)
    with open(source, "rb") as file:
        said = file.read()

    assert running.wait() == 0
    assert said.replace(b"x" * 60_000, b"") == lutgen("list", "--md").stdout


def test_a_library_that_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    """Without what is installed beside Python, or without one library alone."""
    bare = subprocess.run(
        [sys.executable, "-S", "-m", "lutgen", "list"], env=ENVIRONMENT, capture_output=True,
        check=False,
    )
    assert "No module named 'click'; install lutgen again: pip install lutgen" in error_of(bare)

    script = "import sys; sys.modules['numpy'] = None; from lutgen.__main__ import entry; entry()"
    found = subprocess.run(
        [sys.executable, "-c", script, "build", "gelu", "-o", str(tmp_path / "out")],
        env=ENVIRONMENT, capture_output=True, check=False,
    )
    assert "numpy" in error_of(found) and b"pip install lutgen" in found.stderr


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 looks in the folder first")
def test_nothing_is_imported_from_the_folder_that_one_is_in(tmp_path: Path) -> None:
    """As the installed command, whose own path does not have it."""
    manifest(tmp_path, "floor")
    for name in ("multiprocessing", "numpy", "click", "random", "tempfile", "json", "lutgen"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('taken over: {name}')\n")
    script = "import sys; del sys.path[0]; from lutgen.__main__ import entry; entry()"
    for words in (["build", "-q", "--jobs", "2"], ["check", "--jobs", "2"], ["verify"]):
        found = subprocess.run(
            [sys.executable, "-c", script, *words], env=ENVIRONMENT, capture_output=True,
            check=False, cwd=tmp_path,
        )
        assert (found.returncode, found.stderr) == (0, b""), found.stderr


def test_running_a_model_leaves_no_file_for_temporary_use(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "temporary").mkdir()
    environment = {**ENVIRONMENT, "TMPDIR": str(tmp_path / "temporary")}
    lutgen("build", "gelu", "--target", "onnx", "-q", "-o", "out", cwd=tmp_path)

    assert lutgen("verify", "out", cwd=tmp_path, env=environment).returncode == 0
    assert files(tmp_path / "temporary") == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full, which is always full")
@pytest.mark.parametrize("words", [["list"], ["report", "gelu", "--json"], ["build", "gelu"]])
def test_output_that_cannot_be_written_is_an_error(tmp_path: Path, words) -> None:
    with open("/dev/full", "wb") as full:
        found = subprocess.run(
            [*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=tmp_path,
            check=False,
        )

    assert found.returncode == 1
    assert found.stderr == b"error: output: No space left on device\n"


ENVIRONMENTS = [
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "xx_YY.broken"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "utf-16"},
    {"TERM": "dumb", "COLUMNS": "1"},
    {"COLUMNS": "-3", "LINES": "x"},
    {"HOME": "/nonexistent"},
    {"SOURCE_DATE_EPOCH": "never"},
    {},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_no_environment_changes_the_files(tmp_path: Path, environment) -> None:
    needed = {key: ENVIRONMENT[key] for key in ("PYTHONPATH",)}
    words = ("build", "gelu", "--target", "c,json,verilog", "-o")
    here = lutgen(*words, "\u00fc\u4e2d", cwd=tmp_path, env={**needed, **environment})
    there = lutgen(*words, "plain", cwd=tmp_path)

    assert (here.returncode, here.stderr, there.returncode) == (0, b"", 0)
    assert files(tmp_path / "\u00fc\u4e2d") == files(tmp_path / "plain")
    assert lutgen("check", "plain", cwd=tmp_path, env={**needed, **environment}).returncode == 0
    broken = lutgen("build", "g\u00fclu", cwd=tmp_path, env={**needed, **environment})
    assert broken.returncode == 2 and broken.stderr.count(b"\n") == (
        1 if environment.get("PYTHONIOENCODING") != "utf-16" else broken.stderr.count(b"\n")
    )


ODD = [b"line\nbreak", b"\xff\xfe", b"\x1b[31mred", b"tab\tand space ", b"-", b"'\"$(id)`id`",
       "\u202ebidi".encode(), b"x" * 200, b"~", b"*"]


@pytest.mark.parametrize("name", ODD, ids=repr)
def test_odd_folder_names_work_and_are_told_in_printable_lines(tmp_path: Path, name) -> None:
    words = (b"build", b"gelu", b"--target", b"c,json", b"-o", name)
    found = lutgen(*words, cwd=tmp_path)

    assert (found.returncode, found.stderr) == (0, b"")
    told = found.stdout.decode("utf-8")
    assert all(line.isprintable() for line in told.splitlines()) and "\x1b" not in told
    assert os.listdir(os.fsencode(tmp_path)) == [name]
    assert lutgen(b"check", name, cwd=tmp_path).returncode == 0
    assert lutgen(b"check", name, b"--json", cwd=tmp_path).returncode == 0
    listed = lutgen(*words, b"--list-outputs", cwd=tmp_path)
    if b"\n" in name:
        assert "add --json" in error_of(listed, 2)
    else:
        assert listed.stdout.splitlines()[0] == name + b"/gelu_s8.h"


@pytest.mark.parametrize("name", [*ODD, b"", b"../gelu", b"--", b"-x"], ids=repr)
@pytest.mark.parametrize(
    "words", [[b"build", b"\0"], [b"show", b"\0"], [b"build", b"gelu", b"--name", b"\0"],
              [b"build", b"gelu", b"--in-scale", b"\0"], [b"verify", b"\0"], [b"check", b"\0"],
              [b"build", b"--manifest", b"\0"], [b"build", b"--table", b"\0", b"--name", b"q"],
              [b"from-model", b"\0"], [b"\0"]],
    ids=lambda words: b" ".join(words).replace(b"\0", b"*").decode(),
)
def test_odd_arguments_are_one_printable_line(tmp_path: Path, words, name, odd_run) -> None:
    given = [name if word == b"\0" else word for word in words]
    code, out, err = odd_run([os.fsdecode(word) for word in given], tmp_path)

    assert (code in (1, 2)) or (given == [b"--"])
    assert out == "" or given == [b"--"]
    if code:
        assert re.fullmatch(r"error: [^\n]+\n", err) and err[:-1].isprintable(), err
        assert len(err) < 1100
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def odd_run(capsys, monkeypatch):
    """Return what runs a command in this process, in a folder."""
    from lutgen.cli import main

    def run(words: list[str], folder: Path) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        code = main(words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_only_debug_shows_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    quiet = lutgen("build", "gelu", "-o", "out", cwd=tmp_path)
    loud = lutgen("build", "gelu", "-o", "out", "--debug", cwd=tmp_path)

    error_of(quiet)
    assert b"Traceback" in loud.stderr and loud.returncode == 1
