"""The `pelican-comments` command: one module for each of its commands.

Rule: a command raises ConversationError for what the blogger can mend, or exits with 1 itself once it has printed all
of that; everything else is a bug (traceback, exit 3). Besides here, `except Exception` stands only around what others
wrote: a settings file and plugins (`building.site`), and a whole build by Pelican (`publishing.publisher`).
"""

import gc
import logging
import signal
import sys
import traceback
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword

import click

from ..errors import ConversationError

COMMANDS = (
    "serve", "publish", "queue", "show", "approve", "reject", "spam", "reply", "edit", "remove", "undo", "await", "sign-in",
    "check", "import",
)  # fmt: skip
"""In the order of a day's work; each is the function `command` in the module of its name, loaded when it is called.

A name that Python keeps for itself has a `_` behind it there, and a hyphen is a `_`.
"""
BUILDING = ("serve", "publish")
"""Those that make feeds, and let Pelican warn of what the settings lack for them."""


class LazyGroup(click.Group):
    """A group that imports only the command it runs: Pelican takes a third of a second to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return the command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"{__name__}.{cmd_name.replace('-', '_')}{'_' * iskeyword(cmd_name)}")
        command: click.Command = module.command
        return command


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001 - click's signature
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("pelican-conversation")
    except PackageNotFoundError:  # run from a bare checkout
        found = "unknown"
    click.echo(f"pelican-comments, version {found}")
    ctx.exit()


COMPLETION = """\b
With this line in ~/.bashrc (zsh: zsh_source, in ~/.zshrc) the Tab key
completes commands and ids:
eval "$(_PELICAN_COMMENTS_COMPLETE=bash_source pelican-comments)"
"""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, epilog=COMPLETION)
@click.option(
    "-s", "--settings", "settings_file", default="pelicanconf.py", show_default=True, metavar="FILE",
    type=click.Path(), help="The site's settings.",
)  # fmt: skip
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version,
    help="Show the version and exit.",
)  # fmt: skip
@click.pass_context
def group(ctx: click.Context, settings_file: str) -> None:
    """Serve a Pelican blog, moderate its comments and answer them, check and import them."""
    gc.enable()  # the command has been imported
    ctx.obj = settings_file
    if ctx.invoked_subcommand not in BUILDING:
        logging.getLogger("pelican.settings").setLevel(logging.ERROR)


def main() -> None:
    """Run the command line: exit 0 done, 1 the blogger's to mend, 2 bad usage, 3 a bug, 130 interrupted, 143 ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C, so that a push that hangs ends as well
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal's encoding lacks stops nothing
    try:
        group.main(standalone_mode=False)
        gc.freeze()  # the process ends: nothing is looked through for garbage once more
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except ConversationError as error:
        click.echo(f"pelican-comments: {error}", err=True)
        sys.exit(1)
    except Exception:
        traceback.print_exc()
        click.echo("pelican-comments: this is a bug; please report it with the lines above", err=True)
        sys.exit(3)
