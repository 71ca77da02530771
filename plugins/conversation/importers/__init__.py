"""Importers: one module for each place comments move from.

Rule: nothing here opens a file, writes one or asks another machine. An import is planned whole, and `cli.import_` does
the rest.
"""
