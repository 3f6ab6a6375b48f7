"""Messages of arrays as senders with numpy and scipy make them."""

import json

import numpy
import scipy.sparse


def description(array: numpy.ndarray) -> dict:
    return {"dtype": array.dtype.str, "shape": array.shape}


def message(header: dict, arrays: dict[str, numpy.ndarray]) -> list[bytes]:
    """A header that describes each array by name, and their buffers."""
    described = {name: description(array) for name, array in arrays.items()}
    return [json.dumps(header | described).encode(), *(array.tobytes() for array in arrays.values())]


def dense(x: numpy.ndarray, **others: numpy.ndarray) -> list[bytes]:
    return message({}, {"x": numpy.ascontiguousarray(x)} | others)


def sparse(x: scipy.sparse.csr_array, **others: numpy.ndarray) -> list[bytes]:
    arrays = {"data": x.data, "indices": x.indices, "indptr": x.indptr}
    return message({"shape": x.shape}, arrays | others)
