"""The example blog's settings; publishconf.py changes what differs in production."""

SITENAME = "Where We Left Off"
SITESUBTITLE = "Notes on keeping a conversation going"
SITEURL = "http://127.0.0.1:8000"
AUTHOR = "Nora Wetherlam"
TIMEZONE = "Europe/London"
DEFAULT_LANG = "en-gb"
DEFAULT_DATE_FORMAT = "%-d %B %Y"
DATE_FORMATS = {"de": "%-d. %B %Y"}

PATH = "content"
OUTPUT_PATH = "output"
STATIC_PATHS = ["media"]
USE_FOLDER_AS_CATEGORY = False
THEME = "theme"
DIRECT_TEMPLATES = ["index", "categories", "tags", "authors", "archives", "conversations", "404"]
YEAR_ARCHIVE_SAVE_AS = "{date:%Y}/index.html"
YEAR_ARCHIVE_URL = "{date:%Y}/"
DEFAULT_PAGINATION = 10
PAGINATED_TEMPLATES = {"index": None, "category": None, "tag": None, "author": None, "archives": 500}

FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_ALL_RSS = "feeds/all.rss.xml"
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None

PLUGIN_PATHS = ["plugins"]
PLUGINS = ["pelican.plugins.conversation", "pelican.plugins.sitemap"]
SITEMAP = {"format": "txt", "exclude": ["^404"]}  # its XML bears the time of the build, see ARCHITECTURE.md

CONVERSATION_SCRIPT = True
CONVERSATION_NUMBERS = True
CONVERSATION_AUTHORS = {"nora": {"name": "Nora Wetherlam", "url": "/pages/about.html"}}
