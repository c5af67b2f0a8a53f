"""What is wrong with a vercel.json is said with file and key, before anything is served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prodworthy.local.edge.vercel_config import VercelConfig, read_config
from prodworthy.local.errors import DeploymentFailed


def test_no_file_means_the_platforms_defaults(tmp_path: Path) -> None:
    assert read_config(tmp_path / "vercel.json") == VercelConfig()


def test_what_says_how_to_build_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "vercel.json"
    path.write_text('\ufeff{"$schema": "x", "framework": "vite", "buildCommand": null, "regions": ["fra1"]}')
    assert read_config(path) == VercelConfig()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("{,}", "is not JSON: Expecting property name enclosed in double quotes (line 1,", id="json"),
        pytest.param("[]", "the whole file must be one JSON object", id="list"),
        pytest.param('{"rewrite": []}', "unknown key `rewrite`; did you mean `rewrites`?", id="near-key"),
        pytest.param('{"zzz": 1}', "unknown key `zzz`; known keys: $schema,", id="unknown-key"),
        pytest.param('{"routes": []}', "`routes` is not supported by the embedded deployment: write it", id="legacy"),
        pytest.param('{"cleanUrls": "yes"}', '`cleanUrls` must be true or false, not "yes"', id="type"),
        pytest.param('{"headers": {}}', "`headers` must be a list, not {}", id="list-wanted"),
        pytest.param('{"rewrites": [{"source": "/a"}]}', "`rewrites[0]` lacks `destination`", id="missing-key"),
        pytest.param('{"rewrites": [7]}', "`rewrites[0]` must be an object, not 7", id="entry"),
        pytest.param(
            '{"redirects": [{"source": "/a", "destination": "/b", "permanent": true, "statusCode": 301}]}',
            "`redirects[0]` has both `permanent` and `statusCode`",
            id="two-statuses",
        ),
        pytest.param(
            '{"redirects": [{"source": "/a", "destination": "/b", "statusCode": 200}]}',
            "`redirects[0]` has the `statusCode` 200, which is no redirect",
            id="status",
        ),
        pytest.param(
            '{"rewrites": [{"source": "/(", "destination": "/b"}]}',
            "`rewrites[0]` has the `source` '/(', which is no pattern",
            id="pattern",
        ),
        pytest.param(
            '{"headers": [{"source": "/", "headers": [{"key": "A B", "value": "c"}]}]}',
            "`headers[0].headers[0]` is not a header that can be sent: 'A B'",
            id="header-name",
        ),
        pytest.param(
            '{"headers": [{"source": "/", "headers": [{"key": "A", "value": 1}]}]}',
            "`headers[0].headers[0].value` must be a text, not 1",
            id="header-value",
        ),
        pytest.param(
            '{"rewrites": [{"source": "/", "destination": "/b", "has": [{"type": "body", "key": "x"}]}]}',
            "`rewrites[0].has[0]` has the `type` 'body'; possible are header, cookie, query, host",
            id="condition-type",
        ),
        pytest.param(
            '{"rewrites": [{"source": "/", "destination": "/b", "has": [{"type": "host", "value": "("}]}]}',
            "`rewrites[0].has[0]` has the `value` '(', which is no regular expression",
            id="condition-value",
        ),
        pytest.param(
            '{"rewrites": [{"source": "/", "destination": "/b", "has": [{"type": "host", "value": {"is": "x"}}]}]}',
            "`rewrites[0].has[0].value` has the unknown key `is`",
            id="condition-operation",
        ),
    ],
)
def test_a_problem_names_file_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "vercel.json"
    path.write_text(text)
    with pytest.raises(DeploymentFailed) as failure:
        read_config(path)
    assert str(failure.value).startswith(str(path))
    assert sentence in str(failure.value)


def test_a_redirect_is_permanent_unless_it_says_otherwise(tmp_path: Path) -> None:
    entries = [{}, {"permanent": True}, {"permanent": False}, {"statusCode": 301}]
    path = tmp_path / "vercel.json"
    path.write_text(json.dumps({"redirects": [{"source": "/a", "destination": "/b", **more} for more in entries]}))
    assert [redirect.status for redirect in read_config(path).redirects] == [308, 308, 307, 301]
