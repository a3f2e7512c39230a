"""An import contract of our own: domains have doors.

From outside, a domain is entered through `service`, `events`, `errors` or `schemas`. Its `models`
are read by another domain's `queries` (joins are what one database is for) and by whoever must know
every table; its `api` and `handlers` are wired up by the entry points.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

DOORS = frozenset({"service", "events", "errors", "schemas"})
WIRED = frozenset({"api", "handlers", "models"})


class Doors(Contract):
    """Every import that enters a domain from outside goes through one of its doors."""

    type_name = "doors"

    domains = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  # import-linter calls it
        """Find the imports that climb in by a window."""
        parent = f"{self.domains}."
        windows: list[tuple[str, int, str]] = []
        for imported in graph.modules:
            if not imported.startswith(parent):
                continue
            for importer in graph.find_modules_that_directly_import(imported):
                if may_enter(importer, imported, parent):
                    continue
                details = graph.get_import_details(importer=importer, imported=imported)
                windows += [(importer, detail["line_number"], imported) for detail in details]
        return ContractCheck(kept=not windows, metadata={"windows": sorted(windows)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say who, where and what."""
        for importer, line, imported in check.metadata["windows"]:
            output.print_error(f"{importer}:{line} enters {imported}, which is no door", bold=False)
        output.new_line()


def may_enter(importer: str, imported: str, parent: str) -> bool:
    """Whether one module may import another that lies inside a domain."""
    domain, room = _place(imported, parent)
    if importer == parent.rstrip(".") or not room:
        return True
    own, own_room = _place(importer, parent) if importer.startswith(parent) else ("", "")
    if own == domain or room in DOORS:
        return True
    if own:
        return room == "models" and own_room == "queries"
    return room in WIRED


def _place(module: str, parent: str) -> tuple[str, str]:
    """Domain and room of a module inside the domains' package."""
    domain, _, rest = module.removeprefix(parent).partition(".")
    return domain, rest.partition(".")[0]
