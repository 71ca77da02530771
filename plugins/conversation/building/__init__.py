"""Where a build of Pelican meets the conversation.

Rule: this package and `plugin` are all that touches Pelican's objects, but that the publisher makes one and runs it.
"""
