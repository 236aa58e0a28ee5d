"""The curves of docs/performance.md, drawn from `quadrat bench`: figures.py QUADRAT FOLDER [CLOCK]

Writes FOLDER/time.svg (time of a training epoch against N and against T, over two decades, one thread) and
FOLDER/share.svg (share of the measured peak against H), with the measured values as CSV beside them.  Needs nothing but
Python.  CLOCK: wall (default) or processor.
"""
import csv
import io
import math
import subprocess
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 300, 58, 120, 16, 44
COLOURS = ("#1b6ca8", "#c8553d", "#3b7d3a")


def measure(quadrat, clock, workload):
    """The median milliseconds and the share of the peak."""
    out = subprocess.run([quadrat, "bench", workload, "--passes", "train", "--threads", "1", "--seconds", "0.3",
                          "--clock", clock, "--form", "csv"], check=True, capture_output=True, text=True).stdout
    row = next(csv.DictReader(io.StringIO(out)))
    return float(row["ms"]), float(row["peak_share"])


def ticks(low, high, log):
    if log:
        return [10.0 ** e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    return [i / 5 for i in range(6)]


def draw(path, curves, x_name, y_name, x_ticks, y_log):
    """curves: [(name, [(x, y), ...])]; x is logarithmic."""
    xs = [x for _, points in curves for x, _ in points]
    ys = [y for _, points in curves for _, y in points]
    y_ticks = ticks(min(ys), max(ys), y_log)
    scale = math.log10 if y_log else float
    x_low, x_high = math.log10(min(xs)), math.log10(max(xs))
    y_low, y_high = scale(y_ticks[0]), scale(y_ticks[-1])

    def at(x, y):
        return (LEFT + (math.log10(x) - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (scale(y) - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM))

    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="11"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for y in y_ticks:
        _, py = at(min(xs), y)
        svg.append(f'<path d="M{LEFT} {py:.0f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{py + 4:.0f}" text-anchor="end">{y:g}</text>')
    for x in x_ticks:
        px, _ = at(x, y_ticks[0])
        svg.append(f'<text x="{px:.0f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x}</text>')
    svg.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{x_name}</text>'
               f'<text transform="translate(13 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" '
               f'text-anchor="middle">{y_name}</text>')
    for (name, points), colour in zip(curves, COLOURS):
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in (at(*p) for p in points))
        px, py = at(*points[-1])
        svg.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        svg += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.4" fill="{colour}"/>' for a, b in (at(*p) for p in points)]
        svg.append(f'<text x="{px + 6:.0f}" y="{py + 4:.0f}" fill="{colour}">{name}</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(svg) + "\n</svg>\n")


def main():
    quadrat, folder, clock = sys.argv[1], sys.argv[2], (sys.argv[3:] or ["wall"])[0]
    decades = (1, 2, 4, 10, 20, 40, 100)
    units = (16, 32, 64, 128, 256, 512, 1024)
    with open(f"{folder}/figures.csv", "w", encoding="utf-8") as file:
        file.write("workload,ms,peak_share\n")

        def of(workload):
            ms, share = measure(quadrat, clock, workload)
            file.write(f'"{workload}",{ms:.4f},{share:.3f}\n')
            file.flush()
            return ms, share

        times = [("counts, N = 64 n", [(n, of(f"counts:N={64 * n}")[0]) for n in decades]),
                 ("counts, T = 13 n", [(n, of(f"counts:T={13 * n}")[0]) for n in decades])]
        shares = [("B = 64, T = 50", [(h, of(f"counts:N=64,T=50,H={h},I={h}")[1]) for h in units]),
                  ("B = 8, T = 200", [(h, of(f"counts:N=8,B=8,T=200,H={h},I={h}")[1]) for h in units])]
    draw(f"{folder}/time.svg", times, "n", "milliseconds an epoch", (1, 10, 100), True)
    draw(f"{folder}/share.svg", shares, "units of each of two layers", "share of the peak", units, False)


if __name__ == "__main__":
    main()
