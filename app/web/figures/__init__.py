"""报表 of figures: units, ratings, channels, enterprise and metrics as pages whose every state is its address; what stands behind each figure; months and settings."""

from app.web.figures import awareness, behind, books, publishing, show  # noqa: F401 -- they put their pages on the blueprint
from app.web.figures.room import pages

__all__ = ["pages"]
