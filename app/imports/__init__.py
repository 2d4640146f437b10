"""Bringing in tickets from files: read any shape (readers, csv_lines, sheets), find the columns (mapping), understand the cells
(cells), write batches (loading), tell what was refused (rejects). run.py joins them; the command is app/commands/imports.py."""
