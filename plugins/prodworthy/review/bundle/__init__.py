"""The questions of the bundle check: is the whole build served, quickly, and without what should stay at home?"""

from __future__ import annotations

from prodworthy.review.bundle import completeness, delivery, secrecy, weight
from prodworthy.review.bundle.weight import sizes
from prodworthy.review.rules import together

__all__ = ["discreet", "no_worse", "rightly_connected", "runnable", "sizes", "small", "well_served", "whole"]

whole = together(
    completeness.empty,
    completeness.entry_missing,
    completeness.chunk_missing,
    completeness.chunk_is_html,
    completeness.asset_missing,
)
runnable = together(
    completeness.chunk_type,
    completeness.wasm_type,
    completeness.integrity_mismatch,
    completeness.import_unresolved,
    completeness.garbled,
)
small = together(
    weight.over_initial_budget,
    weight.over_total_budget,
    weight.over_largest_budget,
    weight.package_twice,
)
no_worse = together(weight.growth)
well_served = together(delivery.not_compressed, delivery.hashed_not_immutable, delivery.unhashed_cached_forever)
discreet = together(secrecy.source_map_public, secrecy.secret, secrecy.secret_variable, secrecy.private_file)
rightly_connected = together(secrecy.other_project, secrecy.key_not_declared)
