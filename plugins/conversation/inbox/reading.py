"""What stands in the inbox: the names of its refs, where each submission stands, and its content.

Rule: reading takes no lock. A move makes the new ref before it deletes the old one, so for an instant, or after a kill,
an id has two; `settle` tells which one counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from ..git.command import Git
from ..git.repository import RefUpdate, find_revisions, list_refs, read_objects, read_parents
from ..model import State
from ..text import is_id
from .values import STATES, Standing, StoredSubmission, Submission, settle

REFS = "refs/comments/"
COMMENT, PRIVATE = "comment.md", "private.yml"
"""The two files of a submission's tree."""


def name_ref(id: str, state: State) -> str:
    """Return the ref of a submission under a state."""
    return f"{REFS}{state.value}/{id}"


def parse_ref(name: str) -> tuple[str, State] | None:
    """Return id and state; None for a ref that the inbox did not make."""
    state, _, id = name.removeprefix(REFS).partition("/")
    known = {known.value: known for known in STATES}
    return (id, known[state]) if name.startswith(REFS) and state in known and is_id(id) else None


def group_refs(refs: Mapping[str, str]) -> dict[str, list[Standing]]:
    """Return what each id's refs say, in order of ids; one standing each, but for the instant of a move."""
    found = defaultdict(list)
    for name, revision in refs.items():
        if parsed := parse_ref(name):
            id, state = parsed
            found[id].append(Standing(state, revision))
    return dict(sorted(found.items()))


def settle_refs(git: Git, refs: Mapping[str, str]) -> dict[str, Standing]:
    """Return the one standing of every id that has a ref here, in order of ids."""
    found = group_refs(refs)
    doubles = [standing.revision for several in found.values() if len(several) > 1 for standing in several]
    parents = read_parents(git, doubles) if doubles else {}
    return {id: settle(several, parents) for id, several in found.items()}


def find_doubles(git: Git, refs: Mapping[str, str]) -> list[RefUpdate]:
    """Return the deletions that leave each id the one ref that counts."""
    standings = settle_refs(git, refs)
    return [
        RefUpdate(name_ref(id, standing.state), standing.revision, None)
        for id, several in group_refs(refs).items()
        for standing in several
        if standing != standings[id]
    ]


def find_strays(git: Git) -> tuple[str, ...]:
    """Return the refs below ours that are no submission's, and the files there that git takes for no ref at all."""
    folder = git.repository / REFS
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    refs = list_refs(git, REFS)
    unread = {path.relative_to(git.repository).as_posix() for path in files if path.exists()} - refs.keys()
    return tuple(sorted(unread | {name for name in refs if parse_ref(name) is None}))


def find_refs(git: Git, ids: Iterable[str]) -> dict[str, str]:
    """Return the refs that these ids have, with their revisions; one whose commit is gone is not found so quickly."""
    return find_revisions(git, [name_ref(id, state) for id in ids for state in STATES])


def find_all_refs(git: Git, ids: Collection[str]) -> dict[str, str]:
    """Return the refs that these ids have, one whose commit is gone too; takes a list of all where an id has none."""
    found = find_refs(git, ids)
    lost = set(ids) - group_refs(found).keys()
    listed = list_refs(git, REFS) if lost else {}
    return found | {name: revision for name, revision in listed.items() if (parse_ref(name) or ("",))[0] in lost}


def read_submissions(git: Git, standings: Mapping[str, Standing]) -> tuple[StoredSubmission, ...]:
    """Return the submissions that stand so, in order; of one that is damaged, what can be read."""
    files = (COMMENT, PRIVATE)
    names = [f"{standing.revision}^{{commit}}:{file}" for standing in standings.values() for file in files]
    contents = read_objects(git, names) if names else []
    found = zip(standings.items(), contents[::2], contents[1::2], strict=True)
    return tuple(
        StoredSubmission(
            Submission(id, comment or b"", private or b""), standing,
            tuple(file for file, content in zip(files, (comment, private), strict=True) if content is None),
        )
        for (id, standing), comment, private in found
    )  # fmt: skip
