"""From threads to what is written: views, regions, feeds.

Rule: a region is a pure function of one thread, a page's facts and the settings.
"""
