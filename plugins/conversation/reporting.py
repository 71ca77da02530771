"""Reporting: problems become messages of Pelican's log, which stops at what `--fatal` names.

Rule: every problem is logged, whatever the first of them does.
"""

import logging
from collections.abc import Iterable

from .model import Problem, Severity

logger = logging.getLogger(__name__)


def report(problems: Iterable[Problem]) -> None:
    """Log every problem; then raise RuntimeError if one is fatal, as Pelican's logger does at the first."""
    failure: RuntimeError | None = None
    for problem in problems:
        log = logger.error if problem.severity is Severity.ERROR else logger.warning
        try:
            log("%s", problem)
        except RuntimeError as error:
            failure = error
    if failure is not None:
        raise failure
