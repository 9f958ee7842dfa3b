"""How an error becomes an HTTP reply: the same code and Chinese sentence as on a link, with the fitting status."""

import logging
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from relay_protocol.errors import BanwenError, ErrorCode

log = logging.getLogger(__name__)

STATUS = {
    ErrorCode.BAD_INPUT: 400,
    ErrorCode.MALFORMED: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.REFUSED: 403,
    ErrorCode.UNBOUND: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.GONE: 410,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.FORBIDDEN_TYPE: 415,
    ErrorCode.LOCKED_OUT: 423,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.VERSION: 400,
    ErrorCode.UNSUPPORTED: 400,
    ErrorCode.UNREACHABLE: 503,
}
CODES = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.BAD_INPUT}
SENTENCES = {404: "没有这个页面或内容，请检查地址。", 405: "不支持这种访问方式，请检查地址。"}


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON reply that no cache keeps."""
    common = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(value), status, {**common, **(headers or {})}, "application/json")


def refusal(error: BanwenError) -> Response:
    """Return the reply for an error a person can be told about."""
    wait = error.detail.get("wait")
    headers = {"Retry-After": str(wait)} if isinstance(wait, int) else {}
    if error.code is ErrorCode.TOO_LARGE:
        headers["Connection"] = "close"  # or the rest of the body would still be received, only to be dropped
    return json({"code": error.code, "message": error.message}, STATUS.get(error.code, 500), headers)


async def on_banwen_error(request: Request, error: Exception) -> Response:
    """Answer a typed error."""
    if not isinstance(error, BanwenError):
        raise error
    log.info("request refused", extra={"code": str(error.code), **_fields(error)})
    return refusal(error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such path, wrong method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = CODES.get(status, ErrorCode.BAD_INPUT)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}  # Allow, after a wrong method
    return json({"code": code, "message": SENTENCES.get(status, "请求不正确，请检查后重试。")}, status, headers)


async def on_incident(request: Request, error: Exception) -> Response:
    """Answer a mistake of ours: it is logged, and nothing of it is told."""
    log.error("incident", exc_info=error)
    return json({"code": ErrorCode.INTERNAL, "message": "系统暂时无法处理，请稍后重试。"}, 500)


def _fields(error: BanwenError) -> dict[str, object]:
    return {f"detail_{key}": value for key, value in error.detail.items()}


HANDLERS = {BanwenError: on_banwen_error, HTTPException: on_http_error, Exception: on_incident}
"""What Starlette calls for each kind of error."""
