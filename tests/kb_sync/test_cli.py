"""banwen-kb as people and scripts use it: separate processes, output, exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[2] / "kb_sync" / "sample"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "from kb_sync.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", timeout=60
    )


def told(*arguments: object) -> Any:
    """The one JSON object a successful command prints."""
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_bundle_is_built_searched_and_shown(tmp_path: Path) -> None:
    out = tmp_path / "tax.kb"
    sources = ["--lexicon", SAMPLE / "lexicon.tsv", "--dialogues", SAMPLE / "dialogues.jsonl"]
    built = told("build", SAMPLE / "entries.jsonl", *sources, "--out", out)
    assert (built["entries"], built["dialogues"], built["lexicon"]) == (470, 12, 272)
    assert told("show", out)["content_hash"] == built["content_hash"]

    found = told("search", out, "如何查验数电票真伪", "--on", "2026-03-01", "--top", 3)
    first = found["hits"][0]
    assert (first["entry_id"], len(found["hits"])) == ("etax-0083", 3)
    assert found["decision"]["kind"] == "answer"
    shown = told("show", out, "etax-0083")
    assert shown["revision"] == first["revision"] == found["decision"]["revision"]


def test_people_read_lines_and_the_decision() -> None:
    done = run("search", "sample", "公积金怎么提取")
    assert done.returncode == 0
    assert "→ no_answer" in done.stdout


def test_nothing_found_is_exit_code_one() -> None:
    assert run("search", "sample", "？？？").returncode == 1
    missing = run("show", "sample", "no-such-id")
    assert missing.returncode == 1
    assert "no-such-id" in missing.stderr


def test_unusable_files_are_exit_code_three_with_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{", encoding="utf-8")
    for arguments in (
        ("build", broken, "--out", tmp_path / "x.kb"),
        ("show", broken),
        ("search", tmp_path / "no", "问"),
    ):
        done = run(*arguments)
        assert done.returncode == 3
        assert done.stderr.strip().endswith("。") or "第 1 行" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.kb").exists()


def test_eval_measures_and_can_fail_a_build() -> None:
    questions = Path(__file__).parent / "data" / "questions.jsonl"
    assert told("eval", "sample", questions, "--on", "2026-03-01")["answerable"] == 133
    assert run("eval", "sample", questions, "--on", "2026-03-01", "--max-wrong", "0.001").returncode == 1


def test_help_teaches_and_wrong_usage_is_exit_code_two() -> None:
    helped = run("search", "--help")
    assert helped.returncode == 0
    assert "banwen-kb search sample" in helped.stdout
    assert "Exit codes" in run("--help").stdout
    assert run("build").returncode == 2
