"""How Vowpal Wabbit reads lines of its own text: features by their hashes, which names lead to as well."""

from dataclasses import dataclass

from vowpalwabbit import Example, Workspace

BITS = 24
MASK = (1 << BITS) - 1
# Indices are hashes times four: a weight has room for four numbers.
STRIDE_SHIFT = 2
# What a line without a label has for one.
UNLABELED = 3.4028234663852886e38


@dataclass
class Line:
    # None where there is none.
    label: float | None
    importance: float
    tag: str
    # By their hashes, the values of each added up.
    features: dict[int, float]


class Reader:
    def __init__(self):
        self.workspace = Workspace(f"--quiet --noconstant --bit_precision {BITS}")

    def read(self, line: str) -> Line:
        # Not `parse`, which takes out what it thinks is blank before.
        (example,) = self.workspace._parse(line)
        features = {}
        for place in range(example.num_namespaces()):
            namespace = example.namespace(place)
            for position in range(example.num_features_in(namespace)):
                feature = example.feature(namespace, position) >> STRIDE_SHIFT & MASK
                features[feature] = features.get(feature, 0) + example.feature_weight(namespace, position)
        label = example.get_simplelabel_label()
        read = Line(
            None if label == UNLABELED else label, example.get_simplelabel_weight(), example.get_tag(), features)
        self.workspace.finish_example(Example(self.workspace, example))
        return read

    def hash(self, name: str) -> int:
        """Of a feature's name as whittle has it: `namespace^name`, or a name that has no namespace and no ^."""
        namespace, separator, feature = name.partition("^")
        if not separator:
            namespace, feature = " ", name
        return self.workspace.hash_feature(feature, self.workspace.hash_space(namespace)) & MASK
