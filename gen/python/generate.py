"""Generates src/counsel/models.py and src/counsel/operations.py from the contract: python generate.py CONTRACT.

datamodel-code-generator writes the models. The methods come from the template below, once for httpx.Client and
once for httpx.AsyncClient.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import jinja2
import yaml

PACKAGE = Path(__file__).parent / "src" / "counsel"
METHODS = ("get", "put", "post", "patch", "delete")
# What the service checks and explains better than a model, and in the syntax of another language (pattern).
LIMITS = ("pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "uniqueItems", "minProperties", "maxProperties", "default")

TEMPLATE = '''\
# Generated from openapi.yaml by generate.py; not to be edited.
"""The operations of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Literal

from typing_extensions import Unpack

from . import models
from .call import Call, CallOptions, Content, File, KeyedCallOptions, Saved, Target
from .errors import same_page
from .session import AsyncSession, Session

ProblemCode = Literal[
{%- for code in codes %}
    "{{ code }}",
{%- endfor %}
]
"""The codes of problems in this version of the contract. Later versions can have more."""
{% for client, caller, def, await, iterator, async in clients %}

class {{ client }}({{ caller }}):
    """The operations, as methods."""
{% for op in operations %}
    {{ def }} {{ op.name }}(self{{ op.positional }}{% if op.keywords %}, *{{ op.keywords }}{% endif %}, **options: Unpack[{{ "Keyed" if op.keyed }}CallOptions]) -> {{ op.result }}:
        """{{ op.doc }}"""
{% if "|" in op.result %}
        found: {{ op.result }} = {{ await }}self.call(Call({{ op.arguments }}), {{ op.decoder }}, options)
        return found
{% else %}
        {{ "return " if op.result != "None" }}{{ await }}self.call(Call({{ op.arguments }}), {{ op.decoder }}, options)
{% endif %}
{% if op.result == "Content" %}
    {{ def }} {{ op.name }}_to(self, file: Target{{ op.positional }}{% if op.keywords %}, *{{ op.keywords }}{% endif %}, **options: Unpack[CallOptions]) -> Saved:
        """Like {{ op.name }}, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return {{ await }}self.save(Call({{ op.arguments }}), file, options)
{% endif %}
{% if op.item %}
    {{ def if not async else "async def" }} {{ op.name }}_all(self{{ op.positional }}, *{{ op.keywords }}, **options: Unpack[CallOptions]) -> {{ iterator }}[{{ op.item }}]:
        """Yields the items of all pages of {{ op.name }}. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = {{ await }}self.{{ op.name }}({{ op.forward }}, **options)
{% if async %}
            for item in page.items:
                yield item
{% else %}
            yield from page.items
{% endif %}
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor
{% endif %}{% endfor %}{% endfor %}'''


def snake(name: str) -> str:
    name = re.sub(r"[^A-Za-z0-9]", "_", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return name + "_" if name in ("from", "global", "class") else name


class Contract:
    def __init__(self, path: Path) -> None:
        self.root: dict[str, Any] = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)

    def resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            found: Any = self.root
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def type_of(self, schema: dict[str, Any]) -> str:
        """The annotation of a parameter, or the model of a response."""
        if len(schema.get("allOf", [])) == 1:  # a reference that adds a default or a description
            return self.type_of(schema["allOf"][0])
        target = self.resolve(schema)
        if "enum" in target:
            return f"Literal[{', '.join(json.dumps(value) for value in target['enum'])}]"
        match target.get("type"):
            case "array":
                return f"list[{self.type_of(target['items'])}]"
            case "string":
                return "date" if target.get("format") == "date" else "str"
            case "integer":
                return "int"
            case "number":
                return "float"
            case "boolean":
                return "bool"
        if "$ref" not in schema:
            return "dict[str, object]"
        return f"models.{schema['$ref'].rsplit('/', 1)[1]}"

    def operations(self) -> list[dict[str, Any]]:
        found = []
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item and (op := self.operation(path, method, item[method])):
                    found.append(op)
        return found

    def operation(self, path: str, method: str, op: dict[str, Any]) -> dict[str, Any] | None:
        results: dict[str, str] = {}
        binary = False
        for status, response in op["responses"].items():
            if not status.startswith("2"):
                continue
            for media, content in self.resolve(response).get("content", {}).items():
                if media in ("text/html", "text/javascript"):
                    return None  # a page for people
                if media == "application/json":
                    results[status] = self.type_of(content["schema"])
                elif media != "text/event-stream":
                    binary = True
        positional = keywords = ""
        arguments = [json.dumps(method.upper())]
        forward = []
        names: dict[str, str] = {}
        query: list[str] = []
        headers: list[str] = []
        params = [self.resolve(each) for each in op.get("parameters", [])]
        for param in params:
            name, kind = snake(param["name"]), self.type_of(param["schema"])
            if param["in"] == "path":
                positional += f", {name}: {kind}"
                names[param["name"]] = name
                forward.append(name)
            elif param["name"] != "Idempotency-Key":
                keywords += f", {name}: {kind}" if param.get("required") else f", {name}: {kind} | None = None"
                (query if param["in"] == "query" else headers).append(f'"{param["name"]}": {name}')
                forward.append(f"{name}={name}")
        secured = any(op.get("security", self.root["security"]))
        keyed = method == "post" and secured and "x-no-idempotency-key" not in op
        arguments.append(json.dumps(path))
        if names:
            arguments.append(f"path={{{', '.join(f'{json.dumps(k)}: {v}' for k, v in names.items())}}}")
        for key, values in (("query", query), ("headers", headers)):
            if values:
                arguments.append(f"{key}={{{', '.join(values)}}}")
        for media, content in op.get("requestBody", {}).get("content", {}).items():
            if media == "multipart/form-data":
                fields = []
                schema = self.resolve(content["schema"])
                for name, field in schema["properties"].items():
                    target = self.resolve(field)
                    kind = "File" if target.get("format") == "binary" else self.type_of(field)
                    if name in schema.get("required", []):
                        positional += f", {snake(name)}: {kind}"
                    else:
                        keywords += f", {snake(name)}: {kind} | None = None"
                    fields.append(f'"{name}": {snake(name)}')
                arguments.append(f"form={{{', '.join(fields)}}}")
            else:
                positional += f", body: {self.type_of(content['schema'])}"
                arguments.append("body=body")
        if secured:
            arguments.append("authorized=True")
        if keyed:
            arguments.append("keyed=True")
        result = " | ".join(dict.fromkeys(results.values())) or ("Content" if binary else "None")
        decoder = f"{{{', '.join(f'{status}: {kind}' for status, kind in results.items())}}}" if len(results) > 1 else result
        item = None
        if results and any(param["name"] == "cursor" for param in params):
            page = self.root["components"]["schemas"][result.removeprefix("models.")]
            item = self.type_of(page["properties"]["items"]["items"])
        return {
            "name": snake(op["operationId"]), "positional": positional, "keywords": keywords, "keyed": keyed, "result": result, "decoder": decoder,
            "arguments": ", ".join(arguments), "forward": ", ".join(forward), "item": item,
            "doc": docstring(f"{op['summary']}.\n\n{op['description']}"),
        }  # fmt: skip

    def codes(self) -> list[str]:
        text = self.root["components"]["schemas"]["Problem"]["properties"]["code"]["description"]
        found = re.match(r"Stable and for programs: ([a-z_, ]+)\.$", text)
        if not found:
            raise SystemExit("the description of Problem.code lists no codes")
        return found[1].split(", ")

    def schemas(self) -> dict[str, Any]:
        """The schemas, without limits and with plain strings for ids and addresses."""

        def plain(value: Any) -> Any:
            if isinstance(value, list):
                return [plain(each) for each in value]
            if not isinstance(value, dict):
                return value
            if not isinstance(value.get("type"), str):
                return {key: plain(each) for key, each in value.items()}
            dropped = LIMITS if value.get("format") in ("date", "date-time", "binary") else (*LIMITS, "format")
            return {key: plain(each) for key, each in value.items() if key not in dropped}

        return {"openapi": "3.0.3", "info": self.root["info"], "paths": {}, "components": {"schemas": plain(self.root["components"]["schemas"])}}


def docstring(text: str) -> str:
    lines = text.strip().replace("\\", "\\\\").replace('"""', "'''").splitlines()
    return "\n".join([lines[0], *(textwrap.indent(line, " " * 8) if line.strip() else "" for line in lines[1:])]) + ("\n" + " " * 8 if len(lines) > 1 else "")


class Opener(ast.NodeVisitor):
    """Finds the models that responses contain."""

    def __init__(self, source: str, roots: set[str]) -> None:
        self.classes = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
        self.found: set[str] = set()
        for root in roots:
            self.visit_Name(ast.Name(root))

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self.classes and node.id not in self.found:
            self.found.add(node.id)
            self.visit(self.classes[node.id])


def open_models(source: str, roots: set[str]) -> str:
    """Models that accept what a later version of the service answers: other values of an enumeration, other fields, and another
    kind of what is a union. Models that are only sent stay strict, so that a mistake is found before it is sent."""
    found = Opener(source, roots).found
    parts = re.split(r"(?m)^(?=class )", source)
    for i, part in enumerate(parts):
        name = re.match(r"class (\w+)", part)
        if not name or name[1] not in found:
            continue
        part = part.replace('        extra="forbid",\n', "")
        # The kind of a member of a union has one value.
        part = re.sub(r"(?<!    kind: )(Literal\[[^\]]*\])|(?<=    kind: )(Literal\[[^\]]*\])(?! = )", r"\g<0> | str", part)
        parts[i] = re.sub(r'Annotated\[([\w |]+), Field\(discriminator="kind"\)\]', r'Annotated[\1 | Unknown, Field(union_mode="left_to_right")]', part)
    return "".join(parts).replace("\n\n\nclass ", UNKNOWN + "\n\n\nclass ", 1)


UNKNOWN = '''


class Unknown(BaseModel):
    """
    A member of a union that a later version of the service added.
    """

    model_config = ConfigDict(
        extra="allow",
    )
    kind: str'''


# Fields of these names would hide the types that the annotations below them name.
SHADOWING = ("bool", "dict", "float", "int", "list", "object", "str")


def main(contract: Contract) -> None:
    with tempfile.TemporaryDirectory() as folder:
        schemas = Path(folder, "openapi.json")
        schemas.write_text(json.dumps(contract.schemas()))
        aliases = Path(folder, "aliases.json")
        aliases.write_text(json.dumps({name: name + "_" for name in SHADOWING}))
        subprocess.run(
            [
                sys.executable, "-m", "datamodel_code_generator", "--input", schemas, "--input-file-type", "openapi", "--output", PACKAGE / "models.py",
                "--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.10", "--formatters", "builtin",
                "--aliases", aliases, "--snake-case-field", "--allow-population-by-field-name", "--use-annotated", "--enum-field-as-literal", "all",
                "--collapse-root-models", "--use-standard-collections", "--use-union-operator", "--use-schema-description",
                "--use-field-description", "--use-double-quotes", "--use-one-literal-as-default", "--disable-timestamp",
                "--custom-file-header", "# Generated from openapi.yaml by datamodel-code-generator; not to be edited.\n\"\"\"The types of the contract.\"\"\"",
            ],
            check=True,
        )  # fmt: skip
    models = Path(PACKAGE, "models.py")
    results = {name for op in contract.operations() for name in re.findall(r"models\.(\w+)", op["result"])}
    models.write_text(open_models(models.read_text(), results | {"ChatEvent", "JobEvent", "WebhookEvent", "Problem"}))
    template = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, autoescape=False).from_string(TEMPLATE)
    source = template.render(
        codes=contract.codes(),
        operations=contract.operations(),
        clients=[
            ("Operations", "Session", "def", "", "Iterator", False),
            ("AsyncOperations", "AsyncSession", "async def", "await ", "AsyncIterator", True),
        ],
    )
    operations = Path(PACKAGE, "operations.py")
    operations.write_text(source)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", operations, models], check=True)


if __name__ == "__main__":
    main(Contract(Path(sys.argv[1])))
