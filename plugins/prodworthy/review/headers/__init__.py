"""The questions of the security headers check, each a handful of rules.

Every rule takes a `Surface`: answers of any kind (pages, redirects, assets) and what strangers got of them. What edge
functions answer is a surface of its own: their code sets those headers, and the host's rollback does not change them.
"""

from __future__ import annotations

from prodworthy.review.headers import (
    caching,
    cors,
    foreign,
    framing,
    functions,
    injection,
    isolation,
    leftovers,
    policy,
    privacy,
    reporting,
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
    transport.hsts_incomplete,
    transport.hsts_void,
    transport.hsts_off,
    transport.hsts_short,
    transport.hsts_under_a_year,
    transport.hsts_subdomains,
    transport.hsts_repeated,
    transport.hsts_preload,
    transport.redirect_plain,
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
    framing.framing_controls,
    framing.framing_meta_only,
    framing.framing_void,
    framing.framing_open,
    framing.framing_conflict,
    framing.framing_options_only,
)
content_types = together(
    types.nosniff_missing, types.nosniff_void, types.content_type_missing, types.content_type_charset
)
storage = together(
    caching.document_cached,
    caching.session_cached,
    caching.private_stored,
    caching.clear_site_data_void,
    caching.clear_site_data_everywhere,
)
referrers = together(
    privacy.referrer_policy_missing,
    privacy.referrer_policy_unknown,
    privacy.referrer_policy_unsafe,
    privacy.referrer_policy_origin,
    privacy.referrer_policy_attribute,
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
    isolation.isolation_partial,
)
sharing = together(
    cors.cors_reflected_credentials,
    cors.cors_null,
    cors.cors_null_public,
    cors.cors_lookalike,
    cors.cors_private_reflected,
    cors.cors_private_wildcard,
    cors.cors_wildcard_credentials,
    cors.cors_vary,
    cors.cors_malformed,
    cors.cors_plain_origin,
)
cookies = together(
    session.cookie_rejected,
    session.cookie_session_insecure,
    session.cookie_insecure,
    session.cookie_session_readable,
    session.cookie_supabase_readable,
    session.cookie_session_cross_site,
    session.cookie_samesite,
    session.cookie_session_prefix,
    session.cookie_attribute_unknown,
    session.cookie_lifetime,
)
foreign_content = together(
    foreign.mixed_content_active,
    foreign.mixed_content_passive,
    foreign.sri_missing,
    foreign.sri_evergreen,
    foreign.sri_void,
    foreign.integrity_policy_void,
)
reports = together(reporting.report_group_undeclared, reporting.report_endpoint_void)
disclosure = together(
    leftovers.leak_version,
    leftovers.leak_technology,
    leftovers.xss_protection,
    leftovers.deprecated,
    leftovers.cross_domain_policies,
    leftovers.meta_ignored,
)
called_functions = together(
    functions.function_hsts,
    functions.function_nosniff,
    functions.function_content_type,
    functions.function_data_as_html,
    functions.function_cached,
    functions.function_cookie,
    functions.function_leak,
)
everything = together(
    transport_security,
    content_security_policy,
    script_sources,
    injected_markup,
    frames,
    content_types,
    storage,
    referrers,
    permissions,
    other_origins,
    sharing,
    cookies,
    foreign_content,
    reports,
    disclosure,
)
