"""A policy's condition is seen through where it holds for every row, and never taken for more than was understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodworthy.review.supabase.conditions import holds

EVERYBODY = [
    "true",
    "(true)",
    "(1 = 1)",
    "(NOT false)",
    "(id = id)",
    '("userId" = "userId")',
    "((id)::text = (id)::text)",
    "('a'::text = 'a'::text)",
    "((user_id = auth.uid()) OR true)",
    "(true OR (user_id = auth.uid()))",
    "(((name ~~ '%.jpg'::text) OR (EXISTS ( SELECT 1\n   FROM members\n  WHERE (members.id = 1)))) OR true)",
    "((auth.uid() IS NULL) OR (auth.uid() IS NOT NULL))",
    "((auth.role() = 'anon'::text) OR (auth.role() = 'authenticated'::text))",
    "(( SELECT auth.role() AS role) = ANY (ARRAY['anon'::text, 'authenticated'::text]))",
    "(auth.role() <> ALL (ARRAY['service_role'::text, 'postgres'::text]))",
    "(NOT (auth.role() = 'service_role'::text))",
    "((id = id) IS TRUE)",
    "(id IS NOT DISTINCT FROM id)",
    "( SELECT true AS bool)",
]
USERS = [
    "(auth.uid() IS NOT NULL)",
    "auth.uid() is not null",
    "(( SELECT auth.uid() AS uid) IS NOT NULL)",
    "(( SELECT ( SELECT auth.uid() AS uid) AS uid) IS NOT NULL)",
    "((auth.uid())::text IS NOT NULL)",
    "(auth.uid() = auth.uid())",
    "(auth.uid() = ( SELECT auth.uid() AS uid))",
    "(auth.role() = 'authenticated'::text)",
    "('authenticated'::text = auth.role())",
    "(( SELECT auth.role() AS role) = 'authenticated'::text)",
    "(auth.role() <> 'anon'::text)",
    "(auth.role() = ANY (ARRAY['authenticated'::text, 'service_role'::text]))",
    "((auth.jwt() ->> 'role'::text) = 'authenticated'::text)",
    "(( SELECT (auth.jwt() ->> 'role'::text)) = 'authenticated'::text)",
    "((( SELECT auth.jwt() AS jwt) ->> 'role'::text) = 'authenticated'::text)",
    "((auth.jwt() ->> 'sub'::text) IS NOT NULL)",
    "(auth.jwt() IS NOT NULL)",
    "(CURRENT_USER = 'authenticated'::name)",
    "((auth.uid() IS NOT NULL) AND (auth.role() = 'authenticated'::text))",
    "(NOT (auth.uid() IS NULL))",
    "((auth.uid() = user_id) OR (auth.uid() IS NOT NULL))",
    "((auth.role() = 'authenticated'::text) IS TRUE)",
    "(auth.uid() IS DISTINCT FROM NULL::uuid)",
]
STRANGERS = [
    "(auth.role() = 'anon'::text)",
    "(auth.uid() IS NULL)",
    "((auth.uid() = auth.uid()) IS NOT TRUE)",
]
SOUND = [
    "(auth.uid() = user_id)",
    "(user_id = ( SELECT auth.uid() AS uid))",
    "((( SELECT auth.uid() AS uid) = owner) AND (status = 'draft'::text))",
    "((auth.uid() = user_id) AND true)",
    "((auth.uid() = user_id) OR (status = 'public'::text))",
    "((auth.uid() = user_id) OR (auth.role() = 'service_role'::text))",
    "is_admin()",
    "private.is_admin()",
    "auth.is_admin(true)",
    "uid()",
    "(is_admin() OR false)",
    "(NOT is_blocked())",
    "is_public",
    "(NOT archived)",
    "(published_at IS NOT NULL)",
    "(user_id IS DISTINCT FROM auth.uid())",
    "(auth.uid() <> user_id)",
    "(auth.role() = 'service_role'::text)",
    "(auth.role() = status)",
    "((auth.jwt() ->> 'role'::text) = 'admin'::text)",
    "((auth.jwt() -> 'role'::text) = 'authenticated'::text)",
    "(((auth.jwt() -> 'app_metadata'::text) ->> 'role'::text) = 'authenticated'::text)",
    "((( SELECT (auth.jwt() ->> 'is_anonymous'::text)))::boolean IS FALSE)",
    "((bucket_id = 'x'::text) AND ((storage.foldername(name))[1] = (auth.uid())::text))",
    "(auth.uid() IN ( SELECT members.user_id\n   FROM members\n  WHERE (members.team = notes.team)))",
    "(EXISTS ( SELECT 1\n   FROM members\n  WHERE (members.user_id = auth.uid())))",
    "( SELECT members.admin\n   FROM members\n  WHERE (members.user_id = auth.uid()))",
    "( SELECT true AS bool\n   FROM members\n  WHERE (members.user_id = auth.uid()))",
    "(role = ANY (ARRAY['a'::text]))",
    "(auth.role() = ANY (roles))",
    "(auth.role() <> ALL (roles))",
    "CASE\n    WHEN (auth.uid() IS NOT NULL) THEN is_admin()\n    ELSE true\nEND",
    "(random() = random())",
    "((price)::integer = price)",
    "(a OPERATOR(extensions.=) a)",
    "(id = (id + 1))",
    "false",
    "NULL::boolean",
    "(true AND false)",
    "((NULL::boolean) OR is_admin())",
    "'the word true'",
    '"true"',
    "(true",
    "true)",
    "true OR",
    "(auth.uid() IS NOT NULL) AND …",
    "'unfinished",
    "true; drop table x",
    "(1 = 2)",
]


@pytest.mark.parametrize("condition", EVERYBODY)
def test_what_holds_for_every_row_is_seen(condition: str) -> None:
    assert holds(condition, "anon")
    assert holds(condition, "authenticated")


@pytest.mark.parametrize("condition", USERS)
def test_what_holds_for_whoever_is_signed_in_is_seen(condition: str) -> None:
    assert holds(condition, "authenticated")
    assert not holds(condition, "anon")


@pytest.mark.parametrize("condition", STRANGERS)
def test_what_holds_for_whoever_is_not_signed_in_is_seen(condition: str) -> None:
    assert holds(condition, "anon")
    assert not holds(condition, "authenticated")


@pytest.mark.parametrize("condition", SOUND)
def test_what_tells_rows_apart_or_is_not_understood_is_not_called_open(condition: str) -> None:
    assert not holds(condition, "anon")
    assert not holds(condition, "authenticated")


def test_a_column_can_be_given_its_value() -> None:
    condition = "((bucket_id = 'pictures'::text) AND (auth.role() = 'anon'::text))"
    assert holds(condition, "anon", {"bucket_id": "pictures"})
    assert not holds(condition, "anon", {"bucket_id": "letters"})
    assert not holds(condition, "anon")


@pytest.mark.parametrize("text", ["(" * 5000, "(" * 5000 + "true" + ")" * 5000, "NOT " * 5000, "true OR " * 5000])
def test_a_condition_of_any_depth_comes_to_an_end(text: str) -> None:
    assert not holds(text, "anon")


PARTS = "( ) AND OR NOT id auth.uid() = <> IS NULL DISTINCT FROM ANY ARRAY [ ] , SELECT AS 'a' 1 ::text ->> ."


@given(st.lists(st.sampled_from(PARTS.split())))
def test_no_text_is_a_fault_of_ours(parts: list[str]) -> None:
    assert holds(" ".join(parts), "authenticated") in {True, False}


WORDS = st.recursive(
    st.sampled_from(["true", "false", "unknown"]),
    lambda inner: st.one_of(st.tuples(st.just("NOT"), inner), st.tuples(st.sampled_from(["AND", "OR"]), inner, inner)),
    max_leaves=12,
)


def _printed(tree: object) -> str:
    if isinstance(tree, tuple):
        return (
            f"(NOT {_printed(tree[1])})" if len(tree) == 2 else f"({_printed(tree[1])} {tree[0]} {_printed(tree[2])})"
        )
    return "is_admin()" if tree == "unknown" else str(tree)


def _true(tree: object, unknown: bool) -> bool:
    if isinstance(tree, tuple):
        parts = [_true(each, unknown) for each in tree[1:]]
        return not parts[0] if tree[0] == "NOT" else all(parts) if tree[0] == "AND" else any(parts)
    return unknown if tree == "unknown" else tree == "true"


@given(WORDS)
def test_nothing_is_called_open_that_depends_on_what_is_not_known(tree: object) -> None:
    if holds(_printed(tree), "anon"):
        assert _true(tree, True)
        assert _true(tree, False)
