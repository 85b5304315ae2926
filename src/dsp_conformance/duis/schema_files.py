"""Compiling an XML schema from a folder of files, and from nothing but that folder.

What makes this more than one call (`wire.md`, "Schema"; the published files themselves):

- the published files import each other by names with spaces, which libxml2 misreports as "does not resolve";
- the published XML signature schema has a DOCTYPE that points to the network;
- a folder that a user names may be missing, incomplete or another one than was meant.
"""

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from lxml import etree

from dsp_conformance.duis.namespaces import SR

if TYPE_CHECKING:
    from lxml.etree._docloader import _InputDocument

_BASE: Final = "duis-schema:///"
_XS: Final = "http://www.w3.org/2001/XMLSchema"
_REFERRING: Final = tuple(f"{{{_XS}}}{name}" for name in ("import", "include", "redefine"))
_ROOTS: Final = frozenset({"Request", "Response"})
_COMPLETE: Final = "unpack the whole set of published schema files into one folder and name that folder"


@dataclass(eq=False)
class SchemaFolderError(Exception):
    """A folder cannot serve as the DUIS schema.

    Attributes:
        path: the folder, or the file in it, that is at fault.
        expected: what should have been there.
        found: what was.
        hint: what to do about it.
    """

    path: str
    expected: str
    found: str
    hint: str

    def __str__(self) -> str:
        return f"schema {self.path}: expected {self.expected}, found {self.found}; {self.hint}"


class SchemaFolder:
    """The schema files of one folder.

    Args:
        folder: a folder on disk or in an installed package.
        name: what to call it in errors.
    """

    def __init__(self, folder: Traversable, name: str) -> None:
        self._folder = folder
        self._name = name
        self._read: dict[str, etree._Element] = {}

    def duis_schema(self) -> str:
        """The name of the file that declares DUIS requests and responses, whatever its version.

        Raises:
            SchemaFolderError: the folder is missing, does not hold exactly one such file, or holds a schema
                file that is not XML.
        """
        names = self._schema_names()
        found = [name for name in names if self._declares_duis(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise self._error(
                "one DUIS schema", " and ".join(found), "keep one version of the schema in the folder"
            )
        raise self._error(
            f"a schema of {SR} that declares Request and Response",
            f"only {_listing(names)}",
            _COMPLETE,
        )

    def compile(self, name: str) -> etree.XMLSchema:
        """Compiles a file of the folder and all that it refers to.

        Raises:
            SchemaFolderError: a file is missing, is no schema, or refers to something outside the folder.
        """
        resolver = _FolderResolver(self)
        parser = _parser()
        parser.resolvers.add(resolver)
        root = etree.fromstring(self.text(name), parser, base_url=_BASE + quote(name))
        try:
            schema = etree.XMLSchema(root)
        except etree.XMLSchemaParseError as error:
            raise resolver.trouble or SchemaFolderError(
                self._at(name),
                "a valid XML schema",
                _first_of(error),
                "replace the file by an unaltered copy",
            ) from None
        if resolver.trouble:
            raise resolver.trouble
        return schema

    def text(self, name: str) -> bytes:
        """A file's content without its DOCTYPE and with references that libxml2 can follow."""
        root = self._parsed(name)
        for referring in root.iter(*_REFERRING):
            location = referring.get("schemaLocation")
            if location is not None:
                referring.set("schemaLocation", location.replace(" ", "%20"))
        return etree.tostring(root)

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return self._folder.joinpath(name).is_file()

    def refusal(self, name: str, expected: str, found: str) -> SchemaFolderError:
        """An error about one of the folder's files."""
        return SchemaFolderError(self._at(name), expected, found, _COMPLETE)

    def _schema_names(self) -> list[str]:
        try:
            entries = sorted(self._folder.iterdir(), key=lambda entry: entry.name)
        except FileNotFoundError:
            raise self._error("a folder", "nothing of that name", "correct the path") from None
        except NotADirectoryError:
            raise self._error("a folder", "a file", "name the folder that the file is in") from None
        except OSError as error:
            raise self._error(
                "a folder that can be read", str(error.strerror), "correct its permissions"
            ) from None
        names = [entry.name for entry in entries if _is_schema(entry)]
        if not names:
            below = [entry.name for entry in entries if _holds_schemas(entry)]
            raise self._error(
                "schema files (*.xsd)",
                _listing([entry.name for entry in entries]),
                f"name the folder {' or '.join(below)} inside it" if below else _COMPLETE,
            )
        return names

    def _declares_duis(self, name: str) -> bool:
        root = self._parsed(name)
        declared = {element.get("name") for element in root.iterfind(f"{{{_XS}}}element")}
        return root.get("targetNamespace") == SR and declared >= _ROOTS

    def _parsed(self, name: str) -> etree._Element:
        if name not in self._read:
            try:
                self._read[name] = etree.fromstring(self._folder.joinpath(name).read_bytes(), _parser())
            except OSError as error:
                raise self.refusal(name, "a file that can be read", str(error.strerror)) from None
            except etree.XMLSyntaxError as error:
                raise self.refusal(name, "an XML schema", f"text that is not XML ({error.msg})") from None
        return self._read[name]

    def _at(self, name: str) -> str:
        return f"{self._name}/{name}"

    def _error(self, expected: str, found: str, hint: str) -> SchemaFolderError:
        return SchemaFolderError(self._name, expected, found, hint)


class _FolderResolver(etree.Resolver):
    """Answers references with files of the folder; the first that cannot be answered is kept as the trouble.

    The trouble is kept, not raised: libxml2 would turn it into a complaint about something else.
    """

    def __init__(self, folder: SchemaFolder) -> None:
        self._folder = folder
        self.trouble: SchemaFolderError | None = None

    def resolve(
        self,
        system_url: str | None,
        public_id: str | None,  # noqa: ARG002 - the signature is lxml's
        context: object,
        /,
    ) -> "_InputDocument | None":
        try:
            return self.resolve_string(self._text(system_url or ""), context, base_url=system_url)
        except SchemaFolderError as error:
            self.trouble = self.trouble or error
            return self.resolve_empty(context)

    def _text(self, url: str) -> bytes:
        name = unquote(url.removeprefix(_BASE))
        if "/" in name:  # also every address elsewhere
            raise self._folder.refusal(name, "references to files beside it", f"a reference to {name}")
        if not self._folder.has(name):
            raise self._folder.refusal(name, "the file, since another refers to it", "nothing of that name")
        return self._folder.text(name)


def _parser() -> etree.XMLParser[etree._Element]:
    return etree.XMLParser(resolve_entities="internal", no_network=True, load_dtd=False)


def _is_schema(entry: Traversable) -> bool:
    return entry.name.lower().endswith(".xsd") and entry.is_file()


def _holds_schemas(entry: Traversable) -> bool:
    try:
        return entry.is_dir() and any(_is_schema(inside) for inside in entry.iterdir())
    except OSError:
        return False


def _listing(names: list[str], most: int = 5) -> str:
    if not names:
        return "nothing"
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _first_of(error: etree.XMLSchemaParseError) -> str:
    entries = [entry for entry in error.error_log if entry.level >= etree.ErrorLevels.ERROR]
    return f"line {entries[0].line}: {entries[0].message}" if entries else str(error)
