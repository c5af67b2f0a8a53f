"""What edge functions must do: answer, and by their own code; let in whom they should; be readable by pages."""

from prodworthy.review.functions.contract import (
    body_schema,
    html_as_text,
    json_as_text,
    media_type,
    method_crash,
    refusal_missed,
)
from prodworthy.review.functions.cors import (
    cors_missing,
    cors_missing_on_error,
    credentials_wildcard,
    foreign_origin_allowed,
    preflight_header_missing,
    preflight_refused,
    vary_missing,
)
from prodworthy.review.functions.failures import (
    crashes,
    does_not_start,
    no_answer_in_time,
    out_of_resources,
    rate_limited,
    status_unexpected,
)
from prodworthy.review.functions.presence import not_active, not_found, platform_answered, undeclared
from prodworthy.review.functions.regions import region_elsewhere, region_failed
from prodworthy.review.functions.speed import slow
from prodworthy.review.functions.stamps import source_differs, stamp_flaps, stamp_missing, stamp_unexpected
from prodworthy.review.functions.tokens import (
    forged_token_accepted,
    jwt_setting,
    open_without_jwt,
    refused_without_jwt,
    token_refused,
)
from prodworthy.review.rules import together

presence = together(
    not_found,
    not_active,
    does_not_start,
    crashes,
    out_of_resources,
    no_answer_in_time,
    rate_limited,
    status_unexpected,
    platform_answered,
)
surplus = undeclared
tokens = together(open_without_jwt, forged_token_accepted, refused_without_jwt, token_refused, jwt_setting)
contract = together(body_schema, media_type, json_as_text, html_as_text, refusal_missed, method_crash)
cors = together(
    preflight_refused,
    preflight_header_missing,
    cors_missing,
    cors_missing_on_error,
    foreign_origin_allowed,
    credentials_wildcard,
    vary_missing,
)
stamps = together(stamp_missing, stamp_unexpected, stamp_flaps, source_differs)
regions = together(region_failed, region_elsewhere)

__all__ = [
    "body_schema",
    "contract",
    "cors",
    "cors_missing",
    "cors_missing_on_error",
    "crashes",
    "credentials_wildcard",
    "does_not_start",
    "foreign_origin_allowed",
    "forged_token_accepted",
    "html_as_text",
    "json_as_text",
    "jwt_setting",
    "media_type",
    "method_crash",
    "no_answer_in_time",
    "not_active",
    "not_found",
    "open_without_jwt",
    "out_of_resources",
    "platform_answered",
    "preflight_header_missing",
    "preflight_refused",
    "presence",
    "rate_limited",
    "refusal_missed",
    "refused_without_jwt",
    "region_elsewhere",
    "region_failed",
    "regions",
    "slow",
    "source_differs",
    "stamp_flaps",
    "stamp_missing",
    "stamp_unexpected",
    "stamps",
    "status_unexpected",
    "surplus",
    "token_refused",
    "tokens",
    "undeclared",
    "vary_missing",
]
