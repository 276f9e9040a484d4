"""Edits: small frozen objects that make a new experiment from the old one, each with the words for Undo.

Edits of one drag or one burst of typing carry the same `gesture` and fold into one undo step.
"""

from cnnstudio.core.architecture import MAX_BLOCKS
from cnnstudio.core.edits.adopting import UseDesign
from cnnstudio.core.edits.base import ArchitectureEdit, Edit, EditError
from cnnstudio.core.edits.comments import AddComment, EditComment, RemoveComments, ResizeComment
from cnnstudio.core.edits.connections import Connect, Disconnect, why_not_connect
from cnnstudio.core.edits.groups import GroupBlocks, RenameGroup, SetGroupClosed, Ungroup, group_blocks
from cnnstudio.core.edits.membership import MoveBetweenGroups, why_not_move
from cnnstudio.core.edits.paste import DuplicateBlocks, PasteBlocks
from cnnstudio.core.edits.reorder import ReorderBlock
from cnnstudio.core.edits.structure import AddBlock, InsertBlock, RemoveBlocks, add_block
from cnnstudio.core.edits.values import (
    BypassBlocks,
    Describe,
    DescribeAll,
    FollowValues,
    MoveBlocks,
    RenameBlock,
    RenameExperiment,
    SetData,
    SetParameters,
    SetTraining,
    Tidy,
)
from cnnstudio.core.edits.weights import StartFresh

__all__ = [
    "MAX_BLOCKS",
    "AddBlock",
    "AddComment",
    "ArchitectureEdit",
    "BypassBlocks",
    "Connect",
    "Describe",
    "DescribeAll",
    "Disconnect",
    "DuplicateBlocks",
    "Edit",
    "EditComment",
    "EditError",
    "FollowValues",
    "GroupBlocks",
    "InsertBlock",
    "MoveBetweenGroups",
    "MoveBlocks",
    "PasteBlocks",
    "RemoveBlocks",
    "RemoveComments",
    "RenameBlock",
    "RenameExperiment",
    "RenameGroup",
    "ReorderBlock",
    "ResizeComment",
    "SetData",
    "SetGroupClosed",
    "SetParameters",
    "SetTraining",
    "StartFresh",
    "Tidy",
    "Ungroup",
    "UseDesign",
    "add_block",
    "group_blocks",
    "why_not_connect",
    "why_not_move",
]
