"""Buckets and objects, as the vendor's client and plain HTTP see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from storage3.exceptions import StorageApiError
from supabase import Client, ClientOptions, create_client

pytestmark = pytest.mark.filterwarnings("ignore:The '(timeout|verify)' parameter is deprecated")  # the client's own

USERS = [
    {"email": "ada@example.com", "password": "correct horse"},
    {"email": "bob@example.com", "password": "battery staple"},
]
MIGRATION = """
insert into storage.buckets (id, name, public) values ('pictures', 'pictures', true), ('papers', 'papers', false);
create policy own_folder on storage.objects to authenticated
  using (bucket_id = 'papers' and (storage.foldername(name))[1] = (select auth.uid())::text)
  with check (bucket_id = 'papers' and (storage.foldername(name))[1] = (select auth.uid())::text);
"""
BYTES = bytes(range(256)) + b"\r\n--not a boundary\r\n\r\n"


@pytest.fixture(scope="module")
def project(serve_project: Callable[..., Any]) -> Any:
    return serve_project({"migrations/1_buckets.sql": MIGRATION}, users=USERS)


@pytest.fixture(scope="module")
def connect(project: Any) -> Iterator[Callable[..., Client]]:
    with httpx.Client() as carrier:

        def client(key: str, user: dict[str, str] | None = None) -> Client:
            made = create_client(project.url, key, ClientOptions(httpx_client=carrier, auto_refresh_token=False))
            if user:
                made.auth.sign_in_with_password(user)
            return made

        yield client


@pytest.fixture(scope="module")
def service(project: Any, connect: Callable[..., Client]) -> Client:
    return connect(project.secret)


@pytest.fixture(scope="module")
def anon(project: Any, connect: Callable[..., Client]) -> Client:
    return connect(project.publishable)


def test_buckets_are_made_changed_listed_and_dropped(service: Client) -> None:
    service.storage.create_bucket("drafts", options={"file_size_limit": 10, "allowed_mime_types": ["text/*"]})
    assert "drafts" in [bucket.id for bucket in service.storage.list_buckets()]
    service.storage.update_bucket("drafts", {"public": True})
    assert service.storage.get_bucket("drafts").public is True
    service.storage.delete_bucket("drafts")
    with pytest.raises(StorageApiError, match="Bucket not found"):
        service.storage.get_bucket("drafts")


def test_a_file_comes_back_byte_for_byte(service: Client) -> None:
    papers = service.storage.from_("papers")
    papers.upload("a/b.bin", BYTES, {"content-type": "application/x-test", "cache-control": "60"})
    assert papers.download("a/b.bin") == BYTES
    assert papers.info("a/b.bin")["content_type"] == "application/x-test"
    with pytest.raises(StorageApiError, match="already exists") as caught:
        papers.upload("a/b.bin", b"again")
    assert caught.value.status == "409"
    papers.upload("a/b.bin", b"again", {"upsert": "true"})
    assert papers.download("a/b.bin") == b"again"
    assert [gone["name"] for gone in papers.remove(["a/b.bin"])] == ["a/b.bin"]


def test_a_listing_shows_one_level(service: Client) -> None:
    papers = service.storage.from_("papers")
    for name in ("list/z.txt", "list/deep/er.txt", "list/a.txt"):
        papers.upload(name, b"x")
    entries = papers.list("list", {"sortBy": {"column": "name", "order": "asc"}})
    assert [(entry["name"], entry["id"] is None) for entry in entries] == [
        ("a.txt", False),
        ("deep", True),
        ("z.txt", False),
    ]
    assert [entry["name"] for entry in papers.list("list", {"limit": 1, "offset": 1})] == ["deep"]


def test_files_are_moved_and_copied(service: Client) -> None:
    papers = service.storage.from_("papers")
    papers.upload("from.txt", b"text")
    papers.copy("from.txt", "copy.txt")
    papers.move("from.txt", "to.txt")
    assert (papers.download("copy.txt"), papers.download("to.txt")) == (b"text", b"text")
    with pytest.raises(StorageApiError, match="Object not found"):
        papers.download("from.txt")


def test_a_public_bucket_needs_no_key_to_read(service: Client, project: Any) -> None:
    service.storage.from_("pictures").upload("cat.svg", b"<svg/>", {"content-type": "image/svg+xml"})
    answer = httpx.get(f"{project.url}/storage/v1/object/public/pictures/cat.svg")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"<svg/>", "image/svg+xml")
    assert httpx.get(answer.url, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    part = httpx.get(answer.url, headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"svg", "bytes 1-3/6")


def test_a_signed_address_opens_one_file(service: Client, project: Any) -> None:
    papers = service.storage.from_("papers")
    papers.upload("signed one.txt", b"for you")
    papers.upload("other.txt", b"not for you")
    address = papers.create_signed_url("signed one.txt", 60)["signedURL"]
    assert httpx.get(address).content == b"for you"
    swapped = httpx.get(address.replace("signed%20one", "other"))
    assert (swapped.status_code, swapped.json()["error"]) == (400, "InvalidSignature")
    both = papers.create_signed_urls(["other.txt", "none.txt"], 60)
    assert [bool(one["error"]) for one in both] == [False, True]


def test_an_upload_can_be_signed_for_somebody_else(service: Client, anon: Client) -> None:
    signed = service.storage.from_("papers").create_signed_upload_url("handed in.txt")
    anon.storage.from_("papers").upload_to_signed_url("handed in.txt", signed["token"], b"homework")
    assert service.storage.from_("papers").download("handed in.txt") == b"homework"


def test_policies_rule_who_reads_and_writes(connect: Callable[..., Client], project: Any, anon: Client) -> None:
    ada, bob = (connect(project.publishable, user) for user in USERS)
    session = ada.auth.get_session()
    assert session is not None
    name = f"{session.user.id}/diary.txt"
    ada.storage.from_("papers").upload(name, b"dear diary")
    assert ada.storage.from_("papers").download(name) == b"dear diary"
    for other in (bob, anon):
        with pytest.raises(StorageApiError, match="Object not found"):
            other.storage.from_("papers").download(name)
        with pytest.raises(StorageApiError, match="row-level security") as caught:
            other.storage.from_("papers").upload(f"{session.user.id}/forged.txt", b"x")
        assert caught.value.status == "403"
        assert other.storage.from_("papers").list(session.user.id) == []


def test_limits_of_a_bucket_are_kept(service: Client) -> None:
    service.storage.create_bucket("small", options={"file_size_limit": 10, "allowed_mime_types": ["text/*"]})
    small = service.storage.from_("small")
    with pytest.raises(StorageApiError, match="maximum allowed size"):
        small.upload("big.txt", b"x" * 11, {"content-type": "text/plain"})
    with pytest.raises(StorageApiError, match="not supported"):
        small.upload("x.png", b"x", {"content-type": "image/png"})


def test_the_public_sees_no_buckets_and_no_key_is_told_apart(project: Any) -> None:
    listed = httpx.get(f"{project.url}/storage/v1/bucket", headers={"apikey": project.publishable})
    assert (listed.status_code, listed.json()) == (200, [])
    keyless = httpx.get(f"{project.url}/storage/v1/bucket")
    assert keyless.status_code == 400
    assert keyless.json()["message"] == "headers must have required property 'authorization'"


def test_client_errors_are_a_400_that_names_the_status_in_the_body(project: Any) -> None:
    answer = httpx.get(f"{project.url}/storage/v1/bucket/none", headers={"apikey": project.secret})
    assert answer.status_code == 400
    assert answer.json() == {"statusCode": "404", "error": "Bucket not found", "message": "Bucket not found"}


def test_the_service_says_that_it_is_up(project: Any) -> None:
    status = httpx.get(f"{project.url}/storage/v1/status")
    health = httpx.get(f"{project.url}/storage/v1/health", headers={"apikey": project.secret})
    assert (status.status_code, status.content, health.json()) == (200, b"", {"healthy": True})
