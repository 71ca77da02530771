"""The start of the `pelican-comments` command, which stands outside of Pelican's package.

Rule: nothing but how Pelican's package is entered. Whoever imports a module below `pelican` has `pelican` itself run first, and
that imports all that a build needs: longer than most commands take for their work. Here it is run when somebody asks it for
what is not there yet, as `from pelican import Pelican` does.
"""

import gc
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pkgutil import extend_path
from threading import RLock
from types import ModuleType
from typing import Any

_lock = RLock()
_running: set[str] = set()
"""Names of packages that are being run, for those whom they import."""


class DeferredPackage(ModuleType):
    """A package of which modules can be imported while it has not run itself."""

    def __getattr__(self, name: str) -> Any:
        """Return a module of the package, else run it and return the attribute; only those that are not there come here.

        A module that is half imported may ask for another, and were the package run then, it would find only that half.
        Raises what its code raises.
        """
        if not name.startswith("__"):
            with suppress(ImportError):  # there is none, or it refuses to be imported, as `pelican.signals` does
                return import_module(f"{self.__name__}.{name}")
        with _lock:
            if self.__name__ in _running:
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} yet")
            if type(self) is DeferredPackage:
                _run(self)
        return getattr(self, name)


def _run(package: DeferredPackage) -> None:
    spec = package.__spec__
    assert spec is not None  # as `defer` has made it
    assert spec.loader is not None
    there = {name: value for name, value in vars(package).items() if name != "__doc__"}
    _running.add(package.__name__)
    try:
        spec.loader.exec_module(package)
        vars(package).update(there)  # its path as it was at the start, and what settings have replaced in it
        package.__class__ = ModuleType  # type: ignore[assignment] # as importlib.util.LazyLoader does
    except AttributeError as error:  # whoever imports from it would take that for its answer
        raise ImportError(f"{package.__name__} cannot be imported: {error}", name=package.__name__) from error
    finally:
        _running.discard(package.__name__)


def defer(name: str) -> None:
    """Enter a package among the modules without running it, unless it is among them already."""
    if name in sys.modules:
        return
    spec = find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        return  # whoever imports it is told
    package = module_from_spec(spec)
    package.__class__ = DeferredPackage
    package.__path__ = extend_path(package.__path__, name)  # as Pelican does: plugins may be installed elsewhere
    sys.modules[name] = package


def main() -> None:
    """Run the command, see `pelican.plugins.conversation.cli`."""
    gc.disable()  # importing leaves nothing to collect; it is enabled again for what the command does
    defer("pelican")
    import pelican.log  # noqa: F401 - before anybody makes a logger, since loggers are of its class from then on
    from pelican.plugins.conversation.cli import main as run

    run()


if __name__ == "__main__":
    main()
