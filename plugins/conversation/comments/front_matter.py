"""Front matter: what stands between the `---` lines of a file, by the shorter of two ways.

Rule: PyYAML is imported once a header needs it; it takes 9 ms, and publishing a comment hardly ever does.
"""

from collections.abc import Mapping

from .flat_lines import FrontMatterError, Scalars, Value, read_flat_lines


def parse_front_matter(text: str, *, first_line: int = 1) -> Mapping[str, Value]:
    """Read a flat mapping of scalars and lists of scalars, in the order of the file.

    Raises FrontMatterError for anything else: nesting, aliases, tags, two of one key, no mapping, broken YAML. Lines are
    counted from `first_line`.
    """
    if (flat := read_flat_lines(text, first_line=first_line)) is not None:
        return flat
    from .flat_yaml import read_yaml

    try:
        values = read_yaml(text)
    except FrontMatterError as error:
        error.line += first_line - 1
        raise
    return {key: Value(value.value, value.line + first_line - 1) for key, value in values.items()}


def format_front_matter(values: Mapping[str, Scalars]) -> str:
    """Write the mapping as YAML, one line a key, quoted only where YAML needs it; `parse_front_matter` reads it back."""
    from .flat_yaml import format_yaml

    return format_yaml(values)
