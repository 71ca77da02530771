"""The git command and what is said to it.

Rule: nobody else starts git.
"""
