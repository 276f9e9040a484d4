"""The catalogue: every block, one declaration each, one module per family."""

from cnnstudio.core.catalogue.base import BlockSpec, block, catalogue, groups, spec_class

__all__ = ["BlockSpec", "block", "catalogue", "groups", "spec_class"]
