"""The private inbox: what a form sent, one ref each.

Rule: what was acknowledged is on disk, exactly once.
"""
