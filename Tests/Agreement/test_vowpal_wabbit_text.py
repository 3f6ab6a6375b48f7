"""Lines of Vowpal Wabbit's text format hold the same features for both, but for what whittle refuses."""

import random

import pytest

import vowpal_text

# Vowpal Wabbit puts numbers together from Float32s, digit by digit; whittle rounds once.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def reader():
    return vowpal_text.Reader()


def compare(reader, decode, line: str):
    """One line, feature by feature."""
    theirs, ours = reader.read(line), decode(line, "vw")
    assert "reason" not in ours, (line, ours)
    if theirs.label is None or theirs.importance == 0:
        assert (ours["rows"], ours["unlearned"]) == ([], 1), line
        return
    (row,) = ours["rows"]
    assert row["target"] == pytest.approx(theirs.label, rel=TOLERANCE), line
    assert row["importance"] == pytest.approx(theirs.importance, rel=TOLERANCE), line
    features = {reader.hash(name): value for name, value in zip(row["names"], row["values"], strict=True)}
    assert len(features) == len(row["names"]), f"two names have one hash: {line}"
    assert features == pytest.approx(theirs.features, rel=TOLERANCE), line


@pytest.mark.parametrize("line", [
    "1 | a:0.5 b", "-1.5 2.5 | a", "+1 | a", "1e1 2E-1 | a", "  1   2  |  a  b:2  ", "| a", "|n a", "1 0 | a", "|",
    "1 |", "1 |n", "1 ||", "1 || a", "1 ||n a | b", "1 |n a|m b:2 a|n a:3",
    "1 'tag | a", "1 2 'tag | a", "1 2 'tag| a", "1 2 tag| a", "1 2 0.5| a", "1 2 '| a", "1 2 ''x| a", "tag| a",
    "'tag | a", "1| a", "1 'ä| a", "1 #x| a",
    "1 |n:2 a b:3", "1 |n:-0.5 a:3 |n a", "1 |n:1e1 a:2e-1 b:+.5 c:5. d:-3", "1 |n:0 a b:3 | c",
    "1 | a:1 b:2 a:3", "1 | a:1 b a:-2", "1 | a:0 b:-0 c",
    "1 | :0.5 :1.5", "1 |n :3 :0 :4 x |m :5", "1 |n:2 :3 0:4",
    "1 |\ta:1\tb", "1 |n\ta", "1 | a\r", "1 |n\r", "1 | a:2\r",
    "1 | größe:2 温度 🌧:0.25", "1 |größe 温度:2 a|ns/1 x.y:-1e-3 #hash 'quote \"double\" = , ;",
    "1 | 7:2 12:3 123456789:0.5", "1 |n 7:2 12a 0x1:2",
    "1 | a:00001.50000 b:0.000000123 c:123456789 d:1234567.875 e:0.041345212345678",
    "1 |a-namespace-longer-than-fifteen-bytes a-feature-longer-than-fifteen-bytes:2 short",
], ids=repr)
def test_every_part_of_the_grammar(reader, decode, line):
    compare(reader, decode, line)


class Grammar:
    """Random lines that both read."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def number(self) -> str:
        chosen = self.random.random()
        if chosen < 0.4:
            return f"{self.random.uniform(0, 1):.4f}"
        sign = self.random.choice(["", "", "-", "+"])
        digits = f"{self.random.uniform(0, 10 ** self.random.randrange(7)):.{self.random.randrange(10)}f}"
        # Vowpal Wabbit reads a plus sign in its slow way only, which takes no more than C does; both do.
        return sign + digits + (f"e{self.random.randrange(-5, 6)}" if chosen > 0.8 else "")

    def name(self, longest: int) -> str:
        # Digits alone are numbers for Vowpal Wabbit, of which it drops leading zeros; ^ is what separates our names.
        letters = "abcdefghijklmnopqrstuvwxyzABC_-.=/é温"
        return "".join(self.random.choice(letters) for _ in range(self.random.randrange(1, longest)))

    def blanks(self) -> str:
        return self.random.choice([" ", " ", " ", "  ", "\t", " \t "])

    def label(self) -> str:
        words = [self.number() for _ in range(self.random.choice([0, 1, 1, 1, 2]))]
        if len(words) == 2:
            words[1] = words[1].lstrip("-")
        text = "".join(word + " " * self.random.randrange(1, 3) for word in words)
        return text + self.random.choice(["", "", "'tag", "'tag ", "tag", "'"])

    def namespace(self) -> str:
        text = "|"
        if self.random.random() < 0.6:
            text += self.name(20) + (f":{self.number()}" if self.random.random() < 0.3 else "")
        for _ in range(self.random.randrange(25)):
            text += self.blanks()
            chosen = self.random.random()
            if chosen < 0.1:
                text += f":{self.number()}"
            else:
                name = str(self.random.randrange(1, 500)) if chosen < 0.2 else self.name(24)
                text += name + (f":{self.number()}" if self.random.random() < 0.7 else "")
        return text + self.random.choice(["", "", " "])

    def line(self) -> str:
        return self.label() + "".join(self.namespace() for _ in range(self.random.randrange(1, 4)))


@pytest.mark.parametrize("seed", range(1, 9))
def test_random_lines(reader, decode, seed):
    grammar = Grammar(seed)
    for _ in range(150):
        line = grammar.line()
        print(f"seed {seed}: {line!r}")
        compare(reader, decode, line)


# What Vowpal Wabbit makes of a line with a warning or without one, and why whittle does not.
@pytest.mark.parametrize("line, reason, theirs", [
    # A number that is none.
    ("x | a", "broken_text", "the label 0"),
    ("nan | a", "broken_text", "the label 0"),
    ("1 nan | a", "broken_text", "the importance 0"),
    ("1 | a:nan b", "feature_value", "no feature a"),
    ("1 | a:inf", "feature_value", "an infinite value"),
    ("1 | a:1e39", "feature_value", "an infinite value"),
    ("1 |n:nan a", "feature_value", "the scale 1"),
    ("1 | a:1e b", "feature_value", "the value 1"),
    ("1 | a:0x10", "feature_value", "the value 16"),
    ("1 | a:b", "feature_value", "a feature of its own for each word behind the colon"),
    ("1 | a: 5", "feature_value", "the value 5"),
    ("1 | a:1:2 b", "feature_value", "the value 1, and the rest of the line is left out"),
    # A place where something else should stand.
    ("1 2 0.5 | a", "broken_text", "the initial prediction 0.5"),
    ("1 'tag 2 | a", "broken_text", "the importance 0, and no tag"),
    ("1 |:2 a", "feature_name", "nothing of the namespace"),
    ("1 a:1 b:2", "broken_text", "a sample without features"),
    ("\ufeff1 | a", "broken_text", "nothing, where a file begins so"),
    # An importance weight that no sample can have.
    ("1 -2 | a", "importance", "a sample that is unlearned"),
])
def test_what_whittle_refuses(reader, decode, line, reason, theirs):
    assert decode(line, "vw")["reason"] == reason
    reader.read(line)


@pytest.mark.parametrize("line, same", [
    # Vowpal Wabbit forgets all of a label up to its first tab, for which it knows no other use.
    ("1\t2\t|\ta:1", "1 2 | a:1"),
    # It passes over what stands behind a carriage return in the middle of a line.
    ("1 | a\rb", "1 | a b"),
])
def test_what_whittle_reads_as_blanks(reader, decode, line, same):
    assert decode(line, "vw") == decode(same, "vw")
    assert reader.read(line) != reader.read(same)


def test_names_are_what_is_written(reader, decode):
    """Vowpal Wabbit takes names of digits for numbers: 7 and 007 are one feature."""
    assert reader.read("1 | 7 007").features == {reader.hash("7"): 2}
    assert decode("1 | 7 007", "vw")["rows"][0]["names"] == ["7", "007"]
