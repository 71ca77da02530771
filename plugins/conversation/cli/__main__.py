"""`python -m pelican.plugins.conversation.cli`: the command where it is not on the PATH."""

from . import main

main()
