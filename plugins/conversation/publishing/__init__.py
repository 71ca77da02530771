"""Publishing: bringing the output up to date by the shortest way, which a full build's record makes possible.

Rule: what comes out is byte for byte what a full build would write; where that is not certain, it is a full build.
"""
