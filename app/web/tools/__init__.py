"""Scripts for those who write pages: find untranslated strings, add icons, check vendored files. Nothing here runs in production."""
