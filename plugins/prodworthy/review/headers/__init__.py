"""The questions of the security headers check, each a handful of rules.

Every rule takes a `Surface`: answers of any kind (pages, redirects, assets, functions). A further kind of answer is
judged by the same rules as soon as it is part of the surface.
"""

from __future__ import annotations

from prodworthy.review.headers import (
    foreign,
    framing,
    injection,
    isolation,
    leftovers,
    policy,
    privacy,
    scripts,
    session,
    transport,
    types,
)
from prodworthy.review.headers.grades import grade, grade_below, grade_worse, graded
from prodworthy.review.rules import together

__all__ = ["grade", "grade_below", "grade_worse", "graded"]  # the others are made here

transport_security = together(
    transport.hsts_missing,
    transport.hsts_void,
    transport.hsts_off,
    transport.hsts_short,
    transport.hsts_under_a_year,
    transport.hsts_subdomains,
    transport.hsts_repeated,
    transport.hsts_preload,
)
content_security_policy = together(
    policy.csp_missing,
    policy.csp_report_only,
    policy.csp_void,
    policy.csp_syntax,
    policy.csp_deprecated,
)
script_sources = together(
    scripts.csp_scripts_unrestricted,
    scripts.csp_unsafe_inline,
    scripts.csp_broad_script_source,
    scripts.csp_unsafe_eval,
    scripts.csp_jsonp_host,
    scripts.csp_strict_dynamic_alone,
    scripts.csp_nonce_weak,
    scripts.csp_nonce_reused,
    scripts.csp_unsafe_hashes,
)
injected_markup = together(
    injection.csp_object_src_open,
    injection.csp_base_uri_nonce,
    injection.csp_base_uri,
    injection.csp_form_action,
    policy.csp_http_source,
    injection.csp_style_unsafe_inline,
    policy.csp_ip_source,
)
frames = together(
    framing.framing_missing,
    framing.framing_meta_only,
    framing.framing_void,
    framing.framing_open,
    framing.framing_conflict,
    framing.framing_options_only,
)
content_types = together(types.nosniff_missing, types.nosniff_void, types.content_type_missing)
caching = together(types.document_cached, types.session_cached)
referrers = together(
    privacy.referrer_policy_missing,
    privacy.referrer_policy_unknown,
    privacy.referrer_policy_unsafe,
    privacy.referrer_policy_origin,
)
permissions = together(
    privacy.permissions_policy_missing,
    privacy.permissions_policy_void,
    privacy.permissions_policy_wildcard,
    privacy.permissions_policy_ignored,
    privacy.permissions_policy_unknown,
)
other_origins = together(
    isolation.coop_missing,
    isolation.coop_void,
    isolation.coep_void,
    isolation.corp_missing,
    isolation.corp_void,
    isolation.cors_null,
    isolation.cors_wildcard_credentials,
)
cookies = together(
    session.cookie_rejected,
    session.cookie_session_insecure,
    session.cookie_insecure,
    session.cookie_session_readable,
    session.cookie_session_cross_site,
    session.cookie_samesite,
    session.cookie_session_prefix,
)
foreign_content = together(
    foreign.mixed_content_active,
    foreign.mixed_content_passive,
    foreign.sri_missing,
    foreign.sri_void,
)
disclosure = together(
    leftovers.leak_version,
    leftovers.leak_technology,
    leftovers.xss_protection,
    leftovers.deprecated,
)
everything = together(
    transport_security,
    content_security_policy,
    script_sources,
    injected_markup,
    frames,
    content_types,
    caching,
    referrers,
    permissions,
    other_origins,
    cookies,
    foreign_content,
    disclosure,
)
