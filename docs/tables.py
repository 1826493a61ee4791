"""The book's tables, from what was measured and kept, in reST."""

import json
import re
from pathlib import Path

from words import say

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
    said = say("Run on {} with {}: {}.") if name == "moons" else say(
        "On the original files, run on {} with {}: {}.")
    return "\n".join([*out, "", said.format(
        first["date"], first["with"], commands)])


# --- The measured speed ---------------------------------------------------

SPEED = Path(__file__).parent / "speed.json"


def duration(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            break
    return f"{seconds / size:.3g} {unit}"


def speeds(rows):
    """The table of one job: what each code takes for a step of it."""
    return table(
        ("code", "a step", "times ours"),
        *((row["code"], duration(row["step"]), f"{row['times']:.3g}")
          for row in rows), style="figures")


def reached(record, goal):
    """The seconds after which a net was right so often, as a cell."""
    return next((duration(seconds) for _, seconds, accuracy
                 in record["points"] if accuracy >= goal), "not reached")


def accuracies(records):
    """Seconds until a net is right so often, and accuracy by epoch."""
    goals = {"moons": [1], "digits": [0.974, 0.99]}
    for what in dict.fromkeys(record["what"] for record in records):
        yield from ["", *table(
            (what, "code", *(f"{goal:.1%}" for goal in goals[what]),
             "an epoch"),
            *((one["setting"], one["code"],
               *(reached(one, goal) for goal in goals[what]),
               duration(one["points"][-1][1] / one["points"][-1][0]))
              for one in records if one["what"] == what), style="figures")]
    digits = [one for one in records if one["what"] == "digits"]
    epochs = range(1, 1 + int(max(
        (one["points"][-1][0] for one in digits), default=0)))
    if epochs:
        yield from ["", "The digits' test accuracy after each epoch:", "",
                    *table(("digits", "code", *map(str, epochs)), *(
                        (one["setting"], one["code"], *(next(
                            (f"{accuracy:.4f}" for done, _, accuracy
                             in one["points"] if done >= epoch), "")
                            for epoch in epochs)) for one in digits),
                        style="figures")]


def headed(title):
    return ["", title[0].upper() + title[1:], "-" * len(title), ""]


def speed():
    """The kept report of tests/bench.py as tables, in reST."""
    if not SPEED.exists():
        return ("``python tests/bench.py --json docs/speed.json`` measures "
                "and keeps what this page shows.")
    report = json.loads(SPEED.read_text(encoding="utf-8"))
    machine, versions = report["machine"], report["versions"]
    out = [
        say("Measured by ``tests/bench.py`` on {}: {}, {} cores, {} GiB; {}; "
            "threads: {}; processor time; {} data. The codes of a job took "
            "turns in one process, from the same parameters; the median of "
            "the turns counts. Read the ratios: above 1 a code is slower than "
            "ours, below 1 faster. Seconds are this machine's.").format(
                report["date"], machine["cpu"], machine["cores"],
                machine["memory_gib"],
                ", ".join(f"{k.replace('_', '-')} {v}"
                          for k, v in versions.items()),
                report["threads"], say("shipped") if
                report["data"] == "shipped" else report["data"])]
    rows = report.get("rows", [])
    for job in dict.fromkeys(row["job"] for row in rows):
        out += headed(job)
        out += speeds([row for row in rows if row["job"] == job])
    if report.get("accuracy"):
        out += headed("Until a net is right so often") + [
            "Seconds of training, without those of the tests, until so many "
            "test points or pictures are right. All codes start from the "
            "same parameters, save Keras, which draws its own."]
        out += accuracies(report["accuracy"])
    if report.get("busy"):
        out += headed("On a busy machine") + [
            "Each command by itself, and beside a busy process on every "
            "core, where a fair scheduler gives it half of one.", "",
            *table(("command", "alone", "beside", "processor time"), *(
                (f"``{row['command']}``", duration(row["alone"]),
                 duration(row["beside"]), f"× {row['cpu']:.2f}")
                for row in report["busy"]), style="figures")]
    if report.get("commands"):
        out += headed("Whole commands") + table(
            ("command", "time", "memory"), *(
                (f"``{row['command']}``", duration(row["seconds"]),
                 f"{row['memory_mb']:.0f} MiB")
                for row in report["commands"]), style="figures")
    if report.get("growth"):
        out += headed("How time grows") + [
            ".. drawing:: growth", "   :class: wide",
            "   :alt: The time of a step against the number of pictures, "
            "pixels, units, filters and examples, beside the count of "
            "multiplications.", "",
            "   The time of one step, and dashed the arithmetic's own count, "
            "laid through the last point: where the measured line is "
            "flatter, small sizes pay for numpy's calls; where it is "
            "steeper, the arrays have outgrown the caches."]
    return "\n".join(out)
