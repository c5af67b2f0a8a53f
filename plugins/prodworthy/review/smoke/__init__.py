"""The questions of the smoke check, each a handful of rules: what the declared pages must do in a real browser."""

from __future__ import annotations

from prodworthy.review.rules import together
from prodworthy.review.smoke import accessibility, arrival, content, faults, speed, ways

answers = together(arrival.page_status, arrival.navigation_loop, arrival.page_elsewhere)
shows_something = together(content.blank_page, arrival.page_frozen)
shows_what_is_declared = together(
    content.text_missing, content.role_missing, content.title_unexpected, content.title_missing
)
exceptions = together(faults.uncaught_exception, faults.third_party_uncaught)
console = faults.console_error
requests = together(faults.request_failed, faults.request_refused, faults.asset_failed, faults.third_party_failed)
policy = faults.csp_violation
manners = together(faults.dialog, arrival.load_unfinished)
dark = content.dark_missing
everybody = together(
    accessibility.accessibility_critical,
    accessibility.accessibility_serious,
    accessibility.accessibility_moderate,
    accessibility.accessibility_minor,
)
routes = ways.route_disagrees
paths = ways.path_broken
vitals = together(speed.lcp_over_budget, speed.cls_over_budget, speed.inp_over_budget)
