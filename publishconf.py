"""The example blog's settings in production."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # Pelican reads a settings file without its folder on the path

from pelicanconf import *  # noqa: F403 - a settings file's own way to build on another

SITEURL = "https://thornsea.example.org"
DELETE_OUTPUT_DIRECTORY = True
