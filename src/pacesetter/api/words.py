"""The words of an API address are known ones: a typing error must not silently ask another question.

Owns that check, made of the application's own description. Must not know what the words mean.
"""

import difflib
from typing import Any

from fastapi import Request

from pacesetter.errors import BadRequest


def known_words(request: Request) -> None:
    """Raise BadRequest for a parameter that the operation does not have, or has once and is given twice."""
    document: dict[str, Any] = request.app.openapi()
    operations = document["paths"].get(request.scope["route"].path, {})
    described = operations.get("get" if request.method == "HEAD" else request.method.lower(), {})
    schemas = {p["name"]: p.get("schema", {}) for p in described.get("parameters", []) if p["in"] == "query"}
    for name in dict.fromkeys(request.query_params.keys()):
        if name not in schemas:
            near = difflib.get_close_matches(name, schemas, n=1)
            offered = f"did you mean {near[0]}?" if near else f"choose of {', '.join(schemas) or 'none'}"
            raise BadRequest(f"there is no parameter '{name}'", do=offered)
        if len(request.query_params.getlist(name)) > 1 and schemas[name].get("type") != "array":
            raise BadRequest("this parameter is given once", where=name)
