"""The REST outside under /api/v1: one noun a file with its schemas beside it. No rule lives here; verbs of tickets/ are called."""
