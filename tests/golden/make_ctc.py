"""Writes a small Cell Tracking Challenge film (FOLDER/01, FOLDER/01_GT/TRA, FOLDER/01_RES) and prints what scikit-image
measures on it, a line a cell: frame label area x y major minor intensity.  tests/data/test_tracks_ctc.c draws the same film
by the same formula.  make_ctc.py FOLDER > ctc.txt   (needs numpy, tifffile, scikit-image)"""
import os
import sys
import numpy as np
import tifffile
from skimage.measure import regionprops

WIDTH, HEIGHT, FRAMES = 48, 40, 6
# label: first and last frame, parent; a mother divides after frame 2, a cell is there for one frame
TRACKS = {1: (0, 2, 0), 2: (3, 5, 1), 3: (3, 5, 1), 4: (0, 5, 0), 300: (1, 1, 0)}


def ellipse(label, frame):
    """centre and half axes, in pixels: whole numbers, so that any language draws the same"""
    return {1: (12 + frame, 14, 7, 5), 2: (10 + frame, 8, 4, 4), 3: (22 + frame, 22, 5, 3),
            4: (36, 30 - frame, 6, 4), 300: (4, 34, 2, 2)}[label]


def labels(frame):
    image = np.zeros((HEIGHT, WIDTH), np.uint16)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for label, (first, last, _) in TRACKS.items():
        if first <= frame <= last:
            cx, cy, a, b = ellipse(label, frame)
            image[(x - cx) ** 2 * b * b + (y - cy) ** 2 * a * a <= a * a * b * b] = label
    return image


def raw(frame):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return ((x * 31 + y * 17 + frame * 101) % 251).astype(np.uint8)


def write(folder):
    for name, stem, text in (("01_GT/TRA", "man_track", "man_track.txt"), ("01_GT/SEG", "man_seg", ""),
                             ("01_RES", "mask", "res_track.txt"), ("01", "t", "")):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
        for frame in range(FRAMES):
            image = raw(frame) if stem == "t" else labels(frame)
            tifffile.imwrite(f"{folder}/{name}/{stem}{frame:03d}.tif", image,
                             compression="zlib" if stem == "mask" else None)
        if text:
            with open(f"{folder}/{name}/{text}", "w") as out:
                for label, (first, last, parent) in TRACKS.items():
                    out.write(f"{label} {first} {last} {parent}\n")


if __name__ == "__main__":
    write(sys.argv[1])
    for frame in range(FRAMES):
        for cell in regionprops(labels(frame), raw(frame)):
            y, x = cell.centroid
            print(frame, cell.label, int(cell.area), repr(float(x)), repr(float(y)), repr(float(cell.axis_major_length)),
                  repr(float(cell.axis_minor_length)), repr(float(cell.intensity_mean)))
