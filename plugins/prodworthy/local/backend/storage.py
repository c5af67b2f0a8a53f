"""Files (`/storage/v1`): buckets and objects; their rows obey row-level security, their bytes lie in a private folder.

Most refusals are answered with HTTP 400, and the status that is meant stands in the body
(`supabase/storage: src/internal/errors`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import mimetypes
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import psycopg
from psycopg.rows import DictRow

from prodworthy.local.backend.database import Identity, Pool, acting, rows
from prodworthy.local.backend.keys import BadToken, Caller, Keyring
from prodworthy.local.backend.messages import Request, Response, json_response
from prodworthy.local.backend.rest import Rest

_OBJECT = re.compile(
    r"/object/(?:(?P<way>public|authenticated|sign|upload/sign|info/public|info/authenticated|info)/)?"
    r"(?P<bucket>[^/]+)/(?P<name>.+)"
)


class Refusal(Exception):
    """An error of the storage service: `status` is the one in the body."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error

    def response(self) -> Response:
        """The answer: 400 for everything that the client did wrong."""
        body = {"statusCode": str(self.status), "error": self.error, "message": str(self)}
        return json_response(400 if self.status < 500 else 500, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way in."""

    content: bytes
    media_type: str
    cache_control: str
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Answers the storage service's requests."""

    pool: Pool  # as the callers' roles
    full: Pool  # with full rights
    keyring: Keyring
    rest: Rest
    folder: Path  # private to this run

    async def answer(self, request: Request, caller: Caller | None) -> Response:
        """Answer one request; the caller is None without an API key."""
        try:
            return await self._open(request) or await self._route(request, self._signed_in(request, caller))
        except Refusal as refusal:
            return refusal.response()
        except psycopg.errors.InsufficientPrivilege as error:
            return Refusal(403, "Unauthorized", error.diag.message_primary or str(error)).response()
        except psycopg.errors.UniqueViolation:
            return Refusal(409, "Duplicate", "The resource already exists").response()
        except psycopg.errors.ForeignKeyViolation:
            return _no_bucket().response()
        except psycopg.Error as error:
            return Refusal(500, "DatabaseError", str(error)).response()

    async def _open(self, request: Request) -> Response | None:
        """What needs no key: the status, public objects, and addresses that carry a signature."""
        if request.path == "/status":
            return Response(headers={"content-type": "text/plain"})
        match = _OBJECT.fullmatch(request.path)
        if not match:
            return None
        way, bucket, name = match["way"], match["bucket"], match["name"]
        if way in {"public", "info/public"} and request.method in {"GET", "HEAD"}:
            found = await self.full.rows("select public from storage.buckets where id = $1", (bucket,))
            if not found or not found[0]["public"]:
                raise _no_bucket()
            row = await self._row(self.full, bucket, name)
            return json_response(200, _info(row)) if way == "info/public" else self._download(request, row)
        if way == "sign" and request.method in {"GET", "HEAD"}:
            self._check_signature(request, f"{bucket}/{name}")
            return self._download(request, await self._row(self.full, bucket, name))
        if way == "upload/sign" and request.method == "PUT":
            claims = self._check_signature(request, f"{bucket}/{name}")
            owner = Caller(role="service_role", claims={"sub": claims.get("owner"), "role": "service_role"})
            return await self._upload(request, owner, bucket, name, replace=bool(claims.get("upsert")))
        return None

    def _signed_in(self, request: Request, caller: Caller | None) -> Caller:
        token = request.bearer
        if token is not None and self.keyring.kind(token) is None:
            try:
                claims = self.keyring.claims(token)
            except BadToken as error:
                message = '"exp" claim timestamp check failed' if error.expired else "Invalid Compact JWS"
                raise Refusal(403, "Unauthorized", message) from error
            return Caller(role=str(claims.get("role", "anon")), claims=claims)
        if caller is None:
            raise Refusal(400, "Error", "headers must have required property 'authorization'")
        return caller

    async def _route(self, request: Request, caller: Caller) -> Response:
        path, method = request.path.rstrip("/"), request.method
        if path == "/health" and method == "GET":
            return await self._health()
        if match := re.fullmatch(r"/bucket(?:/([^/]+))?(/empty)?", path):
            return await self._buckets(request, caller, match[1], emptied=bool(match[2]))
        if match := re.fullmatch(r"/object/list/([^/]+)", path):
            return await self._list(request, caller, match[1])
        if method == "POST" and path in {"/object/move", "/object/copy"}:
            return await self._relocate(_body(request), caller, copied=path.endswith("copy"))
        if method == "POST" and (match := re.fullmatch(r"/object/sign/([^/]+)", path)):
            return await self._sign_many(_body(request), caller, match[1])
        if method == "DELETE" and (match := re.fullmatch(r"/object/([^/]+)", path)):
            return await self._remove(_body(request).get("prefixes", []), caller, match[1])
        if match := _OBJECT.fullmatch(path):
            return await self._object(request, caller, match["way"], match["bucket"], match["name"])
        raise Refusal(404, "Not Found", f"Route {method}:{request.path} not found")

    async def _health(self) -> Response:
        """Always 200: whether the database answers stands in the body."""
        try:
            await self.full.rows("select 1")
        except psycopg.Error:
            return json_response(200, {"healthy": False})
        return json_response(200, {"healthy": True})

    # buckets ---------------------------------------------------------------------------------------------------------

    async def _buckets(self, request: Request, caller: Caller, bucket: str | None, *, emptied: bool) -> Response:
        match request.method, bucket, emptied:
            case "GET", None, _:
                found = await self._as(caller, "select * from storage.buckets order by name", ())
                return json_response(200, [_bucket(row) for row in found])
            case "GET", str(), _:
                found = await self._as(caller, "select * from storage.buckets where id = $1", (bucket,))
                return json_response(200, _bucket(_one(found, _no_bucket())))
            case "POST", None, _:
                return await self._create_bucket(_body(request), caller)
            case "POST", str(), True:
                names = await self._as(caller, "select name from storage.objects where bucket_id = $1", (bucket,))
                await self._delete(caller, bucket, [row["name"] for row in names])
                return json_response(200, {"message": "Successfully emptied"})
            case "PUT", str(), _:
                return await self._change_bucket(_body(request), caller, bucket)
            case "DELETE", str(), _:
                return await self._drop_bucket(caller, bucket)
        raise Refusal(404, "Not Found", f"Route {request.method}:{request.path} not found")

    async def _create_bucket(self, body: Mapping[str, Any], caller: Caller) -> Response:
        name = str(body.get("name") or body.get("id") or "")
        if not name:
            raise Refusal(400, "Error", "body must have required property 'name'")
        owner = caller.claims.get("sub")
        await self._as(
            caller,
            "insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, owner, owner_id) "
            "values ($1, $2, $3, $4, $5, $6::uuid, $6)",
            (
                str(body.get("id") or name), name, bool(body.get("public")), _size(body.get("file_size_limit")),
                body.get("allowed_mime_types"), owner,
            ),
        )  # fmt: skip
        return json_response(200, {"name": name})

    async def _change_bucket(self, body: Mapping[str, Any], caller: Caller, bucket: str) -> Response:
        changed = await self._as(
            caller,
            "update storage.buckets set public = coalesce($2, public), file_size_limit = $3, allowed_mime_types = $4, "
            "updated_at = now() where id = $1 returning id",
            (bucket, body.get("public"), _size(body.get("file_size_limit")), body.get("allowed_mime_types")),
        )
        _one(changed, _no_bucket())
        return json_response(200, {"message": "Successfully updated"})

    async def _drop_bucket(self, caller: Caller, bucket: str) -> Response:
        try:
            dropped = await self._as(caller, "delete from storage.buckets where id = $1 returning id", (bucket,))
        except psycopg.errors.ForeignKeyViolation:
            raise Refusal(409, "InvalidRequest", "The bucket you tried to delete is not empty") from None
        _one(dropped, _no_bucket())
        return json_response(200, {"message": "Successfully deleted"})

    # objects ---------------------------------------------------------------------------------------------------------

    async def _object(self, request: Request, caller: Caller, way: str | None, bucket: str, name: str) -> Response:
        match request.method, way:
            case "GET" | "HEAD", None | "authenticated":
                return self._download(request, await self._visible(caller, bucket, name))
            case "GET" | "HEAD", "info" | "info/authenticated":
                return json_response(200, _info(await self._visible(caller, bucket, name)))
            case "POST" | "PUT", None:
                replace = request.method == "PUT" or request.headers.get("x-upsert") == "true"
                return await self._upload(request, caller, bucket, name, replace=replace)
            case "DELETE", None:
                if not await self._delete(caller, bucket, [name]):
                    raise _no_object()
                return json_response(200, {"message": "Successfully deleted"})
            case "POST", "sign":
                await self._visible(caller, bucket, name)
                return json_response(200, {"signedURL": self._signed(bucket, name, _body(request).get("expiresIn"))})
            case "POST", "upload/sign":
                return self._sign_upload(request, caller, bucket, name)
        raise Refusal(404, "Not Found", f"Route {request.method}:{request.path} not found")

    async def _upload(self, request: Request, caller: Caller, bucket: str, name: str, *, replace: bool) -> Response:
        upload = _upload(request, name)
        await self._check_limits(bucket, upload)
        version = str(uuid.uuid4())
        values = (
            bucket,
            name,
            caller.claims.get("sub"),
            json.dumps(_metadata(upload)),
            version,
            json.dumps(upload.metadata),
        )
        insert = (
            "insert into storage.objects (bucket_id, name, owner, owner_id, metadata, version, user_metadata) "
            "values ($1, $2, $3::uuid, $3, $4::jsonb, $5, $6::jsonb)"
        )
        if replace:
            insert += (
                " on conflict (bucket_id, name) do update set metadata = excluded.metadata, "
                "version = excluded.version, user_metadata = excluded.user_metadata, owner = excluded.owner, "
                "owner_id = excluded.owner_id, updated_at = now()"
            )
        await asyncio.to_thread(self._keep, version, upload.content)
        await self._as(caller, insert, values)
        found = await self._row(self.full, bucket, name)
        return json_response(200, {"Id": str(found["id"]), "Key": f"{bucket}/{name}"})

    def _keep(self, version: str, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / version).write_bytes(content)

    async def _check_limits(self, bucket: str, upload: Upload) -> None:
        found = _one(await self.full.rows("select * from storage.buckets where id = $1", (bucket,)), _no_bucket())
        limit, allowed = found["file_size_limit"], found["allowed_mime_types"]
        if limit is not None and len(upload.content) > limit:
            raise Refusal(413, "Payload too large", "The object exceeded the maximum allowed size")
        kinds = [upload.media_type, upload.media_type.split("/")[0] + "/*", "*/*"]
        if allowed and not set(kinds) & set(allowed):
            raise Refusal(415, "invalid_mime_type", f"mime type {upload.media_type} is not supported")

    def _download(self, request: Request, row: DictRow) -> Response:
        metadata = row["metadata"] or {}
        content = (self.folder / row["version"]).read_bytes() if row["version"] else b""
        headers = {
            "content-type": metadata.get("mimetype", "application/octet-stream"),
            "cache-control": metadata.get("cacheControl", "no-cache"),
            "etag": metadata.get("eTag", '""'),
            "last-modified": format_datetime(row["updated_at"].astimezone(UTC), usegmt=True),
            "accept-ranges": "bytes",
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status=304, headers=headers)
        if any(key == "download" for key, _ in request.query):
            name = request.asked("download") or row["name"].split("/")[-1]
            headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if part and int(part[1]) < len(content):
            first, last = int(part[1]), min(int(part[2] or len(content)), len(content) - 1)
            headers["content-range"] = f"bytes {first}-{last}/{len(content)}"
            return Response(status=206, headers=headers, body=content[first : last + 1])
        return Response(headers=headers, body=content)

    async def _remove(self, names: Sequence[str], caller: Caller, bucket: str) -> Response:
        return json_response(200, [_described(row) for row in await self._delete(caller, bucket, names)])

    async def _delete(self, caller: Caller, bucket: str, names: Sequence[str]) -> list[DictRow]:
        query = "delete from storage.objects where bucket_id = $1 and name = any($2) returning *"
        gone = await self._as(caller, query, (bucket, list(names)))
        for row in gone:
            (self.folder / str(row["version"])).unlink(missing_ok=True)
        return gone

    async def _list(self, request: Request, caller: Caller, bucket: str) -> Response:
        """One level of a bucket: its objects, and its folders, which have a name only."""
        body = _body(request)
        prefix = str(body.get("prefix") or "")
        prefix = f"{prefix.rstrip('/')}/" if prefix else ""
        found = await self._as(
            caller, "select * from storage.objects where bucket_id = $1 and starts_with(name, $2)", (bucket, prefix)
        )
        entries: dict[str, dict[str, Any]] = {}
        for row in found:
            first, _, deeper = row["name"][len(prefix) :].partition("/")
            nothing = dict.fromkeys(("id", "updated_at", "created_at", "last_accessed_at", "metadata"))
            entries[first] = {"name": first, **nothing} if deeper else {**_described(row), "name": first}
        order = body.get("sortBy") or {}
        column = order.get("column") or "name"
        wanted = [entry for entry in entries.values() if str(body.get("search") or "") in entry["name"]]
        wanted.sort(key=lambda entry: str(entry.get(column) or ""), reverse=order.get("order") == "desc")
        offset, limit = int(body.get("offset") or 0), int(body.get("limit") or 100)
        return json_response(200, wanted[offset : offset + limit])

    async def _relocate(self, body: Mapping[str, Any], caller: Caller, *, copied: bool) -> Response:
        bucket, name = str(body.get("bucketId")), str(body.get("sourceKey"))
        to_bucket, to_name = str(body.get("destinationBucket") or bucket), str(body.get("destinationKey"))
        row = await self._visible(caller, bucket, name)
        if not copied:
            query = (
                "update storage.objects set bucket_id = $2, name = $3, updated_at = now() where id = $1 returning id"
            )
            _one(await self._as(caller, query, (row["id"], to_bucket, to_name)), _no_object())
            return json_response(200, {"message": "Successfully moved"})
        version = str(uuid.uuid4())
        await asyncio.to_thread(self._keep, version, (self.folder / row["version"]).read_bytes())
        made = await self._as(
            caller,
            "insert into storage.objects (bucket_id, name, owner, owner_id, metadata, version, user_metadata) "
            "values ($1, $2, $3::uuid, $3, $4::jsonb, $5, $6::jsonb) returning id",
            (
                to_bucket, to_name, caller.claims.get("sub"), json.dumps(row["metadata"]), version,
                json.dumps(row["user_metadata"]),
            ),
        )  # fmt: skip
        return json_response(200, {"Id": str(made[0]["id"]), "Key": f"{to_bucket}/{to_name}"})

    # signatures ------------------------------------------------------------------------------------------------------

    def _signed(self, bucket: str, name: str, seconds: object) -> str:
        claims = {"url": f"{bucket}/{name}", "iat": int(time.time()), "exp": int(time.time()) + int(str(seconds or 60))}
        token = jwt.encode(claims, self.keyring.jwt_secret, algorithm="HS256")
        return f"/object/sign/{bucket}/{quote(name)}?token={token}"

    async def _sign_many(self, body: Mapping[str, Any], caller: Caller, bucket: str) -> Response:
        paths = [str(path) for path in body.get("paths", [])]
        query = "select name from storage.objects where bucket_id = $1 and name = any($2)"
        found = {row["name"] for row in await self._as(caller, query, (bucket, paths))}
        missing = "Either the object does not exist or you do not have access to it"
        answers = [
            {
                "path": path,
                "signedURL": self._signed(bucket, path, body.get("expiresIn")) if path in found else None,
                "error": None if path in found else missing,
            }
            for path in paths
        ]
        return json_response(200, answers)

    def _sign_upload(self, request: Request, caller: Caller, bucket: str, name: str) -> Response:
        claims = {
            "url": f"{bucket}/{name}",
            "owner": caller.claims.get("sub"),
            "upsert": request.headers.get("x-upsert") == "true",
            "exp": int(time.time()) + 7200,
        }
        token = jwt.encode(claims, self.keyring.jwt_secret, algorithm="HS256")
        url = f"/object/upload/sign/{bucket}/{quote(name)}?token={token}"
        return json_response(200, {"url": url, "token": token})

    def _check_signature(self, request: Request, place: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(request.asked("token"), self.keyring.jwt_secret, algorithms=["HS256"])
        except jwt.ExpiredSignatureError:
            raise Refusal(400, "InvalidJWT", '"exp" claim timestamp check failed') from None
        except jwt.InvalidTokenError:
            raise Refusal(400, "InvalidJWT", "invalid signature") from None
        if claims.get("url") != place:
            raise Refusal(400, "InvalidSignature", "The signature does not match the requested object")
        return claims

    # the database ----------------------------------------------------------------------------------------------------

    async def _as(self, caller: Caller, query: str, parameters: Sequence[object]) -> list[DictRow]:
        settings = {**self.rest.role_settings(caller.role), "search_path": '"storage", "public", "extensions"'}
        identity = Identity(role=caller.role, claims=caller.claims, settings=settings)
        async with acting(self.pool, identity) as connection:
            return await rows(connection, query, parameters)

    async def _visible(self, caller: Caller, bucket: str, name: str) -> DictRow:
        query = "select * from storage.objects where bucket_id = $1 and name = $2"
        return _one(await self._as(caller, query, (bucket, name)), _no_object())

    @staticmethod
    async def _row(pool: Pool, bucket: str, name: str) -> DictRow:
        query = "select * from storage.objects where bucket_id = $1 and name = $2"
        return _one(await pool.rows(query, (bucket, name)), _no_object())


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError:
        raise Refusal(400, "Error", "Body is not valid JSON") from None
    return body if isinstance(body, dict) else {}


def _upload(request: Request, name: str) -> Upload:
    """The file in a request: the whole body, or the part of a form that holds one."""
    kind = request.headers.get("content-type", "application/octet-stream")
    cache = request.headers.get("cache-control", "no-cache")
    if not kind.startswith("multipart/form-data"):
        return Upload(content=request.body, media_type=kind.split(";")[0], cache_control=cache, metadata=None)
    fields: dict[str, bytes] = {}
    content, media_type = b"", mimetypes.guess_type(name)[0] or "application/octet-stream"
    for head, body in _parts(request.body, _parameter(kind, "boundary")):
        if "filename" in head.get("content-disposition", ""):
            content, media_type = body, head.get("content-type", media_type).split(";")[0]
        else:
            fields[_parameter(head.get("content-disposition", ""), "name")] = body
    if "cacheControl" in fields:
        cache = f"max-age={fields['cacheControl'].decode()}"
    metadata = json.loads(fields["metadata"]) if "metadata" in fields else None
    return Upload(content=content, media_type=media_type, cache_control=cache, metadata=metadata)


def _parts(body: bytes, boundary: str) -> list[tuple[dict[str, str], bytes]]:
    """The parts of a form: RFC 7578. What a boundary is cannot occur inside of a part."""
    found = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if separator:
            lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n") if ":" in line)
            found.append(({name.strip().lower(): value.strip() for name, _, value in lines}, content))
    return found


def _parameter(header: str, name: str) -> str:
    message = Message()
    message["content-type"] = header if "/" in header.split(";", maxsplit=1)[0] else f"x/{header}"
    return str(message.get_param(name, ""))


def _metadata(upload: Upload) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "eTag": f'"{hashlib.md5(upload.content, usedforsecurity=False).hexdigest()}"',
        "size": len(upload.content),
        "mimetype": upload.media_type,
        "cacheControl": upload.cache_control,
        "lastModified": now,
        "contentLength": len(upload.content),
        "httpStatusCode": 200,
    }


def _bucket(row: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "id",
        "name",
        "owner",
        "public",
        "type",
        "file_size_limit",
        "allowed_mime_types",
        "created_at",
        "updated_at",
    )
    return {name: _plain(row[name]) if name != "owner" else str(row[name] or "") for name in names}


def _described(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("name", "bucket_id", "owner", "owner_id", "version", "id", "updated_at", "created_at", "last_accessed_at")
    return {
        **{name: _plain(row[name]) for name in names},
        "metadata": row["metadata"],
        "user_metadata": row["user_metadata"],
    }


def _info(row: Mapping[str, Any]) -> dict[str, Any]:
    metadata = row["metadata"] or {}
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "version": row["version"],
        "bucket_id": row["bucket_id"],
        "size": metadata.get("size"),
        "content_type": metadata.get("mimetype"),
        "cache_control": metadata.get("cacheControl"),
        "etag": metadata.get("eTag"),
        "metadata": row["user_metadata"] or {},
        "last_modified": _plain(row["updated_at"]),
        "created_at": _plain(row["created_at"]),
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, uuid.UUID) else value


def _size(value: object) -> int | None:
    """A size in bytes, given as a number or as `20MB`."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+)\s*([KMG]?)I?B?", str(value).upper())
    if not match:
        raise Refusal(400, "Error", f"{value} is not a size")
    factor: int = 1024 ** " KMG".index(match[2] or " ")
    return int(match[1]) * factor


def _one(found: Sequence[DictRow], otherwise: Refusal) -> DictRow:
    if not found:
        raise otherwise
    return found[0]


def _no_bucket() -> Refusal:
    return Refusal(404, "Bucket not found", "Bucket not found")


def _no_object() -> Refusal:
    return Refusal(404, "not_found", "Object not found")
