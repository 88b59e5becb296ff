"""Pipelines' files: a path, one that the repository keeps, or one that is shipped."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from agentdeck.config.brief_files import TEMPLATES, read_brief, read_text
from agentdeck.core.briefs import Brief
from agentdeck.core.errors import UsageError
from agentdeck.core.pipeline_graph import in_order, problems_of
from agentdeck.core.pipeline_prompts import variable_problems
from agentdeck.core.pipelines import Pipeline, Problem, read_pipeline

FOLDER = Path(".agentdeck/pipelines")
"""Where a repository keeps pipelines: `NAME.toml` each."""
SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Known:
    """A pipeline that can be started by its name."""

    name: str
    where: str
    """`repository` or `shipped`."""
    title: str
    description: str = ""
    steps: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    """The variables that it has to be given."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A pipeline as far as it could be read, and all that is wrong with it."""

    file: str
    pipeline: Pipeline | None
    problems: tuple[Problem, ...] = ()


def load_pipeline(source: str, repo: Path | None) -> Pipeline:
    """The pipeline that a path or a name means, ready to run.

    Raises:
        UsageError: If there is none, or anything is wrong with it: the file, the step
            and the cause are named.
    """
    checked = check_pipeline(source, repo)
    if checked.pipeline is None or checked.problems:
        told = "\n".join(f"{checked.file}: {each}" for each in checked.problems)
        raise UsageError(told)
    return checked.pipeline


def check_pipeline(source: str, repo: Path | None) -> Checked:
    """Read a pipeline and find what is wrong with it.

    Raises:
        UsageError: If there is no such file or it cannot be read as a text.
    """
    stem, shown, text, folder = _found(source, repo)
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem("the file", f"is not TOML: {error}")
        return Checked(shown, None, (problem,))
    briefs, missing = _briefs(values, folder, repo)
    pipeline, problems = read_pipeline(values, stem, briefs)
    problems += missing
    if not problems:
        problems = problems_of(pipeline)
    if not problems:
        pipeline = in_order(pipeline)
        problems = variable_problems(pipeline)
    return Checked(shown, pipeline, problems)


def known_pipelines(repo: Path | None) -> list[Known]:
    """The pipelines that can be started by name; the repository's hide shipped ones."""
    from agentdeck.core.pipeline_prompts import wanted_by

    found: dict[str, Known] = {}
    for where, names in (
        ("repository", _names_in(repo / FOLDER) if repo else []),
        (SHIPPED, shipped_names()),
    ):
        for name in names:
            if name in found:
                continue
            try:
                pipeline = load_pipeline(name, repo)
            except UsageError as error:
                problem = error.message.splitlines()[0]
                found[name] = Known(name, where, name, problem=problem)
                continue
            found[name] = Known(
                name,
                where,
                pipeline.title or name,
                pipeline.description,
                tuple(step.name for step in pipeline.steps),
                wanted_by(pipeline),
            )
    return list(found.values())


def shipped_names() -> list[str]:
    """The pipelines that come with AgentDeck."""
    folder = resources.files("agentdeck.config").joinpath("pipelines")
    names = (each.name for each in folder.iterdir())
    return sorted(
        name.removesuffix(".toml") for name in names if name.endswith(".toml")
    )


def _names_in(folder: Path) -> list[str]:
    return [file.stem for file in sorted(folder.glob("*.toml"))[:100]]


def _found(source: str, repo: Path | None) -> tuple[str, str, str, Path | None]:
    """A pipeline's name, what to call its file, its text, and the file's folder."""
    is_path = "/" in source or source.endswith(".toml")
    if is_path:
        file = Path(source).expanduser()
        return file.stem, source, read_text(file), file.absolute().parent
    if repo is not None and source in _names_in(repo / FOLDER):
        file = repo / FOLDER / f"{source}.toml"
        return source, f"{FOLDER / file.name}", read_text(file), file.parent
    if source in shipped_names():
        packaged = resources.files("agentdeck.config").joinpath("pipelines")
        text = packaged.joinpath(f"{source}.toml").read_text(encoding="utf-8")
        return source, f"{source} ({SHIPPED})", text, None
    here = _names_in(repo / FOLDER) if repo else []
    names = ", ".join(dict.fromkeys([*here, *shipped_names()])) or "none"
    raise UsageError(
        f"No pipeline is called {source!r}; there are {names}. A file is given as a "
        "path that ends with .toml."
    )


def _briefs(
    values: Mapping[str, Any], folder: Path | None, repo: Path | None
) -> tuple[dict[str, Brief], tuple[Problem, ...]]:
    """The briefs that steps name: files beside the pipeline's, or templates."""
    tables = values.get("step", [])
    found: dict[str, Brief] = {}
    problems = []
    for table in tables if isinstance(tables, list) else []:
        name = table.get("brief") if isinstance(table, Mapping) else None
        if not isinstance(name, str):
            continue
        where = f"step {table.get('name')!r}"
        try:
            parsed = read_brief(_brief_file(name, folder, repo))
        except UsageError as error:
            problems.append(Problem(where, f"brief: {error.message}"))
            continue
        problems += [
            Problem(where, f"brief {name}: {each.key} {each.text}")
            for each in parsed.problems
        ]
        found[name] = parsed.brief
    return found, tuple(problems)


def _brief_file(name: str, folder: Path | None, repo: Path | None) -> Path:
    is_template = "/" not in name and not name.endswith(".md")
    if is_template:
        if repo is None:
            raise UsageError(
                f"there is no repository whose template {name!r} could be."
            )
        return repo / TEMPLATES / f"{name}.md"
    return (folder or Path()) / name
