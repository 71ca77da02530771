"""Deciding on submissions: the plan of a session, and carrying it out.

Rule: one session is one commit.
"""
