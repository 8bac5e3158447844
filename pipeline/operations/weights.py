"""The files of networks that a recipe needs: which there are, how large, whether they are here; and fetching those that are not.

Files of the hub go into its cache, where every other program finds them, too. What was fetched half is gone on with.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import EncoderCard
from pipeline.runs.bound import Bound
from pipeline.tasks.base import Task
from stores.errors import MmptError

_SMALL = ("*.json", "*.txt", "*.model", "1_Pooling/*", "*.jinja")
_WEIGHTS = (
    "open_clip_model.safetensors", "model.safetensors", "model*.safetensors", "open_clip_pytorch_model.bin", "pytorch_model.bin",
    "pytorch_model*.bin",
)  # fmt: skip
"""Those that are there of the first of these are the weights."""
_HUB = "hf-hub:"


class WeightsError(MmptError):
    """Files of a network cannot be had."""


@dataclass(frozen=True)
class Network:
    """A network of a recipe.

    Attributes:
        what: as people call it: the encoder's name, or the language model's.
        repo: hub id; empty of one that lies in files of this machine.
        revision: of the hub; empty for the newest.
        place: the files, of one that lies here.
        wanted: names of the files, of a network of which that is known.
    """

    what: str
    repo: str = ""
    revision: str = ""
    place: Path | None = None
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class WeightsFile:
    """One file.

    Attributes:
        what: whose it is.
        repo: hub id; empty of a file of this machine.
        revision: commit of the hub, as far as it is known.
        file: its name there, or its path here.
        size: bytes; None where the hub could not be asked.
        sha256: hexadecimal, of files that the hub keeps with their digests, and of files that are here; else empty.
        here: where it lies; None where it is to be fetched.
    """

    what: str
    repo: str
    revision: str
    file: str
    size: int | None
    sha256: str
    here: Path | None


def networks(task: Task[Any], bound: Bound[Any]) -> list[Network]:
    """The networks of a recipe, each once: encoders, then the language model."""
    cards = task.encoders(bound)
    readers = [card.texts for card in cards if isinstance(card.texts, EncoderCard)]
    found = {_network(card) for card in (*cards, *readers)}
    ordered = sorted(found, key=lambda network: network.what)
    generate = getattr(bound.recipe, "generate", None)
    if generate is not None and generate.engine in ("vllm", "transformers"):
        from pipeline.text.models import model_source

        source = model_source(generate.model, generate.revision)
        here = None if source.revision is not None else Path(source.location)
        ordered.append(Network(generate.model, "" if here else source.location, source.revision or "", here))
    return ordered


def listed(network: Network, ask: bool = True) -> list[WeightsFile]:
    """The files of a network.

    Args:
        network: which.
        ask: whether the hub is asked; else, and where it does not answer, those in its cache are told.

    Raises:
        WeightsError: the hub does not know it, or does not give it to us.
    """
    if network.place is not None:
        return list(_files_here(network, network.place))
    found = _asked(network) if ask else None
    return found if found is not None else list(_cached(network))


def fetched(file: WeightsFile) -> WeightsFile:
    """The same file, here: fetched into the cache of the hub, from where it was left, and compared with its digest.

    Raises:
        WeightsError: it cannot be fetched, or is not what the hub says.
    """
    from huggingface_hub import hf_hub_download

    try:
        path = Path(hf_hub_download(file.repo, file.file, revision=file.revision or None))
    except Exception as error:  # every kind of network and cache failure
        raise WeightsError(
            f"weights: {file.file} of {file.repo} cannot be fetched ({_first_line(error)}). What has come is kept: type the "
            f"command again. Elsewhere: hf download {file.repo} {file.file}"
        ) from error
    if file.sha256 and (found := _sha256(path)) != file.sha256:
        path.resolve().unlink()
        raise WeightsError(
            f"weights: {file.file} of {file.repo} came with the digest {found}, and the hub says {file.sha256}. It was deleted; "
            "type the command again"
        )
    return replace(file, here=path, size=path.stat().st_size)


def _network(card: EncoderCard) -> Network:
    place = Path(card.weights)
    if place.exists() and card.weights:
        return Network(card.name, place=place)
    if card.weights.startswith(_HUB):
        repo, _, revision = card.weights.removeprefix(_HUB).rpartition("@")
        return Network(card.name, repo, revision)
    if card.family in ("clip", "open_clip") and card.model:
        repo, file = _of_tag(card)
        return Network(card.name, repo, wanted=(file,) if file else ())
    repo, _, revision = card.weights.partition("@")
    return Network(card.name, repo, revision)


def _of_tag(card: EncoderCard) -> tuple[str, str]:
    """The repository of a tag of open_clip, and the file in it; empty for whatever weights are there."""
    from open_clip import get_pretrained_cfg

    said = str(get_pretrained_cfg(card.model, card.weights).get("hf_hub", ""))
    owner, _, rest = said.partition("/")
    name, _, file = rest.partition("/")
    return f"{owner}/{name}", file


def _files_here(network: Network, place: Path) -> Iterator[WeightsFile]:
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if path.is_file():
            yield WeightsFile(network.what, "", "", str(path), path.stat().st_size, _sha256(path), path)


def _asked(network: Network) -> list[WeightsFile] | None:
    """What the hub says; None where it cannot be asked."""
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    from huggingface_hub.utils import filter_repo_objects

    try:
        info = HfApi().model_info(network.repo, revision=network.revision or None, files_metadata=True)
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise WeightsError(
            f"weights: the hub does not give {network.repo!r} to us ({_first_line(error)}). Ask for access on its page, and "
            "type: hf auth login"
        ) from error
    except Exception:  # offline, no server, a server in trouble: of three libraries
        return None
    files = {each.rfilename: each for each in info.siblings or ()}
    small = list(filter_repo_objects(files, allow_patterns=list(_SMALL)))
    several = (tuple(filter_repo_objects(files, allow_patterns=[pattern])) for pattern in _WEIGHTS)
    weights = network.wanted or next(filter(None, several), ())
    found: list[WeightsFile] = []
    for name in [*small, *weights]:
        here = try_to_load_from_cache(network.repo, name, revision=info.sha or network.revision or None)
        path = Path(here) if isinstance(here, str) else None
        one = files.get(name)
        lfs = getattr(one, "lfs", None)
        digest = str(lfs.sha256) if lfs is not None else ""
        size = getattr(one, "size", None)
        found.append(WeightsFile(network.what, network.repo, info.sha or "", name, size, digest, path))
    return found


def _cached(network: Network) -> Iterator[WeightsFile]:
    """The files that the cache of the hub has; one without name or size where it has none."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = scan_cache_dir().repos
    except CacheNotFound:
        repos = frozenset()
    revisions = [each for repo in repos if repo.repo_id == network.repo for each in repo.revisions]
    mine = [each for each in revisions if network.revision in ("", each.commit_hash, *each.refs)]
    files = [(each.commit_hash, file) for each in mine[:1] for file in each.files]
    for commit, file in sorted(files, key=lambda pair: pair[1].file_name):
        name = file.blob_path.name
        digest = name if len(name) == 64 else ""
        yield WeightsFile(
            network.what, network.repo, commit, file.file_name, file.size_on_disk, digest, Path(file.file_path)
        )
    if not files:
        yield WeightsFile(network.what, network.repo, network.revision, "?", None, "", None)


def to_fetch(files: Sequence[WeightsFile]) -> list[WeightsFile]:
    """Those that are not here."""
    return [file for file in files if file.here is None]


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
