"""A workspace: the folder, or the place on object storage, that holds the artifacts of many recipes."""

import re
from collections.abc import Collection
from pathlib import Path

from stores.address import Location, is_remote, location
from stores.artifact import LOCKS, Artifact
from stores.entries import names
from stores.errors import ArtifactNotFound, ManifestError, WorkspaceError
from stores.fingerprint import KEY_LENGTH
from stores.gc import Removal, collect, reachable
from stores.index import see
from stores.lock import held
from stores.manifest import MANIFEST, read_manifest
from stores.reading import reading
from stores.spec import ArtifactSpec
from stores.verify import Problem, drop_problems, journal_problems

_FINGERPRINT = f"[0-9a-f]{{{KEY_LENGTH}}}"


class Store:
    """Finds artifacts in a workspace. Opening one writes nothing.

    Attributes:
        workspace: its place.
    """

    def __init__(self, workspace: str | Location) -> None:
        """Open a workspace, which need not exist yet.

        Raises:
            WorkspaceError: if it is a URL that cannot be used, or a path that is no folder.
            StorageError: if remote storage does not answer, or not to us.
        """
        self.workspace = location(workspace)
        if is_remote(self.workspace):
            from stores import objects

            objects.check(self.workspace)
            return
        with reading(self.workspace):
            file = _file_on_the_way(self.workspace)
        if file is not None:
            where = "is a file" if file == self.workspace else f"lies below {file}, which is a file"
            raise WorkspaceError(f"workspace {self.workspace} {where}; use a folder, e.g. --workspace ./workspace")

    def __repr__(self) -> str:
        """Show the workspace."""
        return f"Store({str(self.workspace)!r})"

    def artifact(self, spec: ArtifactSpec) -> Artifact:
        """Return the artifact that this spec describes, published or not."""
        return Artifact(self.workspace, spec)

    def artifacts(self, kind: str | None = None) -> list[Artifact]:
        """Return all published artifacts, or those of a kind, by kind and fingerprint.

        Raises:
            ManifestError: if a manifest cannot be trusted.
        """
        found = filter(None, map(see, self._named(kind or "*")))
        return [Artifact(self.workspace, seen.manifest.spec, seen) for seen in found]

    def find(self, prefix: str) -> Artifact:
        """Return the one artifact whose fingerprint starts like this; "kind/prefix" works too.

        Raises:
            ArtifactNotFound: if there is none, or more than one.
            ManifestError: if its manifest cannot be trusted.
        """
        return self._open(self._folder(prefix))

    def verify(self, prefix: str | None = None, repair: bool = False) -> dict[str, list[Problem]]:
        """Check every byte of one artifact, or of all, and with `repair` drop what is bad.

        Args:
            prefix: start of a fingerprint, see `find`; None for all artifacts.
            repair: whether to drop bad parts, so that their rows are missing again, and delete stray files.

        Returns:
            "kind/fingerprint" of each artifact checked to what was found; a manifest that cannot be trusted
            is reported but never repaired.

        Raises:
            ArtifactNotFound: if there is none with this prefix, or more than one.
            LockHeld: if an artifact to be repaired is being written.
        """
        folders = self._folders("*") if prefix is None else [self._folder(prefix)]
        found = {f"{folder.parent.name}/{folder.name}": self._verify(folder, repair) for folder in folders}
        if prefix is None:
            unpublished = [folder for folder in self._named("*") if folder not in folders]
            journals = {f"{folder.parent.name}/{folder.name}": self._journal(folder, repair) for folder in unpublished}
            found |= {name: problems for name, problems in journals.items() if problems}
        return found

    def gc(
        self, roots: Collection[str], delete: bool = False, artifacts: Collection[Artifact] | None = None
    ) -> list[Removal]:
        """Find, and with `delete` remove, what no root needs and what killed runs left.

        Run it when nothing is being made in the workspace: an artifact that a run is going to need, but does
        not name yet, looks like one that no run needs. An artifact open for writing is left alone.

        Args:
            roots: fingerprints to keep, with their parents, theirs, and so on.
            delete: whether to remove anything.
            artifacts: all there are, from `artifacts()`, if they have just been looked for.

        Raises:
            ArtifactNotFound: if a root is not in the workspace.
            ManifestError: if a manifest cannot be trusted, since what it needs is then unknown.
        """
        artifacts = self.artifacts() if artifacts is None else artifacts
        names = {artifact.spec.fingerprint for artifact in artifacts}
        for root in sorted(set(roots) - names):
            raise ArtifactNotFound(
                f"root {root} is not in {self.workspace}. Pass whole fingerprints, as "
                f"`mmpt-pipeline store ls --json -w {self.workspace}` lists them."
            )
        return collect(self.workspace, artifacts, reachable(artifacts, roots), delete)

    def _folder(self, prefix: str) -> Location:
        kind, _, start = prefix.rpartition("/")
        folders = self._folders(kind or "*", start)
        if len(folders) == 1:
            return folders[0]
        if not folders:
            raise ArtifactNotFound(
                f"no artifact in {self.workspace} has a fingerprint that starts with {prefix!r}. "
                f"List them with `mmpt-pipeline store ls -w {self.workspace}`."
            )
        names = ", ".join(f"{folder.parent.name}/{folder.name[:12]}" for folder in folders[:5])
        raise ArtifactNotFound(
            f"{prefix!r} fits {len(folders)} artifacts in {self.workspace}: "
            f"{names}{', …' * (len(folders) > 5)}. Type more digits."
        )

    def _folders(self, kind: str, start: str = "") -> list[Location]:
        return [folder for folder in self._named(kind, start) if _published(folder)]

    def _named(self, kind: str, start: str = "") -> list[Location]:
        """What has the name of an artifact, published or not."""
        # Not by a glob: it passes over folders that it may not list, and `gc` would then take what they need away.
        workspace = self.workspace
        kinds = names(workspace) if kind == "*" else [kind]
        found = [(k, name) for k in kinds for name in names(workspace / k) if re.fullmatch(_FINGERPRINT, name)]
        return [workspace / k / name for k, name in found if name.startswith(start)]

    def _journal(self, folder: Location, repair: bool) -> list[Problem]:
        """Check, and with `repair` mend, the journal of an artifact of which nothing is published."""
        problems = journal_problems(folder)
        if problems and repair:
            with held(self.workspace / LOCKS / f"{folder.name}.lock", str(folder)):
                return drop_problems(folder, journal_problems(folder))
        return problems

    def _verify(self, folder: Location, repair: bool) -> list[Problem]:
        try:
            artifact = self._open(folder)
        except ManifestError as error:
            return [Problem("manifest", MANIFEST, str(error))]
        return artifact.repair() if repair else artifact.verify()

    def _open(self, folder: Location) -> Artifact:
        seen = see(folder)
        if seen is None:
            raise ManifestError(f"{folder / MANIFEST} was removed while it was being read. Run this again.")
        return Artifact(self.workspace, seen.manifest.spec, seen)


def _published(folder: Location) -> bool:
    """Tell whether a folder has a manifest that counts; one that cannot be trusted does, so that it is told."""
    if not is_remote(folder):
        with reading(folder / MANIFEST):
            return (folder / MANIFEST).is_file()
    try:
        return read_manifest(folder) is not None
    except ManifestError:
        return True


def _file_on_the_way(folder: Path) -> Path | None:
    """The first of a folder and those above it that is there, where it is no folder."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    return there if there.exists() and not there.is_dir() else None
