"""The example blog's settings; publishconf.py changes what differs in production."""

SITENAME = "Thornsea Crossing"
SITEURL = "http://127.0.0.1:8000"
AUTHOR = "Nora Wetherlam"
TIMEZONE = "Europe/London"
DEFAULT_LANG = "en"

PATH = "content"
OUTPUT_PATH = "output"
THEME = "theme"
STATIC_PATHS = ["media"]

PLUGIN_PATHS = ["plugins"]
PLUGINS = ["pelican.plugins.conversation"]

CONVERSATION_AUTHORS = {"nora": {"name": "Nora Wetherlam"}}
