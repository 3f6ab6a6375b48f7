"""The articles' commands print what the articles say, and what is said of regression, L1 and L2 is true."""

import os
import re
import select
import subprocess
import sys

import numpy
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from articles import CATALOG, Command, blocks, run, shell, with_outputs
from daemon import LIMIT, ROOT
from documents import documents

DATA = ROOT / "deploy/data"
EXAMPLES = ["StudentScores", "CorrelatedFeatures", "SpamFilter"]
# An article added later, in whatever target, is run too, as soon as it has a command.
ARTICLES = [path for path in documents() if blocks(path.read_text())]


def article(name: str) -> list[list[Command]]:
    return blocks((CATALOG / f"{name}.md").read_text())


def tables(name: str) -> list[dict[str, str]]:
    """The coefficients that an article prints, in the order of its runs."""
    return [table for block in article(name) for command in block if (table := command.coefficients())]


def data(name: str) -> tuple[list[str], numpy.ndarray, numpy.ndarray]:
    """The features' names and their standardized columns, and the target, of a table whose last column it is."""
    with open(DATA / f"{name}.csv") as file:
        names = file.readline().strip().split(",")
        rows = numpy.loadtxt(file, delimiter=",")
    x = rows[:, :-1]
    return names[:-1], (x - x.mean(axis=0)) / x.std(axis=0), rows[:, -1]


def in_order(table: dict[str, str], names: list[str]) -> numpy.ndarray:
    assert table.keys() == set(names)
    return numpy.array([float(table[name]) for name in names])


# The commands


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_the_commands_print_what_the_article_says(path):
    text = path.read_text()
    assert with_outputs(text, run(blocks(text))) == text


def test_the_examples_have_commands():
    assert {path.stem for path in ARTICLES} >= set(EXAMPLES)


def test_the_articles_are_linked():
    landing, readme = (CATALOG / "OnlineLearning.md").read_text(), (ROOT / "README.md").read_text()
    for name in EXAMPLES:
        assert f"- <doc:{name}>" in landing
        assert f"(Sources/OnlineLearning/OnlineLearning.docc/{name}.md)" in readme


@pytest.mark.parametrize("name", ["students", "thermometers"])
def test_the_data_come_from_their_script(name):
    made = subprocess.run([sys.executable, DATA / f"{name}.py"], capture_output=True, text=True, check=True)
    assert made.stdout == (DATA / f"{name}.csv").read_text()


# A student's score


def test_without_a_penalty_it_is_least_squares():
    names, x, y = data("students")
    least_squares = numpy.linalg.lstsq(x, y - y.mean(), rcond=None)[0]
    plain = tables("StudentScores")[0]
    assert plain == {name: f"{value:.3g}" for name, value in zip(names, least_squares, strict=True)}


def test_l2_keeps_what_does_not_matter_near_zero():
    names, x, y = data("students")
    # Its penalty is a sum over samples: n times ours.
    ridge = Ridge(alpha=0.1 * len(y)).fit(x, y)
    coefficients = in_order(tables("StudentScores")[1], names)
    assert coefficients == pytest.approx(ridge.coef_, abs=0.006)
    homework, sleep, last_score, gpa, breakfast = abs(coefficients)
    assert 0 < max(gpa, breakfast) < 0.1 * min(homework, sleep, last_score)


def test_l1_puts_what_does_not_matter_at_zero():
    names, x, y = data("students")
    lasso = Lasso(alpha=1, tol=1e-10).fit(x, y)
    table = tables("StudentScores")[2]
    # What is left is the step size times the period.
    assert in_order(table, names) == pytest.approx(lasso.coef_, abs=0.01)
    assert [name for name in names if table[name] == "0"] == ["gpa", "breakfast"]
    unexplained = abs(x.T @ (y - lasso.predict(x)) / len(y))
    assert (unexplained[lasso.coef_ == 0] < 0.5).all()


# Two thermometers


def test_the_thermometers_agree():
    _, x, _ = data("thermometers")
    assert numpy.corrcoef(x.T)[0, 1] == pytest.approx(0.98, abs=0.005)


@pytest.mark.parametrize("run, l1, l2, tolerance", [(0, 0, 0.5, 0.01), (1, 2, 0, 0.15), (2, 2, 0.5, 0.05)])
def test_the_thermometers_have_scikit_learns_coefficients(run, l1, l2, tolerance):
    """With L1 the solution is approached slowly: the two features hardly differ, and gravity acts once a pass."""
    names, x, y = data("thermometers")
    ours = in_order(tables("CorrelatedFeatures")[run], names)
    theirs = ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), tol=1e-10, max_iter=100_000)
    if l1 == 0:
        theirs = Ridge(alpha=l2 * len(y))
    coefficients = theirs.fit(x, y).coef_
    assert ours == pytest.approx(coefficients, abs=tolerance)
    assert ((ours == 0) == (coefficients == 0)).all()


def test_who_shares_and_who_picks():
    l2, l1, both = (
        [float(table[name]) for name in ("north", "south")] for table in tables("CorrelatedFeatures"))
    assert l2[1] / sum(l2) == pytest.approx(0.5, abs=0.05)
    assert l1[0] != 0 and l1[1] == 0
    assert both[1] / sum(both) == pytest.approx(0.5, abs=0.05)


# Spam


def test_the_words_that_survive_are_those_that_tell_something():
    text = (DATA / "spam.py").read_text()
    commands = [command for block in article("SpamFilter") for command in block]
    spam, ham = (
        set(re.findall(r'"(\w+)"', re.search(rf"^{kind}_WORDS = \[(.*)\]$", text, re.MULTILINE)[1]))
        for kind in ("SPAM", "HAM"))
    assert len(spam) == len(ham) == 6
    table = {name: float(value) for name, value in tables("SpamFilter")[1].items()}
    assert {name for name, value in table.items() if value > 0} == spam
    assert {name for name, value in table.items() if value < 0} == ham
    printed = "".join(command.output for command in commands)
    accuracies, areas = (
        [float(overall) for overall in re.findall(rf"^{metric} +(\S+)", printed, re.MULTILINE)]
        for metric in ("accuracy", "area under the ROC curve"))
    # Always saying ham is right in 0.6 of the cases.
    assert len(accuracies) == len(areas) == 2
    assert min(accuracies) > 0.85 and accuracies[1] >= accuracies[0] - 0.01
    assert min(areas) > 0.95 and areas[1] >= areas[0] - 0.01
    heads = [command.output for command in commands if command.text.startswith("whittle coefficients")]
    assert "active 5,011 of 5,011 features" in heads[0] and "active 12 of 5,011 features" in heads[1]


# The reader of articles


def test_an_article_is_read_and_written():
    text = "# Title\n\n```console\n$ one \\\n>   two\nthree\n> four\n\n$ five\n```\n\n```swift\n$ six\n```\n"
    assert blocks(text) == [[Command("one \\\n  two", "three\n> four\n\n"), Command("five")]]
    assert with_outputs(text, blocks(text)[0]) == text
    assert "three" not in with_outputs(text, [Command("", ""), Command("", "new\n")])
    with pytest.raises(ValueError, match="begins with a command"):
        blocks("```console\noutput\n```\n")


def test_a_command_that_fails_is_an_error():
    with shell() as session:
        assert session.run("echo out; echo err >&2; printf end") == "out\nerr\nend"
        with pytest.raises(AssertionError, match="status 3"):
            session.run("echo why; (exit 3)")
        with pytest.raises(AssertionError, match="ended the shell"):
            session.run("exit 0")


def test_nothing_is_left_running():
    with shell() as session:
        descriptor = os.pidfd_open(int(session.run("tail -f /dev/null >/dev/null 2>&1 & echo $!")))
        with os.fdopen(descriptor) as process:
            assert not has_ended(process, 0)
            session.end()
            assert has_ended(process, LIMIT)


def has_ended(process, seconds: float) -> bool:
    return bool(select.select([process], [], [], seconds)[0])
