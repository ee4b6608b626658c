"""`renling solve` and `renling verify` as somebody at a terminal meets them: real processes, no store."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.problems import ints
from tests.web import BIN

PROBLEM = {
    "format": "renling-problem/1",
    "needs": [{"id": "a", "value": 5}, {"id": "b", "value": 3}],
    "resources": [{"id": "r", "capacity": 1}],
    "candidates": [{"need": "a", "resource": "r"}, {"need": "b", "resource": "r"}],
}


def renling(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(BIN / "renling"), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(PROBLEM))
    return path


def large(path: Path) -> Path:
    """Write a problem that takes longer than anybody waits: timed, with uses, no flow."""
    rng = np.random.default_rng(1)
    needs, resources = 400, 150
    keys = rng.choice(needs * resources, needs * 6, replace=False)
    starts = rng.integers(0, 400, needs)
    path.write_text(
        json.dumps(
            {
                "format": "renling-problem/1",
                "needs": [
                    {
                        "id": f"n{i}",
                        "quantity": int(rng.integers(1, 3)),
                        "value": int(rng.integers(10, 100)),
                        "duration": int(rng.integers(20, 90)),
                        "windows": [[int(starts[i]), int(starts[i]) + 200]],
                    }
                    for i in range(needs)
                ],
                "resources": [{"id": f"r{i}", "capacity": int(rng.integers(2, 9))} for i in range(resources)],
                "candidates": [
                    {
                        "need": f"n{k // resources}",
                        "resource": f"r{k % resources}",
                        "use": int(rng.integers(1, 4)),
                        "value": int(rng.integers(0, 40)),
                    }
                    for k in ints(keys).tolist()
                ],
            }
        )
    )
    return path


def test_a_file_is_solved_written_and_verified(problem: Path, tmp_path: Path):
    out = tmp_path / "plan.json"
    done = renling("solve", problem, "--out", out, "--prices")
    assert (done.returncode, done.stderr) == (0, "")
    assert "optimal: 1 of 2 units served, objective 5, bound 5" in done.stdout
    plan = json.loads(out.read_text())
    assert plan["prices"] == {"r": 3}
    assert plan["unmet"] == [{"need": "b", "quantity": 1, "reason": "outbid", "fix": None}]
    checked = renling("verify", problem, out)
    assert (checked.returncode, checked.stdout) == (0, "valid: optimal, objective 5\n")


def test_what_would_serve_an_unmet_need_is_told_where_it_is_asked_for(problem: Path, tmp_path: Path):
    out = tmp_path / "plan.json"
    done = renling("solve", problem, "--out", out, "--fixes", 1)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(out.read_text())["unmet"][0]["fix"] == [{"change": "capacity", "resource": "r", "by": 1}]
    assert renling("verify", problem, out).returncode == 0


def test_one_thread_writes_the_same_bytes_apart_from_the_seconds(tmp_path: Path):
    path = large(tmp_path / "problem.json")
    document = json.loads(path.read_text())
    document["needs"] = document["needs"][:12]
    document["candidates"] = [c for c in document["candidates"] if int(c["need"][1:]) < 12]
    path.write_text(json.dumps(document))
    plans = []
    for name in ("one.json", "two.json"):
        assert renling("solve", path, "--out", tmp_path / name, "--threads", 1, "--seed", 5).returncode == 0
        lines = (tmp_path / name).read_text().splitlines()
        plans.append([line for line in lines if not line.startswith('  "seconds"')])
    assert plans[0] == plans[1] and '  "status": "optimal",' in plans[0]


def test_a_proved_infeasible_is_exit_0_and_says_why(problem: Path, tmp_path: Path):
    both = {**PROBLEM, "needs": [{**need, "required": True} for need in PROBLEM["needs"]]}
    problem.write_text(json.dumps(both))
    done = renling("solve", problem, "--out", tmp_path / "plan.json")
    assert done.returncode == 0 and "infeasible" in done.stdout
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert plan["infeasible_because"] == [{"required": "a"}, {"required": "b"}]
    assert (plan["objective"], plan["assignments"], plan["unmet"]) == (None, [], [])


def test_an_invalid_file_is_exit_2_with_every_error(problem: Path, tmp_path: Path):
    problem.write_text(json.dumps({**PROBLEM, "balance": -1, "candidates": [{"need": "z", "resource": "r"}]}))
    for command in (["solve", problem, "--out", tmp_path / "plan.json"], ["verify", problem, tmp_path / "plan.json"]):
        done = renling(*command)
        assert done.returncode == 2
        assert "balance: -1 is below 0\n" in done.stderr and "candidates[0].need: no need has this id\n" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--time-limit", "0"],
        ["--time-limit", "nan"],
        ["--threads", "0"],
        ["--threads", "257"],
        ["--seed", "-1"],
        ["--method", "magic"],
        ["--fixes", "-1"],
        ["--colour"],
    ],
)
def test_wrong_usage_is_exit_2(problem: Path, tmp_path: Path, options: list[str]):
    done = renling("solve", problem, "--out", tmp_path / "plan.json", *options)
    assert done.returncode == 2 and done.stderr and not (tmp_path / "plan.json").exists()


def test_a_method_that_does_not_fit_is_exit_2(problem: Path, tmp_path: Path):
    problem.write_text(json.dumps({**PROBLEM, "conflicts": [{"needs": ["a", "b"]}]}))
    done = renling("solve", problem, "--out", tmp_path / "plan.json", "--method", "flow")
    assert done.returncode == 2 and "--method: the problem is no flow" in done.stderr
    assert not (tmp_path / "plan.json").exists()


def test_a_path_that_can_not_be_read_or_written_is_exit_4(problem: Path, tmp_path: Path):
    out = tmp_path / "plan.json"
    (tmp_path / "folder").mkdir()
    for done in (
        renling("solve", tmp_path / "nowhere.json", "--out", out),
        renling("solve", tmp_path / "folder", "--out", out),
        renling("solve", problem, "--out", tmp_path / "nowhere" / "plan.json"),
        renling("solve", problem, "--out", tmp_path / "folder"),
        renling("verify", problem, tmp_path / "nowhere.json"),
    ):
        assert done.returncode == 4 and len(done.stderr.splitlines()) == 1, done


def test_a_plan_that_can_not_be_written_is_exit_4_and_leaves_the_old_one(problem: Path, tmp_path: Path):
    out = tmp_path / "plan.json"
    out.write_text("the old one")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "away").symlink_to(tmp_path / "nowhere" / "plan.json")
    for name, why in (("loop", "levels of symbolic links"), ("away", "No such file"), ("problem.json/x", "Not a dir")):
        done = renling("solve", problem, "--out", tmp_path / name)
        assert done.returncode == 4 and done.stderr.startswith(f"renling: {tmp_path / name}: ") and why in done.stderr
    command = f"ulimit -f 0; {BIN / 'renling'} solve {problem} --out {out}"  # as a full disk does
    full = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (full.returncode, full.stderr) == (4, f"renling: {out}: File too large\n")
    assert out.read_text() == "the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["away", "loop", "plan.json", "problem.json"]


def test_a_pipe_takes_the_plan_and_stays_a_pipe(problem: Path, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    taken: list[str] = []
    reader = threading.Thread(target=lambda: taken.append((tmp_path / "pipe").read_text()))
    reader.start()
    assert renling("solve", problem, "--out", tmp_path / "pipe").returncode == 0
    reader.join()
    assert json.loads(taken[0])["objective"] == 5 and (tmp_path / "pipe").is_fifo()
    said = renling("solve", problem, "--out", "/dev/stdout").stdout
    assert json.loads(said[: said.rindex("}") + 1])["objective"] == 5


def test_an_output_that_is_full_is_exit_4_and_one_that_nobody_reads_changes_nothing(problem: Path, tmp_path: Path):
    out = tmp_path / "plan.json"
    for command in (["solve", problem, "--out", out], ["verify", problem, out]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [str(BIN / "renling"), *map(str, command)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert (done.returncode, done.stderr) == (4, "renling: standard output: No space left on device\n")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([str(BIN / "renling"), "verify", str(problem), str(out)], stdout=writing, check=False)
    os.close(writing)
    assert done.returncode == 0


def test_where_the_time_was_over_with_nothing_to_show_is_exit_3_and_a_plan_of_nothing(problem: Path, tmp_path: Path):
    problem.write_text(json.dumps({**PROBLEM, "needs": [{"id": "a", "required": True, "duration": 5}, {"id": "b"}]}))
    out = tmp_path / "plan.json"
    done = renling("solve", problem, "--out", out, "--time-limit", "1e-9")
    assert (done.returncode, done.stderr) == (3, "") and "unknown" in done.stdout
    plan = json.loads(out.read_text())
    assert (plan["status"], plan["objective"], plan["assignments"], plan["unmet"]) == ("unknown", None, [], [])
    assert renling("verify", problem, out).returncode == 0


def test_what_an_id_holds_can_not_steer_the_terminal(problem: Path, tmp_path: Path):
    problem.write_text(json.dumps(PROBLEM).replace('"b"', '"\\u001b[31m\\u2028乙"'))
    out = tmp_path / "plan.json"
    renling("solve", problem, "--out", out)
    out.write_text(out.read_text().replace('"quantity": 1, "reason"', '"quantity": 2, "reason"'))
    said = renling("verify", problem, out).stdout
    assert said == "unmet: need \\x1b[31m\\u2028乙 has 1 units left, 2 are claimed\n"


def test_the_seconds_are_those_of_the_whole_command(problem: Path, tmp_path: Path):
    os.mkfifo(tmp_path / "slow")

    def write() -> None:
        with (tmp_path / "slow").open("w") as pipe:  # once the command reads
            time.sleep(0.3)
            pipe.write(problem.read_text())

    writer = threading.Thread(target=write)
    writer.start()
    assert renling("solve", tmp_path / "slow", "--out", tmp_path / "plan.json").returncode == 0
    writer.join()
    assert json.loads((tmp_path / "plan.json").read_text())["seconds"] >= 0.3


def test_a_wrong_plan_is_exit_1_with_every_violation(problem: Path, tmp_path: Path):
    out = tmp_path / "plan.json"
    renling("solve", problem, "--out", out)
    plan = json.loads(out.read_text())
    plan["assignments"].append({"need": "b", "resource": "r", "quantity": 1})
    plan["seed"] = None
    out.write_text(json.dumps(plan))
    done = renling("verify", problem, out)
    assert done.returncode == 1
    assert "resource r: 2 used, its capacity is 1\n" in done.stdout
    assert "unmet: need b has 0 units left, 1 are claimed\n" in done.stdout
    assert "objective: 5 is claimed, the plan is worth 8\n" in done.stdout
    assert "seed: " in done.stdout


@pytest.mark.parametrize("text", ["", "[1]", '{"format": '])
def test_a_plan_that_is_no_json_object_is_exit_2(problem: Path, tmp_path: Path, text: str):
    (tmp_path / "plan.json").write_text(text)
    assert renling("verify", problem, tmp_path / "plan.json").returncode == 2


def test_when_the_time_is_over_a_verified_plan_with_its_gap_is_written(tmp_path: Path):
    path, out = large(tmp_path / "problem.json"), tmp_path / "plan.json"
    done = renling("solve", path, "--out", out, "--time-limit", 1)
    assert done.returncode == 0 and "feasible" in done.stdout
    plan = json.loads(out.read_text())
    assert plan["gap"]["objective"] == plan["bound"] - plan["objective"] > 0
    assert renling("verify", path, out).returncode == 0


def test_ctrl_c_writes_the_best_verified_plan(tmp_path: Path):
    path, out = large(tmp_path / "problem.json"), tmp_path / "plan.json"
    program = subprocess.Popen(
        [str(BIN / "renling"), "solve", str(path), "--out", str(out), "--time-limit", "300"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # It may be asked to stop at any moment once it has read its file; this is some while after that.
    while not any("ortools.sat" in line or "cp_model" in line for line in _mapped(program.pid)):
        assert program.poll() is None
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    said, wrong = program.communicate(timeout=60)
    assert program.returncode == 0 and "feasible" in said, (said, wrong)
    assert renling("verify", path, out).returncode == 0


def _mapped(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/maps").read_text().splitlines()


def test_ctrl_c_while_the_plan_is_written_does_not_lose_it(tmp_path: Path):
    needs = [{"id": f"a need with a long name, number {i}", "value": 1} for i in range(2000)]
    pairs = [{"need": need["id"], "resource": "r"} for need in needs]
    path, out = tmp_path / "problem.json", tmp_path / "pipe"
    resources = [{"id": "r", "capacity": 2000}]
    path.write_text(json.dumps({**PROBLEM, "needs": needs, "resources": resources, "candidates": pairs}))
    os.mkfifo(out)
    program = subprocess.Popen(
        [str(BIN / "renling"), "solve", str(path), "--out", str(out)], stdout=subprocess.PIPE, text=True
    )
    with out.open() as pipe:  # it is more than a pipe holds, so once something comes it is being written
        read = pipe.read(1)
        program.send_signal(signal.SIGINT)
        time.sleep(0.1)
        read += pipe.read()
    assert json.loads(read)["objective"] == 2000
    assert program.communicate(timeout=60)[0].startswith("optimal") and program.returncode == 0


@pytest.mark.parametrize("command", ["solve", "nightly"])
def test_ctrl_c_while_it_is_loaded_is_told_in_a_word(command: str):
    program = (
        "import sys; from api.entry import main\n"
        "class Pressed:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name in ('api.solve_commands', 'api.cli'): raise KeyboardInterrupt\n"
        f"sys.meta_path.insert(0, Pressed()); sys.argv = ['renling', {command!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "renling: stopped\n")


def test_a_mistake_of_ours_is_exit_70_and_writes_nothing(problem: Path, tmp_path: Path):
    program = (
        "import sys, matching.optimizer.solving as solving; from api.entry import main\n"
        "solving.verify = lambda *_: ['a rule is broken']\n"
        f"sys.argv = ['renling', 'solve', {str(problem)!r}, '--out', {str(tmp_path / 'plan.json')!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 70 and "the verifier refuses the plan: a rule is broken" in done.stderr
    assert done.stderr.endswith("renling: this is a mistake of ours; the lines above say where\n")
    assert not (tmp_path / "plan.json").exists()


def test_neither_the_store_nor_the_server_is_loaded(problem: Path, tmp_path: Path):
    program = (
        "import sys; from api.entry import main\n"
        f"sys.argv = ['renling', 'solve', {str(problem)!r}, '--out', {str(tmp_path / 'plan.json')!r}]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'neo4j', 'fastapi', 'pandas', 'pyarrow', 'networkx'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_commands_are_listed_with_the_others():
    said = renling("--help").stdout
    assert "solve" in said and "verify" in said and "nightly" in said
