"""What the code may not say, found in its syntax: whatever could run what a file holds, and habits that hide faults.

Names are followed through imports (`import pickle as p`), attributes, `getattr` and `import_module`, and a banned
function may not be passed on either: nobody has to call it to let somebody else do so.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OUR_OWN_FILE = ("cnnstudio/engine/exporting/", "tests/engine/")
"""Export opens the file that it wrote a moment ago, and so do its tests."""
OUR_OWN_TEXT = ("cnnstudio/engine/exporting/code_models.py", "tests/", "benchmarks/training.py")
"""Generated code is run where it is compared with the model that it describes."""
BY_HAND = ("benchmarks/",)
"""What a benchmark measures, it has to drive by hand."""

BANNED: dict[str, tuple[str, ...]] = {
    "load_model": OUR_OWN_FILE,
    "saved_model.load": OUR_OWN_FILE,
    "model_from_json": (),
    "model_from_config": (),
    "model_from_yaml": (),
    "from_config": (),
    "clone_model": (),
    "deserialize": (),
    "deserialize_keras_object": (),
    "enable_unsafe_deserialization": (),
    "read_pickle": (),
    "torch.load": (),
    "yaml.load": (),
    "yaml.load_all": (),
    "yaml.unsafe_load": (),
    "yaml.full_load": (),
    "builtins.eval": (),
    "builtins.exec": OUR_OWN_TEXT,
    "builtins.compile": OUR_OWN_TEXT,
    "builtins.__import__": (),
    "runpy.run_path": ("tests/engine/",),
    "runpy.run_module": (),
    "os.system": (),
    "os.popen": (),
    "extractall": (),
    "processEvents": BY_HAND,
    "blockSignals": (),
    "time.sleep": ("tests/helpers/fake_worker.py",),  # a process of its own that plays dead
}
"""The end of a name, and the places where it may stand all the same."""
BANNED_MODULES = frozenset(
    ("pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "jsonpickle", "shelve", "marshal", "pickletools")
)
ONLY: dict[str, bool] = {"allow_pickle": False, "safe_mode": True, "shell": False, "weights_only": True}
"""Arguments that may have that value alone, written out."""
PICKLE_PLACE = {"numpy.load": 2, "numpy.save": 2, "numpy.lib.format.read_array": 1}
"""Where among the arguments without names stands whether pickles are read."""
SILENCED = ("no" + "qa", "type" + ": ignore", "py" + "right:", "mypy" + ":")
_BUILTINS = frozenset(name.partition(".")[2] for name in BANNED if name.startswith("builtins."))


_LASTS = frozenset(name.rpartition(".")[2] for name in BANNED)
_FOLLOWED = ("getattr", "attrgetter", "import_module", "importorskip")
_SUSPICIOUS: list[set[str]] = [
    *(set(name.split(".")) - {"builtins"} for name in BANNED),
    *({word} for word in (*BANNED_MODULES, *ONLY, *_FOLLOWED)),
    *({name.partition(".")[0], name.rpartition(".")[2]} for name in PICKLE_PLACE),
    {"lambda", "connect"},
    {"except", "pass"},
]
"""Words that a breach cannot do without, whatever else it says: text that has no such set in it is not parsed."""
_LOOKED_AT = (ast.Import, ast.ImportFrom, ast.Call, ast.Name, ast.Attribute, ast.Dict, ast.ExceptHandler)


def complaints(place: str, text: str) -> list[str]:
    """All breaches in one file; `place` is its path within the project, with slashes."""
    words = set(re.findall(r"\w+", unicodedata.normalize("NFKC", text)))  # as Python reads names
    is_suspicious = any(need <= words for need in _SUSPICIOUS)
    nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, _LOOKED_AT)] if is_suspicious else []
    known = _known(nodes)
    found = [
        *_imports(nodes),
        *_names(place, nodes, known),
        *_arguments(nodes, known),
        *_lambdas(nodes),
        *_silent_handlers(nodes),
    ]
    said = [f"{place}:{line} {what}" for line, what in sorted(set(found))]
    return said + [
        f"{place}:{number} silences a checker with {mark}"
        for number, line in enumerate(text.splitlines(), 1)
        for mark in SILENCED
        if f"# {mark}" in line
    ]


def _known(nodes: Sequence[ast.AST]) -> dict[str, str]:
    """What names stand for that imports have brought: "np" -> "numpy"."""
    known = {name: f"builtins.{name}" for name in _BUILTINS}
    for node in nodes:
        if isinstance(node, ast.Import):
            known |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom):
            known |= {a.asname or a.name: f"{node.module or ''}.{a.name}" for a in node.names}
    return known


def _whole(node: ast.expr, known: dict[str, str]) -> str:
    """The dotted name of an expression, from its module on; "" where it has none."""
    if isinstance(node, ast.Attribute):
        return f"{_whole(node.value, known)}.{node.attr}"
    return known.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _ban(whole: str) -> str:
    """The entry of BANNED that a dotted name ends in; "" where there is none."""
    parts = whole.split(".")
    ends = (".".join(parts[-count:]) for count in (2, 1))
    return next((end for end in ends if end in BANNED), "")


def _imports(nodes: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            found = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found = {node.module or ""}
        elif isinstance(node, ast.Call) and node.args and _is_import(node):
            given = node.args[0]
            found = {given.value} if isinstance(given, ast.Constant) and isinstance(given.value, str) else set()
        else:
            continue
        for module in found:
            if set(module.split(".")) & BANNED_MODULES:
                yield node.lineno, f"imports {module}"


def _is_import(call: ast.Call) -> bool:
    return _whole(call.func, {}).rpartition(".")[2] in ("import_module", "__import__", "importorskip")


def _names(place: str, nodes: Sequence[ast.AST], known: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.Attribute):
            wholes = [_whole(node, known)] if node.attr in _LASTS else []
        elif isinstance(node, ast.Name):
            wholes = [known[node.id]] if node.id in known else [node.id] if node.id in _LASTS else []
        elif isinstance(node, ast.ImportFrom):
            wholes = [f"{node.module or ''}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and _whole(node.func, known).rpartition(".")[2] in ("getattr", "attrgetter"):
            wholes = [f"{a.value}" for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            wholes += [f"builtins.{name}" for name in wholes]
        else:
            continue
        for whole in wholes:
            if (ban := _ban(whole)) and not place.startswith(BANNED[ban]):
                yield node.lineno, f"names {whole}"


def _arguments(nodes: Sequence[ast.AST], known: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.Call):
            is_spawn = _whole(node.func, known).startswith("subprocess.")
            given = [(k.arg, k.value) for k in node.keywords if k.arg and (k.arg != "shell" or is_spawn)]
            at = PICKLE_PLACE.get(_whole(node.func, known))
            given += [("allow_pickle", node.args[at])] if at is not None and len(node.args) > at else []
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            given = [(k.value, v) for k, v in pairs if isinstance(k, ast.Constant) and isinstance(k.value, str)]
        else:
            continue
        for name, value in given:
            if name in ONLY and not (isinstance(value, ast.Constant) and value.value is ONLY[name]):
                yield node.lineno, f"gives {name} another value than {ONLY[name]}"


def _lambdas(nodes: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    for call in (n for n in nodes if isinstance(n, ast.Call)):
        connects = isinstance(call.func, ast.Attribute) and call.func.attr == "connect"
        if connects and any(isinstance(argument, ast.Lambda) for argument in call.args):
            yield call.lineno, "connects a lambda, which keeps what it captures alive"


def _silent_handlers(nodes: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in (n for n in nodes if isinstance(n, ast.ExceptHandler)):
        broad = node.type is None or _whole(node.type, {}) in {"Exception", "BaseException"}
        if broad and all(isinstance(statement, ast.Pass) for statement in node.body):
            yield node.lineno, "passes over every exception"
