"""Whether a weights file names a tensor, without reading the file: free of torch."""

import zipfile


def names_tensor(file: str, name: str) -> bool:
    """Tell whether a checkpoint names a tensor, by a part of its name; nothing of it is unpickled.

    Args:
        file: safetensors, or a PyTorch checkpoint.
        name: what only one kind of model has.
    """
    wanted = name.encode()
    try:
        with zipfile.ZipFile(file) as archive:
            # PyTorch packs nothing; what is packed may be endless, and the loader refuses it.
            parts = [part for part in archive.infolist() if part.compress_type == zipfile.ZIP_STORED]
            return any(wanted in archive.read(part) for part in parts if part.filename.endswith("/data.pkl"))
    except zipfile.BadZipFile:
        with open(file, "rb") as beginning:  # safetensors and PyTorch's older format begin with the names
            return wanted in beginning.read(1 << 20)
