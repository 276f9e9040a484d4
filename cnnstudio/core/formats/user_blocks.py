"""The person's own blocks: groups that they have saved, each a file of copied blocks in the data folder."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.formats.block_records import MAX_GROUP_NAME
from cnnstudio.core.formats.files import file_name, read_whole
from cnnstudio.core.formats.fragment import Fragment, read_fragment, write_fragment
from cnnstudio.core.formats.storage import data_folder, write_atomic
from cnnstudio.core.formats.strict_json import FileError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class UserBlock:
    """One file. It is read when first asked for; a broken one has no fragment but an `error`."""

    id: str
    """Name of its file, without the ending."""
    path: Path

    @functools.cached_property
    def _loaded(self) -> tuple[Fragment | None, str, str]:
        try:
            found = read_fragment(read_whole(self.path, "a file of blocks (.json)"), self.path.name)
        except FileError as error:
            return None, self.id, str(error)
        inner = frozenset(b.id for b in found.blocks if b.spec.kind not in ("Input", "Output"))
        if not inner:
            return None, self.id, f"{self.path.name} holds no block but Input and Output."
        name = next((g.name for g in found.groups if g.blocks == inner), self.id[:MAX_GROUP_NAME])
        return found.as_group(name), name, ""

    @property
    def fragment(self) -> Fragment | None:
        """Its blocks as one closed group; None when it cannot be read."""
        return self._loaded[0]

    @property
    def name(self) -> str:
        """What it is called on screen."""
        return self._loaded[1]

    @property
    def error(self) -> str:
        """Why it cannot be read, "" when it can."""
        return self._loaded[2]

    @property
    def contents(self) -> tuple[str, ...]:
        """Titles of its blocks, along the flow."""
        return tuple(b.spec.title for b in self.fragment.blocks) if self.fragment else ()


def user_blocks_folder() -> Path:
    """Where they lie."""
    return data_folder() / "blocks"


def user_blocks() -> list[UserBlock]:
    """All of them, by name. A folder that cannot be read counts as empty."""
    try:
        paths = sorted(user_blocks_folder().glob("*.json"))
    except OSError:
        return []
    return sorted((UserBlock(path.stem, path) for path in paths), key=lambda b: b.name.casefold())


def user_block(id: str) -> UserBlock:
    """The one of that id. Raises FileError."""
    found = next((b for b in user_blocks() if b.id == id), None)
    if found is None:
        raise FileError(f'There is no own block "{id[:60]}" any more: its file is gone.')
    return found


def is_taken(name: str) -> bool:
    """Whether another block has that name, or one whose file would be the same."""
    return _file(" ".join(name.split())).exists()


def _file(name: str) -> Path:
    return user_blocks_folder() / f"{file_name(name)}.json"


def save_user_block(fragment: Fragment, name: str, *, replace: bool = False) -> UserBlock:
    """Keep blocks under a name. They start with fresh weights wherever they are put.

    Raises FileError when the name is no good or another has it and `replace` is false; OSError when the folder cannot
    be written.
    """
    kept = " ".join(name.split())
    if not 1 <= len(kept) <= MAX_GROUP_NAME:
        raise FileError(f"A block's name has 1 to {MAX_GROUP_NAME} characters, not {len(kept):,}.")
    path = _file(kept)
    if path.exists() and not replace:
        raise FileError(
            f'You have a block "{UserBlock(path.stem, path).name}" already; choose another name or replace it.'
        )
    fresh = tuple(dataclasses.replace(b, weights_from="") for b in fragment.blocks)
    whole = dataclasses.replace(fragment, blocks=fresh).as_group(kept)
    write_atomic(path, write_fragment(whole).encode(), backup=True)
    return UserBlock(path.stem, path)


def rename_user_block(block: UserBlock, name: str) -> UserBlock:
    """Give an own block another name, and its file with it. Raises FileError and OSError as saving does."""
    if block.fragment is None:
        raise FileError(block.error)
    same_file = file_name(" ".join(name.split()) or block.name) == block.id
    renamed = save_user_block(block.fragment, name, replace=same_file)
    if not same_file:
        block.path.unlink()
    return renamed


def delete_user_block(block: UserBlock) -> None:
    """Take it away; `restore_user_block` brings it back. Raises OSError."""
    block.path.replace(_aside(block))


def restore_user_block(block: UserBlock) -> None:
    """Bring one back that was deleted. Raises OSError where it is gone for good, FileError where its name is taken."""
    if block.path.exists():
        raise FileError(f'You have another block "{block.name}" by now; rename that one first.')
    _aside(block).replace(block.path)


def _aside(block: UserBlock) -> Path:
    """Where a deleted one waits: beside the others, where no list finds it. It keeps the latest of its name."""
    return block.path.with_name(f"{block.path.name}~")
