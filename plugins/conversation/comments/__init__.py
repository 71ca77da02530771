"""From comment files to threads: read, verify, render, place.

Rule: nothing here knows of pages, templates or Pelican.
"""
