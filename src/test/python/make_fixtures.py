"""Writes the .npy files that NpyFileTest reads, with NumPy itself: python3 make_fixtures.py

Every readable array of shape (rows, columns) holds i + j / 8 at (i, j), exact in float32 too; vectors hold k + 1/2.
"""

import os
import pickle

import numpy as np
from numpy.lib import format as npy

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "npy")


def matrix(rows, columns):
    return np.arange(rows)[:, None] + np.arange(columns)[None, :] / 8


def path(name):
    return os.path.join(FOLDER, name)


def write(name, array, version=None):
    with open(path(name), "wb") as file:
        npy.write_array(file, array, version=version)


def write_readable():
    for dtype in ("<f8", ">f8", "<f4", ">f4"):
        for order in "CF":
            plain = np.array(matrix(19, 13), dtype=dtype, order=order)
            for version in (1, 2, 3):
                label = ("le" if dtype[0] == "<" else "be") + dtype[2:]
                write(f"{label}-{order}-v{version}.npy", plain, (version, 0))
    np.save(path("wide-F.npy"), np.asfortranarray(matrix(3, 700)))
    np.save(path("tall-F.npy"), np.asfortranarray(matrix(1100, 3)))
    np.save(path("tall-F-be4.npy"), np.array(matrix(1100, 3), dtype=">f4", order="F"))
    np.save(path("vector.npy"), np.arange(11) + 0.5)
    np.save(path("vector-be4.npy"), (np.arange(11) + 0.5).astype(">f4"))
    np.save(path("column.npy"), (np.arange(11) + 0.5)[:, None])
    np.save(path("row.npy"), (np.arange(11) + 0.5)[None, :])
    np.save(path("row-F.npy"), np.asfortranarray(np.tile(np.arange(11) + 0.5, (2, 1)))[:1])
    np.save(path("one.npy"), np.array([[7.25]]))
    np.save(path("no-rows.npy"), np.zeros((0, 4)))
    np.save(path("no-columns.npy"), np.zeros((4, 0)))
    np.save(path("no-values.npy"), np.zeros(0))
    special = [[np.nan, np.inf, -np.inf], [-0.0, 5e-324, np.finfo("f8").max]]
    np.save(path("special.npy"), np.array(special))


def write_refused():
    for dtype in ("i8", "i4", "u1", "bool", "f2", "c16", "U3", "S3", "M8[s]", "V4"):
        label = dtype.replace("[s]", "")
        np.save(path(f"dtype-{label}.npy"), np.zeros(3, dtype=dtype))
    np.save(path("dtype-structured.npy"), np.zeros(3, dtype=[("a", "f8"), ("b", "i4", (2, 2))]))
    # A field name outside Latin-1 makes NumPy choose version 3.
    write("dtype-structured-v3.npy", np.zeros(3, dtype=[("\u03b1", "f8")]), (3, 0))
    np.save(path("dtype-objects.npy"), np.array([{}, None], dtype=object), allow_pickle=True)
    np.save(path("scalar.npy"), np.float64(3))
    np.save(path("cube.npy"), np.zeros((2, 2, 2)))
    np.savez(path("archive.npz"), a=np.zeros(3))
    with open(path("pickle.npy"), "wb") as file:
        pickle.dump(np.zeros(3), file)


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    write_readable()
    write_refused()
