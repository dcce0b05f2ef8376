"""What an MCP server says of its tools and answers to calls, as a `Tool` gives it."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from jsonschema.validators import validator_for  # type: ignore[import-untyped]
from mcp_types import (
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from referencing import Registry

from tactus.errors import ToolError

_MOST = 5  # problems that are told of one call
_LONGEST = 200  # characters of each
_LARGEST = 1_048_576  # characters of an answer


def answer_of(result: CallToolResult, tool: str) -> Any:
    """The answer as JSON: what is structured as it is, otherwise the text of all its parts.

    Raises:
        ToolError: the server calls it an error, or it is too large.
    """
    text = "\n".join(_text(part) for part in result.content)
    if len(text) > _LARGEST:
        raise ToolError(f"the answer of {tool} is larger than {_LARGEST} characters")
    if result.is_error:
        raise ToolError(text or f"{tool} failed, and did not say why")
    return text if result.structured_content is None else result.structured_content


def check_with(
    schema: Mapping[str, Any], arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`arguments`, and what is wrong with them by a JSON Schema, a sentence each.

    A schema that is none, or that refers to another place (which is not fetched), is left to the
    server to check.
    """
    values = dict(arguments)
    try:
        checker = validator_for(schema)(schema, registry=Registry())
        found = tuple(_problem(error) for error in islice(checker.iter_errors(values), _MOST))
    except Exception:  # noqa: BLE001 - of whatever kind: the schema is the server's own
        return values, ()
    return values, found


def _problem(error: Any) -> str:
    path = error.json_path.removeprefix("$").removeprefix(".")
    message = error.message[:_LONGEST]
    return f"{path}: {message}" if path else message


def _text(part: ContentBlock) -> str:
    if isinstance(part, TextContent):
        return part.text
    if isinstance(part, ResourceLink):
        return part.uri
    if isinstance(part, EmbeddedResource):
        if isinstance(part.resource, TextResourceContents):
            return part.resource.text
        return f"[{part.resource.mime_type or 'data'} at {part.resource.uri}]"
    return f"[{part.type}, {part.mime_type}]"
