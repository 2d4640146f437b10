"""A city's organisation brought in at once: units, accounts with their posts, categories, catalogue, knowledge, boundary list, each from one table (CSV or XLSX).

table.py reads, book.py keeps what each row came to, one file a kind lays the rows by the verbs the administrator's pages use, run.py joins
them. The commands are app/commands/organisation.py, the pages app/web/admin/imports.py.
"""
