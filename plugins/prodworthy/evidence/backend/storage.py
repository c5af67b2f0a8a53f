"""Asking the storage service and the declared buckets as anybody on the internet can."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from urllib.parse import quote

from prodworthy.evidence.backend.project import Project, public_project
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Bucket, Exchange
from prodworthy.model.backend import SeenBucket, Storage

NOWHERE = "prodworthy-no-such-object"


@piece("supabase")
async def storage(look: Look) -> Storage:
    """The service's status, the buckets that anon may list, and every declared bucket."""
    project = public_project(look)
    status, buckets, health, seen = await asyncio.gather(
        project.ask("/storage/v1/status", purpose="storage status"),
        project.ask("/storage/v1/bucket", purpose="buckets that anon may list"),
        project.ask("/storage/v1/health", purpose="storage health"),
        asyncio.gather(*(_bucket(project, bucket) for bucket in project.declared.buckets)),
    )
    return Storage(url=project.url, key=project.key, status=status, buckets=buckets, health=health, seen=tuple(seen))


async def _bucket(project: Project, bucket: Bucket) -> SeenBucket:
    name = quote(bucket.name, safe="")
    # the "info" route looks for the bucket first and for the object then, so its answer tells which one is missing
    public, listing = await asyncio.gather(
        project.ask(f"/storage/v1/object/info/public/{name}/{NOWHERE}", purpose=f"whether {bucket.name} is public"),
        project.ask(
            f"/storage/v1/object/list/{name}",
            purpose=f"list {bucket.name} as anon",
            method="POST",
            json_body={"prefix": "", "limit": 1, "offset": 0},
            repeatable=True,
        ),
    )
    return SeenBucket(declared=bucket, public=public, listing=_without_names(listing))


def _without_names(listing: Exchange) -> Exchange:
    """Evidence lasts, so other people's file names may not be in it."""
    answer = listing.answer
    if answer is None or answer.status >= 300:
        return listing
    try:
        found = answer.json()
    except ValueError:
        found = None
    kept = json.dumps([{}] * len(found)).encode() if isinstance(found, list) else b"(no list; blanked out)"
    return replace(listing, answer=replace(answer, body=kept))
