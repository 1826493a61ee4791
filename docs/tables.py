"""The book's tables, from what was measured and kept, in reST."""

import json
import re
from pathlib import Path

KEPT = Path(__file__).parent / "measured.json"

# What is compared: the run, what it is, the article's figure, and where
# ours stands in what the run printed.
COMPARED = {
    "cats": [
        ("cat-12", f"cost at iteration {n}", theirs, f"iteration {n}: (.+)")
        for n, theirs in (
            (0, "0.6933973875299138"), (500, "0.5054817305127275"),
            (1000, "0.3024003130312214"), (1500, "0.10870519536443567"),
            (2000, "0.05241476625572783"), (2499, "0.030590797593466793"))
    ] + [
        ("cat-12", "training accuracy", "1.0", "Training accuracy: (.+)"),
        ("cat-12", "test accuracy", "0.74", "Test accuracy: (.+)"),
        ("cat-20-7-5", "five layers: cost at 0", "0.771749",
         "iteration 0: (.+)"),
        ("cat-20-7-5", "cost at 100", "0.672053", "iteration 100: (.+)"),
        ("cat-20-7-5", "cost at 2400", "0.092878", "iteration 2400: (.+)"),
        ("cat-20-7-5", "training accuracy", "0.985645933014",
         "Training accuracy: (.+)"),
        ("cat-20-7-5", "test accuracy", "0.80", "Test accuracy: (.+)")],
    "moons": [("moons", "test accuracy", "0.98", "Test set accuracy: (.+)")],
    "digits": [
        ("mnist-0.005", "1,000 pictures, rate 0.005: test accuracy", "0.78",
         "Test Accuracy: (.+)"),
        ("mnist-1000", "1,000 pictures, our rate: test accuracy", "",
         "Test Accuracy: (.+)"),
        ("mnist-all", "60,000 pictures, our rate: test accuracy",
         "0.974 (its Keras run)", "Test Accuracy: (.+)")],
}


def kept():
    return json.loads(KEPT.read_text(encoding="utf-8"))


def table(*rows, style=""):
    """Lines of reST for a table, whose first row is its head."""
    return ["", ".. list-table::", "   :header-rows: 1", "   :align: left",
            *[f"   :class: {style}"] * bool(style), "",
            *(f"   {'  ' if k else '* '}- {cell}"
              for row in rows for k, cell in enumerate(row))]


def twelve(figure):
    """A printed figure, to twelve digits if it has more."""
    return re.sub(r"\d\.\d{13,}", lambda n: f"{float(n[0]):.12g}", figure)


def compare(name):
    """A table of an article's figures and ours, in reST."""
    runs = kept()
    rows = [row for row in COMPARED[name] if row[0] in runs]
    used = list(dict.fromkeys(run for run, *_ in rows))
    out = table(("figure", "article", "here"), *(
        (what, twelve(theirs),
         twelve(re.search(where, runs[run]["output"])[1]))
        for run, what, theirs, where in rows))
    commands = ", ".join(f"``{runs[run]['command']}``" for run in used)
    first = runs[used[0]]
    files = "" if name == "moons" else "On the original files, "
    return "\n".join([*out, "", f"{files}{'r' if files else 'R'}un on "
                      f"{first['date']} with {first['with']}: {commands}."])


# --- The measured speed ---------------------------------------------------

SPEED = Path(__file__).parent / "speed.json"


def duration(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            break
    return f"{seconds / size:.3g} {unit}"


def speeds(rows):
    """The table of one job: what each code takes for a step of it."""
    ours = [row["step"] for row in rows if row["code"] == "backprop"]
    cells = [("code", "a step", "times ours", "memory", "lines", "accuracy",
              "of peak")]
    for row in rows:
        memory, accuracy = row.get("memory_mb"), row.get("accuracy")
        cells.append((
            row["code"], duration(row["step"]),
            f"{row['step'] / ours[0]:.3g}" if ours else "1",
            f"{memory:.0f} MiB" if memory else "", row["lines"],
            "" if accuracy is None else f"{accuracy:.3f}",
            f"{row['share']:.1%}"))
    return table(*cells, style="figures")


def speed():
    """The kept report of tests/bench.py as tables, in reST."""
    if not SPEED.exists():
        return ("``python tests/bench.py --json docs/speed.json`` measures "
                "and keeps what this page shows.")
    report = json.loads(SPEED.read_text(encoding="utf-8"))
    machine, versions = report["machine"], report["versions"]
    out = [
        f"Measured by ``tests/bench.py`` on {report['date']}: "
        f"{machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB; "
        + ", ".join(f"{k.replace('_', '-')} {v}"
                    for k, v in versions.items())
        + (". One thread, " if report["threads"] == 1
           else f". {report['threads']} threads, ")
        + ("processor time" if report["clock"] == "cpu" else "wall clock")
        + f", {report['data']} data. The codes of a job took turns in one "
        "run, each in a process of its own, and the best turn counts. Read "
        "the ratios; seconds are this machine's.", "",
        f"This machine's own rate of matrix products is "
        f"{report['matmul']['float64'] / 1e9:.0f} GFLOP/s in float64 and "
        f"{report['matmul']['float32'] / 1e9:.0f} in float32; \"of peak\" is "
        "each code's share of it. \"Lines\" are those of the functions that "
        "one reads to understand the net."]
    for job in dict.fromkeys(row["job"] for row in report["rows"]):
        title = job[0].upper() + job[1:]
        out += ["", title, "-" * len(title)]
        out += speeds([row for row in report["rows"] if row["job"] == job])
    if report["commands"]:
        out += ["", "Whole commands", "-" * 14, *table(
            ("command", "time", "memory"), *(
                (f"``{row['command']}``", duration(row["seconds"]),
                 f"{row['memory_mb']:.0f} MiB")
                for row in report["commands"]), style="figures")]
    if report["growth"]:
        out += ["", "How time grows", "-" * 14, "", ".. drawing:: growth",
                "   :class: wide",
                "   :alt: The time of a step against the number of pictures, "
                "pixels, units, filters and examples, beside the count of "
                "multiplications.", "",
                "   The time of one step, and dashed the arithmetic's own "
                "count, laid through the last point: where the measured "
                "line is flatter, small sizes pay for numpy's calls; where "
                "it is steeper, the arrays have outgrown the caches."]
    return "\n".join(out)
