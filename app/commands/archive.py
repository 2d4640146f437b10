"""The file a backup is: one tar of manifest.json, database.dump and the uploads. Packs and unpacks it; knows no database."""

import hashlib
import io
import json
import os
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import click

FORMAT = 1
MANIFEST, DUMP, UPLOADS = "manifest.json", "database.dump", "uploads"


class BadArchive(click.ClickException):
    """The file is not a whole backup of ours; the message says why."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `key` tells whether two identity keys are the same, without telling the key."""

    made_at: str
    schema: str
    postgres: int
    key: str
    tables: dict[str, int]
    files: int
    dump_sha256: str
    format: int = FORMAT


def pack(target: Path, manifest: Manifest, dump: Path, uploads: Path) -> None:
    """Write the archive beside `target` and rename it when whole; readable by its owner only."""
    partial = target.with_name(f"{target.name}.partial")
    words = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            head = tarfile.TarInfo(MANIFEST)
            head.size, head.mode = len(words), 0o600
            tar.addfile(head, io.BytesIO(words))
            tar.add(dump, DUMP)
            for path in upload_files(uploads):
                tar.add(path, f"{UPLOADS}/{path.relative_to(uploads).as_posix()}", recursive=False)
            tar.close()
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


def upload_files(uploads: Path) -> list[Path]:
    """Every stored file, in a settled order."""
    return sorted(path for path in uploads.rglob("*") if path.is_file()) if uploads.is_dir() else []


def read_manifest(source: Path) -> Manifest:
    """The manifest of the archive `source`. Raises BadArchive."""
    try:
        with tarfile.open(source) as tar:
            first = tar.next()
            file = tar.extractfile(first) if first and first.name == MANIFEST and first.isfile() else None
            if file is None:
                raise BadArchive(f"{source} 不是本系统的备份 (not a backup of this system)")
            manifest = Manifest(**json.loads(file.read()))
    except (tarfile.TarError, ValueError, TypeError, EOFError) as error:
        raise BadArchive(f"{source} 读不出来，不是备份或已损坏：{error} (not a backup, or damaged)") from error
    if manifest.format != FORMAT:
        raise BadArchive(f"备份格式是 {manifest.format}，这里只认 {FORMAT}，请换新版程序 (made by another version of this program)")
    return manifest


def unpack(source: Path, manifest: Manifest, folder: Path) -> tuple[Path, Path]:
    """Put dump and uploads into `folder`, checked against the manifest; gives both paths. Raises BadArchive."""
    dump, uploads = folder / DUMP, folder / UPLOADS
    uploads.mkdir()
    count = 0
    try:
        with tarfile.open(source) as tar:
            for member in tar:
                if member.name == MANIFEST:
                    continue
                target = _target(member, folder)
                if not member.isfile() or target is None:
                    raise BadArchive(f"备份里有不该有的东西：{member.name} (the backup holds something foreign)")
                target.parent.mkdir(parents=True, exist_ok=True)
                tar.makefile(member, target)
                count += target != dump
    except (tarfile.TarError, EOFError) as error:
        raise BadArchive(f"{source} 不完整：{error} (the backup is not whole)") from error
    if not dump.exists() or sha256(dump) != manifest.dump_sha256 or count != manifest.files:
        raise BadArchive(f"{source} 不完整或被改过 (the backup is not whole, or was changed)")
    return dump, uploads


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _target(member: tarfile.TarInfo, folder: Path) -> Path | None:
    """Where a member belongs; nothing may leave `folder`."""
    parts = PurePosixPath(member.name).parts
    if parts == (DUMP,):
        return folder / DUMP
    inside = len(parts) > 1 and parts[0] == UPLOADS and ".." not in parts
    return folder.joinpath(*parts) if inside else None
