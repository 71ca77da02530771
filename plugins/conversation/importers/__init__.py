"""Importers: one module for each place comments move from."""
