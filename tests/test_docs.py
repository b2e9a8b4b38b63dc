"""What the documents name is there: files, commands, flags, configuration keys, make targets."""

import json
import re
import shlex
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ml_collections import ConfigDict

from camenn_tf.config import default_config
from camenn_tf.dataset.schema import schema_from_json

ROOT = Path(__file__).parents[1]
TODAY = ["README.md", "data/README.md", "docs/ARCHITECTURE.md", "docs/FIDELITY.md", "docs/decisions.md"]
DOCUMENTS = [*TODAY, "CHANGELOG.md"]  # which also has commands of earlier versions
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
STUDIES = "experiments.comparison.command"  # where the flags of all studies are defined
FOLDERS = ("camenn_tf", "data", "docs", "experiments", "tests")


def blocks_of(text: str, language: str) -> list[str]:
    return [
        body for name, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if name == language
    ]


def commands_of(text: str) -> list[list[str]]:
    """Words of every `python -m ...` and `make ...`, in blocks and in running text, without a `taskset` before it."""
    blocks = "\n".join(blocks_of(text, "")).replace("\\\n", " ").splitlines()
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    lines = [re.sub(r"^taskset -c \S+ ", "", line) for line in [*blocks, *spans]]
    return [shlex.split(line, comments=True) for line in lines if line.startswith(("python -m ", "make "))]


def commands(name: str) -> list[list[str]]:
    """The different commands of all documents that begin with this word."""
    found = [words for document in TODAY for words in commands_of((ROOT / document).read_text(encoding="utf-8"))]
    return [list(words) for words in dict.fromkeys(map(tuple, found)) if words[0] == name]


def module_file(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


def own_flags(module: str) -> set[str]:
    source = module_file(module).read_text(encoding="utf-8")
    names = set(re.findall(r'flags\.DEFINE_\w+\(\s*"(\w+)"', source))
    shared = {"config": "define_config_flag()", "runner": "define_runner_flag()"}
    if "run_study(" in source and module != STUDIES:
        names |= own_flags(STUDIES)
    return names | {"help"} | {name for name, call in shared.items() if call in source}


def check_key(key: str) -> None:
    section: Any = default_config()
    for part in key.split("."):
        assert isinstance(section, ConfigDict) and part in section, f"no configuration key {key}"
        section = section[part]


def check_flags(module: str, words: list[str], dataset: str = "corner_store") -> None:
    for word in words:
        if word == "--":
            return  # the runner's own
        if not word.startswith("--"):
            continue
        name, _, value = word[2:].partition("=")
        if name.startswith("config."):
            assert "config" in own_flags(module), f"{module} has no --config"
            check_key(name.removeprefix("config."))
        else:
            assert name in own_flags(module), f"{module} has no --{name}"
        if name == "builder_flag":
            check_flags(f"data.{dataset}", [value])
        if name == "config":
            assert (ROOT / value.split(":")[0]).is_file(), value


def test_commands_are_found_wherever_they_stand() -> None:
    text = """See `taskset -c 1 python -m one --flag` or `make
    two`; `python` is no command.
```
taskset -c 0 python -m three \\
    --output=DIR  # in a block
echo make
```
`make four`"""
    found = [["python", "-m", "three", "--output=DIR"], ["python", "-m", "one", "--flag"], ["make", "two"]]
    assert commands_of(text) == [*found, ["make", "four"]]


def test_documents_have_commands_of_both_kinds() -> None:
    assert {line[2] for line in commands("python")} >= {
        *(f"camenn_tf.{name}" for name in ("prepare", "encode", "train", "evaluate", "export")),
        "experiments.interaction_speed",  # behind a taskset
        "experiments.picture_check",  # of data/README.md
    }
    assert {line[1] for line in commands("make")} >= {"train", "test"}


@pytest.mark.parametrize("words", commands("python"), ids=" ".join)
def test_modules_and_flags_exist(words: list[str]) -> None:
    assert module_file(words[2]).is_file(), words[2]
    check_flags(words[2], words[3:])


@pytest.mark.parametrize("words", commands("make"), ids=" ".join)
def test_make_targets_and_variables_exist(words: list[str]) -> None:
    variables = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if equals:
            assert re.search(rf"^{name} \?=", MAKEFILE, re.MULTILINE), f"no variable {name}"
            if name == "OVERRIDES":
                check_flags("experiments.run_all", shlex.split(value), variables.get("DATASET", "corner_store"))
        else:
            assert re.search(rf"^{name}:", MAKEFILE, re.MULTILINE), f"no target {name}"


def named_files(text: str) -> Iterator[str]:
    yield from re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./]+)`", text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for name in named_files(text):
        # what a target writes need not be there yet
        assert (ROOT / name).exists() or name in MAKEFILE, f"{document}: {name}"
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        assert "://" in target or ((ROOT / document).parent / target).exists(), f"{document}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_path_of_one_machine(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.])/(?:work|tmp|home|root|usr)/\S*", text)


def test_every_decision_has_a_row_and_a_file() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", (ROOT / "docs/FIDELITY.md").read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 27))
    for number, files in rows:
        assert list(named_files(files)) or files == "not yet", f"row {number}"


def test_configuration_keys_exist() -> None:
    sections = "|".join(key for key, value in default_config().items() if isinstance(value, ConfigDict))
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for key in re.findall(rf"`(?:--config\.)?((?:{sections})\.[a-z_.0-9]+)(?:=[^`]*)?`", text):
            if not key.endswith((".py", ".json")):
                check_key(key)


def test_numbers_of_readme_tables_are_those_of_results() -> None:
    results = (ROOT / "experiments/RESULTS.md").read_text("utf-8").splitlines()
    rows = [line for line in README.splitlines() if re.match(r"\|.*(±|\[[+-]|\| 10\^\d+ \|)", line)]
    assert len(rows) > 10 and len(set(rows)) == len(rows)
    assert [line for line in rows if line not in results] == []


def test_the_schema_of_readme_can_be_read() -> None:
    (block,) = blocks_of(README, "json")
    schema = schema_from_json(json.loads(block))
    assert [field.name for field in schema.sample_fields] == ["age", "hour", "bought_before"]
    assert [field.name for field in schema.item_fields] == ["category", "price"]


def test_signature_names_are_the_codes() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "camenn_tf/serving").glob("*.py"))
    inputs = ("history_item_ids", "candidate_item_ids", "candidate_texts", "candidate_images", "texts", "images")
    for name in (*inputs, "rank", "rank_new", "align", "embed", "cvr", "ita", "tia"):
        assert f'"{name}"' in source, name
        assert f"`{name}`" in README, name


def test_the_picture_is_well_formed() -> None:
    picture = ElementTree.parse(ROOT / "docs/architecture.svg").getroot()
    assert picture.tag.endswith("svg")
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert {"CVR tower", "ITA tower", "TIA tower"} <= set(texts)
