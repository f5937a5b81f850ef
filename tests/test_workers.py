"""A worker crashes, hangs, grows, forks or lies: it costs one error that says where, and nothing of it stays."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from kconvert.errors import Crashed, InternalError, OutOfMemory, TimedOut, UsageError
from kconvert.workers import Allowance, Limits, Pool, Supervised
from kconvert.workers.limits import allowance, bytes_of

PROGRAM = Path(__file__).with_name("misbehaving.py")
QUICK = Limits(30, 1 << 30)


def limits(seconds=30.0, memory=1 << 30):
    return Allowance(Limits(seconds, memory), Limits(seconds, memory))


@pytest.fixture
def worker():
    one = Supervised(PROGRAM)
    yield one
    one.close()


def ask(worker, do, within=None, **more):
    return worker.ask({"do": do, **more}, within or limits(), about="model.h5")


@pytest.mark.parametrize(
    ("do", "error", "says"),
    [
        ("segfault", Crashed, "model.h5: SIGSEGV while doing segfault"),
        ("abort", Crashed, "model.h5: SIGABRT while doing abort"),
        ("leave", Crashed, "model.h5: its process ended with status 3 while doing leave"),
        ("babble", Crashed, "model.h5: its process said what is no message"),
        ("fail", InternalError, "model.h5: kconvert failed over it while doing fail, by ValueError: it is not what I thought"),
        ("allocate_too_much", OutOfMemory, "model.h5: needs more than 1 GiB of memory, while doing allocate_too_much"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_error_that_says_where(worker, do, error, says):
    with pytest.raises(error, match=says):
        ask(worker, do)
    assert ask(worker, "echo")["do"] == "echo"  # and the next question is answered


def test_the_error_has_its_data(worker):
    with pytest.raises(Crashed) as crashed:
        ask(worker, "segfault")
    assert (crashed.value.signal, crashed.value.step, crashed.value.exit_code) == ("SIGSEGV", "doing segfault", 1)


@pytest.mark.parametrize("do", ["spin", "ignore_signals"])
def test_a_worker_that_hangs_is_killed_in_time(worker, do):
    worker.start()
    begin = time.monotonic()
    with pytest.raises(TimedOut, match=rf"not done after 0\.5 s, while doing {do} \(--timeout\)"):
        ask(worker, do, limits(seconds=0.5))
    assert time.monotonic() - begin < 3
    assert not worker.is_running


@pytest.mark.parametrize("do", ["grow", "grow_in_a_child"])
def test_a_worker_that_grows_is_killed_before_it_takes_much_more_than_it_may(worker, do):
    with pytest.raises(OutOfMemory, match=rf"needs more than 0\.195 GiB of memory, while doing {do}"):
        ask(worker, do, limits(memory=200 << 20))
    assert not worker.is_running


def test_children_of_a_worker_end_with_it(worker, tmp_path):
    told = tmp_path / "pids"
    with pytest.raises(TimedOut):
        ask(worker, "fork", limits(seconds=1.5), told=str(told))
    children = [int(pid) for pid in told.read_text().split()]
    assert len(children) == 2
    assert wait_until(lambda: not any(map(is_alive, children)))


def test_a_worker_ends_with_whoever_started_it_even_after_a_kill_9():
    program = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from kconvert.workers import Supervised\n"
        f"worker = Supervised(Path({str(PROGRAM)!r}))\n"
        "worker.start(); print(worker.pid, flush=True)\n"
        "import json; worker._socket.sendall(json.dumps({'do': 'spin'}).encode() + b'\\n')\n"
        "time.sleep(600)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment())
    pid = int(starter.stdout.readline())
    time.sleep(0.5)  # it is in C by now, and holds the interpreter's lock
    assert is_alive(pid)
    starter.kill()
    starter.communicate()
    assert wait_until(lambda: not is_alive(pid))


def test_one_worker_answers_many_questions(worker):
    assert len({ask(worker, "echo", number=n)["pid"] for n in range(5)}) == 1


def test_a_worker_that_is_asked_nothing_ends_itself_and_another_takes_its_place():
    worker = Supervised(PROGRAM, idle=0.2)
    try:
        first = ask(worker, "echo")["pid"]
        assert wait_until(lambda: not worker.is_running)
        assert ask(worker, "echo")["pid"] != first
    finally:
        worker.close()


def test_what_a_worker_prints_is_no_answer_and_is_not_shown(worker, capfd):
    assert ask(worker, "print_a_lot") == {"printed": True}
    assert capfd.readouterr() == ("", "")


def test_a_worker_knows_little_of_its_surroundings(worker, monkeypatch, tmp_path):
    bad = {
        "HDF5_DRIVER": "core", "HDF5_VOL_CONNECTOR": "x", "TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "theano",
        "PYTHONSTARTUP": "x.py", "PYTHONPATH": str(tmp_path), "LD_PRELOAD": "", "AWS_SECRET_ACCESS_KEY": "secret",
    }  # fmt: skip
    for name, value in bad.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    found = ask(worker, "surroundings")
    assert {n: found["environment"].get(n) for n in bad} == {**dict.fromkeys(bad), "KERAS_BACKEND": "tensorflow"}
    assert str(tmp_path) not in (*found["path"], found["folder"])
    assert not Path(found["home"]).exists()


def test_an_interrupt_ends_the_worker(worker):
    worker.start()
    pid = worker.pid
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    with pytest.raises(KeyboardInterrupt):
        ask(worker, "spin")
    assert not is_alive(pid)


def test_limits_grow_with_the_files_and_what_the_user_says_stands(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"x" * 5_000_000)
    by_size = allowance([tmp_path / "a.h5"])
    assert by_size.at("read") == Limits(61.0, (1 << 30) + 10_000_000)
    assert by_size.at("rebuild") == Limits(610.0, (4 << 30) + 40_000_000)
    assert allowance([tmp_path], 7, "512M").at("rebuild") == Limits(7, 512 << 20)
    assert [bytes_of(said) for said in (1000, "2k", "1.5GiB", "3 gb")] == [1000, 2048, 3 << 29, 3 << 30]


@pytest.mark.parametrize("said", [{"memory": "much"}, {"memory": 0}, {"timeout": 0}, {"timeout": -1}])
def test_limits_that_are_none_are_refused(said):
    with pytest.raises(UsageError, match=r"--memory-limit|--timeout"):
        allowance([], **said)


def environment():
    return os.environ | {"PYTHONPATH": str(PROGRAM.parents[1])}


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(holds, seconds=5.0):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


@pytest.fixture
def pool():
    one = Pool(PROGRAM, jobs_each=3)
    yield one
    one.close()


def do(pool, name="report_itself", **more):
    return pool.done(name, {"reading": {"source": f"{name}.h5"}}, limits(), about="model.h5", **more)


def test_a_worker_of_a_pool_does_some_jobs_and_is_replaced(pool):
    assert [len(set(p)) for p in chunks([do(pool) for _ in range(9)], 3)] == [1, 1, 1]


def test_a_worker_that_holds_much_after_a_job_is_replaced():
    one = Pool(PROGRAM, bytes_each=1)
    assert do(one) != do(one)
    one.close()


def test_after_a_crash_the_next_job_has_another_worker(pool):
    first = do(pool)
    with pytest.raises(Crashed):
        do(pool, "segfault")
    assert do(pool) != first


def test_no_model_follows_code_of_the_users_in_one_worker(pool):
    assert do(pool, is_last=True) != do(pool)


def test_threads_have_workers_of_their_own(pool):
    with ThreadPoolExecutor(2) as threads:
        pids = list(threads.map(lambda _: do(pool, "report_slowly"), range(2)))
    assert len(set(pids)) == 2


def test_a_fork_of_the_process_leaves_its_workers_alone(pool):
    pid = do(pool)
    child = os.fork()
    if child == 0:
        pool.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert do(pool) == pid


def chunks(values, size):
    return [values[n : n + size] for n in range(0, len(values), size)]
