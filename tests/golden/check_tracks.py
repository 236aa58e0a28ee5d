"""Tracks of cells with the programs that made their formats: btrack writes and reads its HDF5 and CSV, py-ctcmetrics accepts
the film of make_ctc.py, and quadrat finds in them what was put in.

check_tracks.py build/quadrat   (needs btrack, py-ctcmetrics, tifffile, scikit-image)"""
import os
import re
import subprocess
import sys
import tempfile
import numpy as np
import btrack
from btrack.io import HDF5FileHandler, export_CSV
from ctc_metrics.scripts.validate import validate_sequence
import make_ctc

quadrat = os.path.abspath(sys.argv[1])
corpus = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fuzz/corpus/hdf5/tracks.h5")


def inspect(*arguments):
    done = subprocess.run([quadrat, "inspect", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def same(what, found, expected):
    print(f"{what}: {found}")
    assert found == expected, expected


def counts(text):
    """tracks, frames, tracks with gaps, divisions"""
    tracks, frames = re.search(r": (\d+) tracks?, (\d+) frame", text).groups()
    gaps = re.search(r"gaps: (\d+) track", text)
    divisions = re.search(r"lineage: (\d+) division", text)
    return int(tracks), int(frames), int(gaps.group(1)) if gaps else 0, int(divisions.group(1)) if divisions else 0


def make_tracks():
    """A mother of 5 frames, the fourth a dummy, who divides; a cell that misses a frame; areas as a property."""
    serial = 0
    tracks = []
    for label, times, parent, root, generation in ((1, range(5), 1, 1, 0), (2, range(5, 8), 1, 1, 1), (3, range(5, 9), 1, 1, 1),
                                                   (4, [0, 1, 3], 4, 4, 0)):
        objects = []
        for t in times:
            cell = btrack.btypes.PyTrackObject()
            cell.ID, cell.t, cell.x, cell.y, cell.z = serial, t, 10.0 * label + t, 5.0 * label - t, 0.0
            cell.label, cell.dummy = t % 3, label == 1 and t == 3
            cell.properties = {"area": 100.0 * label + t}
            serial += 1
            objects.append(cell)
        track = btrack.btypes.Tracklet(label, objects, parent=parent, fate=btrack.constants.Fates.UNDEFINED)
        track.root, track.generation = root, generation
        tracks.append(track)
    tracks[0].children = [2, 3]
    return tracks


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    make_ctc.write("film")
    same("py-ctcmetrics: valid", validate_sequence("film/01_RES")["Valid"], 1)
    for path in ("film/01_RES", "film/01_GT", "film/01_GT/TRA/man_track.txt"):
        same(f"quadrat, {path}", counts(inspect(path)), (5, 16, 0, 1))

    with HDF5FileHandler("tracks.h5", "w", obj_type="obj_type_1") as file:
        file.write_tracks(make_tracks())
    same("quadrat, btrack's HDF5", counts(inspect("tracks.h5")), (4, 15, 1, 1))
    text = inspect("tracks.h5")
    same("area, of the objects that are none of the dummies", re.search(r"area +(\S+) to (\S+), 1 missing", text).groups(),
         ("100", "403"))
    export_CSV("tracks.csv", make_tracks())
    same("quadrat, btrack's CSV", counts(inspect("tracks.csv")), (4, 15, 1, 1))

    with HDF5FileHandler(corpus, "r", obj_type="obj_type_1") as file:
        read = file.tracks
    same("btrack, the file of quadrat's tests", (len(read), sum(len(track) for track in read)), (3, 5))
    same("quadrat, the same", counts(inspect(corpus))[:2], (3, 5))
print("all agree")
