#!/usr/bin/env python3
"""Draw the cats, and what is easily mistaken for them, that ship here.

    python data/make_cats.py                     rewrite the two h5 files
    python data/make_cats.py --sheet sheet.png   draw a contact sheet instead

A picture depends on SEED and its number alone, so that any one of them can be
drawn again by itself: `draw(number)` gives its pixels and its factors.

Each thing has a function that draws it around the origin, 100 units to the
right and to the left, up and down (y grows downward); a `Brush` carries that
to its place in the picture. In these functions b is the brush, c the coat and
rng the random numbers. What makes a picture hard is drawn in as separate
factors (`FACTORS`), independent of one another and of what is drawn.
"""
import argparse
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

SEED = 27
SIDE = 64               # of a finished picture
OVER = 5                # it is drawn so many times larger, then reduced
COLOURS = 80            # in one picture: this keeps the files small
PARTS = {"train": (209, 72), "test": (50, 17)}      # pictures, cats of them

# What may be unusual, and how. The usual value comes first.
FACTORS = {
    "position": ("centre", "off centre"),
    "background": ("contrasting", "like the subject"),
    "colour": ("common", "rare"),
    "angle": ("upright", "tilted"),
    "brightness": ("normal", "dark", "bright"),
    "scale": ("normal", "small", "large"),
}
UNUSUAL = 0.12          # the probability of that, for each factor


# --- Shapes: (n, 2) arrays of points ---

def points(text):
    """The points of "x,y x,y ...", or of a list of pairs."""
    if isinstance(text, str):
        text = [pair.split(",") for pair in text.split()]
    return np.array(text, float)


def smooth(a, b, c, d, t):
    """From b to c as t goes from 0 to 1, past a and d: Catmull-Rom."""
    return (b + (c - a) * t / 2 + (2 * a - 5 * b + 4 * c - d) * t ** 2 / 2
            + (3 * b - a - 3 * c + d) * t ** 3 / 2)


def curve(text):
    """A smooth closed line through the points: what a bare text stands for."""
    p, t = points(text), np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    q = smooth(*(np.roll(p, k, axis=0) for k in (1, 0, -1, -2)), t)
    return q.transpose(1, 0, 2).reshape(-1, 2)


def both(text):
    """A curve and its mirror image in one, from the points with x >= 0."""
    p = points(text)
    return curve(np.vstack([p, p[p[:, 0] > 0][::-1] * (-1, 1)]))


def oval(x, y, rx, ry, turn=0):
    """An ellipse, turned clockwise by so many degrees."""
    t, turn = np.linspace(0, 2 * np.pi, 48)[:-1], math.radians(turn)
    u, v = rx * np.cos(t), ry * np.sin(t)
    return np.stack([x + u * math.cos(turn) - v * math.sin(turn),
                     y + u * math.sin(turn) + v * math.cos(turn)], axis=1)


def box(x0, y0, x1, y1):
    return points([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def ribbon(text, *widths):
    """A smooth band through the points, with a round end: tails and limbs."""
    p, t = points(text), np.linspace(0, 1, 24)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    k = np.minimum((t * (len(p) - 3)).astype(int), len(p) - 4)
    u = (t * (len(p) - 3) - k)[:, None]
    q = smooth(p[k], p[k + 1], p[k + 2], p[k + 3], u)
    along = np.gradient(q, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    across = along[:, ::-1] * (-1, 1)
    half = np.interp(t, np.linspace(0, 1, len(widths)), widths)[:, None] / 2
    bend = np.linspace(-1.4, 1.4, 7)[:, None]
    cap = (np.cos(bend) * along[-1] + np.sin(bend) * across[-1]) * half[-1]
    sides = q - across * half, q + across * half
    return np.vstack([sides[0], q[-1] + cap, sides[1][::-1]])


# --- Colours: arrays of red, green and blue ---

def rgb(text):
    return np.array([int(text[i:i + 2], 16) for i in (0, 2, 4)], float)


def mix(a, b, t):
    """The colour that lies t of the way from a to b."""
    return a * (1 - t) + b * t


BLACK, WHITE, PINK = rgb("14110f"), rgb("fffaf2"), rgb("e79a97")
STEEL, GREEN = rgb("c4c8cc"), rgb("4b8a35")


def tone(colour, t):
    """Lighter for t > 0, darker for t < 0."""
    return mix(colour, WHITE if t > 0 else BLACK, abs(t))


class Coat:
    """Colours of a thing: base, marks, pale parts, eyes; and a pattern."""

    def __init__(self, text, rng):
        words = text.split()
        light, tint = rng.uniform(0.9, 1.08), rng.uniform(-7, 7, 3)
        self.base, self.marks, self.pale = (
            np.clip(rgb(word) * light + tint, 8, 252) for word in words[:3])
        self.eyes = rgb(words[3]) if len(words) > 3 else BLACK
        self.pattern = words[4] if len(words) > 4 else "plain"
        dark = self.base.mean() < 110
        self.ink = mix(self.base, WHITE if dark else BLACK, 0.65)


class Brush:
    """Draws on a picture: at a place, in a size, at an angle."""

    def __init__(self, image, matrix, shift, light):
        self.image, self.matrix, self.shift = image, matrix, shift
        self.light = light          # 1: it comes from the left, -1: the right

    def moved(self, x, y, scale=1, turn=0):
        """The brush whose origin lies at (x, y) of this one. A pair of scales
        stretches, a negative one mirrors."""
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        matrix = self.matrix @ np.array([[c, -s], [s, c]]) * scale
        shift = self.shift + self.matrix @ (x, y)
        return Brush(self.image, matrix, shift, self.light)

    def halves(self):
        """This brush and its mirror image."""
        return self, self.moved(0, 0, (-1, 1))

    def fill(self, shape, colour, shade=0.0, alpha=1.0, inside=None):
        """Fill a shape; shade > 0 rounds it by light and shadow. Returns its
        mask: what is drawn `inside` of a mask does not leave it."""
        shape = curve(shape) if isinstance(shape, str) else shape
        corners = shape @ self.matrix.T + self.shift
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon([tuple(p) for p in corners], fill=255)
        if inside is not None:
            mask = ImageChops.multiply(mask, inside)
        bounds = mask.getbbox()
        if bounds is None:
            return mask
        part = mask.crop(bounds)
        paint = np.broadcast_to(colour, (part.height, part.width, 3))
        if shade:
            # Blurred, the mask is a cushion; its slopes catch the light.
            r = 0.22 * float(np.ptp(corners, axis=0).min())
            pad = int(2 * r) + 1
            wide = ImageOps.expand(part, pad)
            wide = wide.filter(ImageFilter.GaussianBlur(r))
            dy, dx = (d[pad:-pad, pad:-pad, None] / 255
                      for d in np.gradient(np.asarray(wide, float)))
            lit = 2 * r * shade * (dy + 0.6 * self.light * dx)
            paint = np.where(lit > 0, mix(paint, WHITE, np.minimum(lit, 0.9)),
                             mix(paint, BLACK, np.minimum(-lit, 0.9)))
        paint = Image.fromarray(np.clip(paint, 0, 255).astype(np.uint8))
        part = part.point(lambda v: int(v * alpha))
        self.image.paste(paint, bounds[:2], part)
        return mask

    def pair(self, *args, **kwargs):
        """Fill a shape and its mirror image."""
        for half in self.halves():
            half.fill(*args, **kwargs)

    def line(self, text, colour, width, alpha=1.0, inside=None):
        self.fill(ribbon(text, width, width), colour, 0, alpha, inside)


# --- Parts of faces ---

def eyes(b, x, y, r, iris, slit=False, narrow=1.0, turn=0):
    """Two eyes, at (x, y) and (-x, y)."""
    for s in -1, 1:
        b.fill(oval(s * x, y, 1.18 * r, 1.16 * r * narrow, s * turn), BLACK)
        ball = b.fill(oval(s * x, y, r, r * narrow, s * turn), iris)
        wide, high = (0.27 * r, 0.95 * r) if slit else (0.62 * r, 0.62 * r)
        b.fill(oval(s * x, y, wide, high), BLACK, inside=ball)
        glint = oval(s * x - 0.3 * r, y - 0.35 * r, r / 4, r / 4)
        b.fill(glint, WHITE, inside=ball)


def mouth(b, y, ink=None, width=20):
    for half in b.halves():
        half.moved(0, y, (width / 20, 1)).line(
            "0,0 3,12 12,17 20,10", rgb("58504c") if ink is None else ink, 4.5)


def whiskers(b, c, y=36, length=115):
    colour = WHITE if c.base.mean() < 190 else tone(c.base, -0.6)
    for half in b.moved(0, y).halves():
        for k in -1, 0, 1:
            hair = [(30, 6 * k), (70, 12 * k - 6), (length, 22 * k)]
            half.line(hair, colour, 3.5, 0.85)


# --- Heads, from the front ---

def cat_head(b, rng, c):
    siamese = c.pattern == "siamese"
    ears = c.marks if siamese else c.base
    b.pair("97,0 99,-60 90,-116 84,-116 45,-86 10,-60 30,0", ears, 0.5)
    b.pair("80,-40 83,-93 38,-66", mix(PINK, ears, 0.35))
    head = b.fill(both("0,-74 50,-68 90,-25 102,22 72,58 30,78"), c.base, 0.55)
    if c.pattern == "tabby":
        for half in b.halves():
            for stripe in "10,-80 8,-32", "31,-80 26,-30", "55,-80 46,-38":
                half.line(stripe, c.marks, 10, 0.85, head)
            for stripe in "110,5 66,10", "110,27 66,32":
                half.line(stripe, c.marks, 9, 0.85, head)
    elif siamese:
        b.fill(both("0,-40 50,-25 62,20 40,66"), c.marks, 0, 0.85, head)
    elif c.pattern == "calico":
        b.fill("2,-90 10,-20 50,15 110,10 100,-90", c.marks, 0, 0.95, head)
        b.fill("-110,0 -60,10 -50,50 -100,80", rgb("2c2624"), 0, 0.9, head)
    elif c.pattern == "tuxedo":
        b.fill(both("0,-62 10,-20 34,22 55,90"), c.pale, 0.2, 1, head)
    if not siamese:
        b.pair(oval(20, 42, 27, 20), c.pale, 0.25)
        b.fill(oval(0, 60, 20, 13), c.pale, 0.2)
    eyes(b, 43, -5, 25, c.eyes, slit=True, narrow=0.86, turn=-14)
    b.fill("-12,22 12,22 0,37", tone(PINK, -0.15), 0.2)
    mouth(b, 36, c.ink if siamese else None)
    whiskers(b, c)


def dog_head(b, rng, c):
    husky = c.pattern == "husky"        # ears, as a husky has
    if husky:
        b.pair("85,-10 72,-110 62,-110 20,-55", c.marks, 0.4)
        b.pair("68,-40 64,-85 40,-55", tone(PINK, -0.2))
    head = b.fill(both("0,-78 48,-70 74,-20 62,35 42,80 0,95"), c.base, 0.5)
    if husky:
        b.fill(both("0,-90 70,-80 80,-10 50,-30 12,-25"), c.marks, inside=head)
    elif c.pattern == "patch":
        b.fill(oval(42, -15, 38, 45), c.marks, 0, 0.95, head)
    elif c.pattern == "blaze":
        b.fill(both("0,-80 14,-40 30,40"), c.pale, 0, 1, head)
    b.fill(both("0,2 30,14 44,46 36,78 0,90"), c.pale, 0.45)
    if rng.rand() < 0.7:
        b.fill(both("0,62 17,68 18,105 0,118"), rgb("e0586a"), 0.35)
        b.line("0,70 0,100", rgb("a83848"), 4)
    if not husky:
        b.pair("40,-72 78,-72 110,-20 112,42 90,62 68,30 62,-25", c.marks, 0.5)
    eyes(b, 33, -13, 14.5, c.eyes)
    b.fill(both("0,14 20,14 22,26 7,40"), BLACK, 0.6)
    mouth(b, 40, width=34)


def bear_head(b, rng, c):
    panda = c.pattern == "panda"
    ears = c.marks if panda else c.base
    b.pair(oval(68, -66, 32, 32), ears, 0.45)
    b.pair(oval(68, -64, 17, 17), tone(ears, -0.35))
    b.fill(both("0,-84 55,-74 92,-20 92,30 55,76 0,88"), c.base, 0.55)
    if panda:
        b.pair(oval(40, -10, 22, 30, 30), c.marks)
    b.fill(oval(0, 36, 46, 40), c.pale, 0.45)
    eyes(b, 37, -12, 10.5, c.eyes)
    b.fill(both("0,8 20,10 20,22 0,34"), BLACK, 0.6)
    mouth(b, 34, width=24)


def fox_head(b, rng, c):
    b.pair("86,-10 88,-70 76,-124 68,-124 20,-50", c.base, 0.4)
    b.pair("80,-85 75,-126 66,-124 56,-98", BLACK)
    b.pair("68,-40 70,-92 38,-52", tone(c.pale, -0.15))
    head = both("0,-62 50,-56 86,-10 112,30 62,46 26,82 0,100")
    head = b.fill(head, c.base, 0.5)
    b.pair("120,30 75,8 36,10 17,50 8,100 50,90", c.pale, 0.2, 1, head)
    b.fill(both("0,74 16,76 13,92 0,102"), BLACK, 0.5)
    eyes(b, 38, -2, 15, c.eyes, slit=True, narrow=0.75, turn=20)


def rabbit_head(b, rng, c):
    flop = rng.rand() < 0.25
    for half, turn in zip(b.halves(), (70 if flop else 10, 10), strict=True):
        ear = half.moved(32, -50, 1, turn + rng.uniform(-4, 4))
        ear.fill(oval(0, -62, 25, 78), c.base, 0.45)
        ear.fill(oval(0, -62, 12, 60), mix(PINK, c.base, 0.25))
    b.fill(both("0,-66 45,-58 70,-10 78,30 50,70 0,80"), c.base, 0.5)
    b.pair(oval(20, 40, 26, 22), c.pale, 0.3)
    b.fill(box(-10, 52, 10, 76), WHITE)
    b.line("0,54 0,76", rgb("999999"), 3)
    eyes(b, 44, -8, 16, c.eyes)
    b.fill("-11,20 11,20 0,33", PINK, 0.2)
    mouth(b, 30)
    whiskers(b, c, 40, 95)


# --- Bodies, and the animals that have them ---

def tail(b, kind, c, up=False):
    """A tail from the origin to the right."""
    if kind == "long":
        path = points("0,0 22,-10 34,-50 24,-88 38,-105" if up else
                      "0,0 30,-2 52,-25 42,-55 55,-70")
        shape = b.fill(ribbon(path, 17, 15, 13), c.base, 0.5)
        if c.pattern in ("siamese", "tabby"):
            for x, y in path[2:]:
                b.fill(oval(x, y, 12, 6), c.marks, 0, 0.8, shape)
    elif kind == "bushy":
        shape = ribbon("0,0 30,2 50,-25 45,-62", 14, 38, 36, 10)
        shape = b.fill(shape, c.base, 0.5)
        b.fill(oval(46, -66, 30, 22), c.pale, 0.1, 1, shape)
    elif kind == "wagging":
        b.fill(ribbon("0,0 20,-12 30,-40", 16, 13, 6), c.base, 0.4)
    elif kind == "stump":
        b.fill(oval(0, -2, 15, 14), c.pale, 0.4)


def markings(b, c, body, x0, y0, x1, y1):
    """The coat's pattern on what of a body lies in the box."""
    if c.pattern == "tabby":
        for x in np.linspace(x0, x1, 6)[1:-1]:
            stripe = [(x, y0), (x + 5, (y0 + y1) / 2), (x - 2, y1)]
            b.line(stripe, c.marks, 7, 0.75, body)
    elif c.pattern == "calico":
        b.fill(oval(x0 + 20, y0 + 15, 24, 30), c.marks, 0, 0.9, body)
        b.fill(oval(x1 - 10, y1 - 25, 25, 25), rgb("2c2624"), 0, 0.9, body)
    elif c.pattern == "patch":
        b.fill(oval(x1 - 15, y0 + 25, 30, 30), c.marks, 0, 0.9, body)
    elif c.pattern == "husky":
        saddle = oval((x0 + x1) / 2, y0, (x1 - x0) / 2, 30)
        b.fill(saddle, c.marks, 0, 0.9, body)


def animal(head, tail_kind, girth=0.9):
    """The function that draws an animal: they differ in head, tail, girth."""

    def face(b, rng, c, limbs, paws):
        body = both("0,30 42,34 72,75 84,160 0,190")
        body = b.moved(0, 0, (girth, 1)).fill(body, c.base, 0.3)
        if c.pattern in ("tuxedo", "blaze") or head is fox_head:
            b.fill(both("0,40 30,60 30,120 0,180"), c.pale, 0.1, 1, body)
        elif c.pattern == "panda":
            b.fill(box(-200, 50, 200, 200), c.marks, 0.1, 1, body)
        head(b.moved(0, 2, 0.7), rng, c)

    def sitting(b, rng, c, limbs, paws):
        wide = b.moved(0, 0, (girth, 1))
        tail(b.moved(30 * girth, 85), tail_kind, c)
        thighs = c.marks if c.pattern == "panda" else c.base
        wide.pair(oval(36, 72, 26, 28), thighs, 0.5)
        body = wide.fill(both("0,-35 26,-20 42,30 46,80 0,98"), c.base, 0.5)
        if c.pattern in ("tuxedo", "blaze") or head is fox_head:
            b.fill(both("0,-20 20,0 20,50 0,75"), c.pale, 0.1, 0.9, body)
        for half in b.halves():
            markings(half, c, body, 15, 5, 50, 60)
            half.fill(ribbon("17,20 16,60 16,88", 20, 18, 20), limbs, 0.35)
            half.fill(oval(18, 93, 15, 9), paws, 0.4)
        head(b.moved(0, -42, 0.46), rng, c)

    def standing(b, rng, c, limbs, paws):
        tail(b.moved(62, 6), tail_kind, c, up=True)
        for x, dark in (-28, -0.3), (60, -0.3), (-42, 0), (46, 0):
            leg = b.moved(x, 0)
            thigh = ribbon("0,20 2,60 0,88", 28 * girth, 16, 17)
            leg.fill(thigh, tone(limbs, dark), 0.35)
            leg.fill(oval(-4, 90, 13, 7), tone(paws, dark), 0.3)
        body = "-70,-12 -45,-30 0,-27 45,-32 72,-2 62,24 10,34 -50,36"
        body = b.moved(0, 12, (1, girth)).fill(body, c.base, 0.55)
        markings(b, c, body, -35, -35, 70, 25)
        if c.pattern == "panda":
            b.fill(box(-70, -100, -25, 100), c.marks, 0, 1, body)
        head(b.moved(-58, -26, 0.43), rng, c)

    def lying(b, rng, c, limbs, paws):
        tail(b.moved(72, 62), tail_kind, c)
        body = b.fill("-70,55 -62,10 -10,-12 50,-20 90,25 86,66 0,72",
                      c.base, 0.55)
        markings(b, c, body, 0, -25, 90, 40)
        b.fill(oval(62, 60, 26, 14), limbs, 0.45)
        b.fill(oval(-55, 68, 19, 10), paws, 0.45)
        b.fill(oval(-15, 68, 19, 10), paws, 0.45)
        head(b.moved(-38, 10, 0.5), rng, c)

    poses = {f.__name__: f for f in (face, sitting, standing, lying)}

    def draw_animal(b, rng, c, pose):
        limbs = c.marks if c.pattern in ("siamese", "panda") else c.base
        paws = c.pale if c.pattern in ("tuxedo", "tabby") else limbs
        poses[pose](b, rng, c, limbs, paws)

    return draw_animal


# --- Other things ---

def owl(b, rng, c, pose):
    body = b.fill(both("0,-90 50,-78 64,-30 60,40 34,86 0,95"), c.base, 0.5)
    b.pair("30,-70 62,-114 64,-45", c.base, 0.4)
    b.fill(both("0,-10 34,0 40,40 0,86"), c.pale, 0.2, 1, body)
    for x, y in points("-20,20 0,20 20,20 -10,40 10,40 -16,58 2,58 18,58"):
        b.moved(x, y).fill(both("0,12 7,0 0,4"), c.marks, 0, 0.9)
    b.pair("42,-15 74,10 66,62 42,82 44,40", c.marks, 0.5)
    b.pair(oval(28, -42, 33, 33), c.pale, 0.3)
    eyes(b, 26, -42, 19, c.eyes)
    b.fill("-10,-32 10,-32 0,-6", rgb("e8a33a"), 0.5)
    for x in 10, 20, 30:
        b.pair(oval(x, 95, 5, 9), rgb("e0912f"), 0.4)
    b.fill(box(-130, 98, 130, 112), rgb("5c4030"), 0.3)


def house(b, rng, c, pose):
    b.fill(box(-75, -15, 75, 90), c.base, 0.15)
    if pose == "towers":
        b.pair(box(32, -30, 88, 90), tone(c.base, 0.12), 0.2)
        b.pair(points("20,-28 60,-110 100,-28"), c.marks, 0.4)
        b.fill(points("-32,-15 -20,-40 20,-40 32,-15"), tone(c.marks, -0.2))
    else:
        b.fill(box(35, -95, 58, -30), tone(c.marks, -0.3), 0.3)
        b.fill(points("-98,-10 0,-98 98,-10"), c.marks, 0.35)
    lamp = rgb("ffd766" if rng.rand() < 0.5 else "9cc4de")
    for half in b.halves():
        window = half.moved(60 if pose == "towers" else 44, 12)
        window.fill(box(-19, -19, 19, 19), c.pale)
        for x in -15, 2:
            for y in -15, 2:
                window.fill(box(x, y, x + 13, y + 13), lamp)
    b.fill(box(-16, 38, 16, 90), tone(c.marks, -0.45), 0.2)
    b.fill(oval(9, 66, 3, 3), rgb("ffd766"))


def flower(b, rng, c, pose):
    b.fill(ribbon("0,0 6,60 0,150", 10, 10), GREEN, 0.3)
    b.pair("0,105 30,72 72,62 45,95", GREEN, 0.4)
    if pose == "tulip":
        b.pair(oval(32, -10, 30, 68, 16), tone(c.base, -0.15), 0.5)
        b.fill(both("0,-72 30,-20 34,25 0,58"), c.base, 0.5)
        return
    n = rng.randint(7, 13) if pose == "daisy" else 5
    for k in range(n):
        petal = b.moved(0, -15, 1, 360 * k / n + 10)
        petal.fill(oval(0, -55, 200 / n + 3, 42), c.base, 0.45)
    b.fill(oval(0, -15, 28, 28), c.marks, 0.5)


def car(b, rng, c, pose):
    glass, rubber, lamp = rgb("9fc3d6"), rgb("1c1c1e"), rgb("fff2b0")
    if pose == "front":
        b.pair(box(50, 50, 82, 86), rubber, 0.2)
        b.fill(both("0,-70 50,-62 62,-10"), c.base, 0.4)
        b.fill(both("0,-55 40,-50 50,-8"), glass, 0.3)
        b.fill(both("0,-10 60,-10 92,10 94,50 70,66 0,68"), c.base, 0.4)
        b.pair(oval(64, 20, 20, 18), STEEL, 0.3)
        b.pair(oval(64, 20, 14, 13), lamp)
        b.fill(box(-34, 16, 34, 38), rubber)
        b.fill(box(-30, 21, 30, 24), c.pale)
        b.fill(box(-30, 30, 30, 33), c.pale)
        b.fill(box(-86, 50, 86, 60), STEEL, 0.3)
        b.fill(box(-20, 45, 20, 60), WHITE)
        return
    b.fill("-50,-2 -34,-46 10,-54 50,-40 72,0", c.base, 0.3)
    b.fill("-40,-2 -26,-38 3,-43 3,-2", glass, 0.2)
    b.fill("10,-2 10,-43 40,-34 58,-2", glass, 0.2)
    b.fill("-102,36 -100,10 -50,-6 60,-6 98,6 102,38 0,44", c.base, 0.45)
    b.fill(oval(-95, 14, 9, 8), lamp)
    b.fill(box(-96, 30, 98, 35), tone(c.base, -0.4))
    for wheel in b.moved(0, 40).halves():
        wheel.fill(oval(56, 0, 25, 25), rubber, 0.3)
        wheel.fill(oval(56, 0, 12, 12), STEEL, 0.3)


def butterfly(b, rng, c, pose):
    for half in b.halves():
        wing = half.fill("0,-10 45,-70 98,-86 104,-35 60,6", c.base, 0.35)
        half.fill("50,-90 85,-62 88,-20 130,-30 110,-110", c.marks, 0, 1, wing)
        half.fill(oval(94, -60, 7, 7), c.pale, 0, 1, wing)
        half.fill(oval(55, -36, 15, 15), c.pale, 0, 1, wing)
        half.fill("0,0 60,10 84,45 50,86 16,50", tone(c.base, -0.12), 0.35)
        half.fill(oval(55, 46, 14, 16), c.marks)
        half.line("0,-40 12,-80 30,-100", BLACK, 5)
    b.fill(oval(0, 5, 9, 52), rgb("2a211c"), 0.5)


# --- The kinds ---

class Kind(NamedTuple):
    paint: object           # the function that draws it
    poses: str              # as frequent as they stand here
    indoors: float          # how often it is seen there
    common: str             # coats: base, marks, pale parts, eyes, pattern
    rare: str


BODY = "face face face sitting standing lying"
KINDS = {
    "cat": Kind(
        animal(cat_head, "long"), "face face " + BODY, 0.9,
        "d98a3d a85a1e f6dfc0 a8b23a tabby, 8d8780 4a4642 d8d2c8 b7b53c tabby,"
        "8a6a4a 46321f d9c4a4 8fae3e tabby, 2b2a2c 151416 454248 e3c23a,"
        "2b2a2c 151416 f7f3ea b9c23f tuxedo, f1ece2 c9beb0 fffdf8 6fb0d8,"
        "7d8794 5b6470 a4acb6 d9a83a, e8d9bf 5a4030 f2e8d6 6fb4e4 siamese",
        "e3b3a0 c98d7c f0cdbd 7fc4b8, f3e7d6 d07f34 fff8ee c9b13c calico,"
        "b9a3b4 8f7a8c d8c8d4 e0a23c, 5a3826 2f1c12 7a523a a9c23a"),
    "dog": Kind(
        animal(dog_head, "wagging", 1.1), BODY, 0.4,
        "c08a4e 8a5a2c e6cba0 5a3a1e, 8a5a36 5c3820 b98a60 4a2e18,"
        "eee6d8 7a4a28 fffaf0 4a2e18 patch, 3a3230 221c1a f2ece0 5a3a1e blaze,"
        "d8d4cc 54565c fbf8f2 79b4dc husky, c89a5c 3a2c22 dcc090 5a3a1e husky",
        "9aa6b4 5a6470 e8e8ea 8fc4e4 patch, b55a34 7c3416 e9b48c 6a4020"),
    "bear": Kind(
        animal(bear_head, "stump", 1.45), BODY, 0.1,
        "7a5334 4e3420 b08a62 241812, 5a3c28 38241a 94704e 241812,"
        "332c2a 1c1816 a07850 241812, f0eee6 1f1d1e fbf9f4 2a2220 panda",
        "efe9da cfc5b0 fbf7ec 241812, c99a5e 8d6636 e9cfa0 3a2818"),
    "fox": Kind(
        animal(fox_head, "bushy"), BODY, 0.1,
        "d5692a 8a3c14 fbf0e2 d9a53a, c4561f 7c3210 f4e4d0 c98f2c,"
        "e08440 9c5220 fff6ea b5862a",
        "50535a 2c2e33 c4c8cc d9a53a, eceff0 c2c8cc fdfefe 8a6a3a"),
    "rabbit": Kind(
        animal(rabbit_head, "stump"), BODY, 0.2,
        "a98c6c 7a6048 e6d6c0 3a2418, e9e4dc c8beb2 fdfbf6 b8505a,"
        "8e8a88 605c5a cac6c2 2e2220",
        "3a3432 201c1a 6a625e 3a2418, d99a5e a86a32 f2d4b0 4a2e18"),
    "owl": Kind(
        owl, "perched", 0.1,
        "8a6642 5a3f26 e2cfae f0b428, 6e6258 463c34 c9bda9 f5c52e",
        "f0eee8 c8c4ba fdfcf8 f3c93a, b5532c 7a3216 eebd94 f0c040"),
    "house": Kind(
        house, "gable towers", 0,
        "e8d8b8 a8452e fffdf6, c9785a 5a4a44 f2ece2, dfe2e0 4e5a66 ffffff,"
        "a8805a 6a3a22 f0e0c4", "c79ad0 6a3a7c ffffff, 46423f b5482c d8d2c6"),
    "flower": Kind(
        flower, "daisy daisy blossom tulip", 0.2,
        "e8483c f2c230 ffffff, f4c63a 8a5a24 ffffff, fbf6ee f0b52c ffffff,"
        "e888b4 f6d860 ffffff, e88a34 6a4020 ffffff",
        "3c4fc0 f6e070 ffffff, 33232c c8a440 ffffff"),
    "car": Kind(
        car, "front side", 0,
        "c2352c 802018 e8e4e0, 4a6f9c 2c4668 dfe6ee, c4c6c8 8a8c90 f4f4f4,"
        "2e3034 1a1b1e c8c8cc, e6dfd0 b0a890 ffffff",
        "e89a34 a86418 fff0d0, e48ab0 a85a7c ffeef4"),
    "butterfly": Kind(
        butterfly, "open", 0.1,
        "e5852b 2a1c14 fbe6b8, f0d24a 3a2a1a fff6cc, a5623a 2e1a10 f0cf9a",
        "4a7fd0 161c34 dfeaff, 8a8478 3c3832 e6e0d2"),
}


# --- Backgrounds, each of two colours and what follows from them ---

def wall(b, rng, paper, floor):
    b.fill(box(-400, -400, 400, 400), paper)
    stripe, step = tone(paper, rng.choice([-0.12, 0.15])), rng.uniform(30, 60)
    if rng.rand() < 0.5:
        for x in np.arange(-300, 300, step):
            b.fill(box(x, -400, x + 12, 400), stripe)
    y = rng.uniform(35, 80)
    b.fill(box(-400, y, 400, 400), floor)
    b.fill(box(-400, y, 400, y + 7), tone(floor, 0.4))


def blanket(b, rng, cloth, thread):
    """Folds across, and sometimes checks."""
    b.fill(box(-400, -400, 400, 400), cloth)
    step, checks = rng.uniform(35, 60), rng.rand() < 0.5
    for y in np.arange(-6, 7) * step:
        fold = [(-300, y), (0, y + rng.uniform(-20, 20)), (300, y)]
        b.line(fold, tone(cloth, -0.25), 14, 0.6)
        if checks:
            b.line([(y, -300), (y, 300)], mix(cloth, thread, 0.6), 14, 0.5)


def blur(b, rng, back, light):
    """Out of focus: soft discs."""
    for r in range(260, 30, -12):
        b.fill(oval(0, 30, r, r), tone(back, 0.3 - 0.3 * r / 260))
    for _ in range(9):
        r, t = rng.uniform(15, 40), rng.uniform(0, 0.4)
        disc = oval(*rng.uniform(-110, 110, 2), r, r)
        b.fill(disc, mix(light, back, t), 0, 0.5)


def day(b, rng, sky, ground):
    for y in range(-140, 60, 12):
        b.fill(box(-400, y, 400, 400), tone(sky, 0.002 * (y + 140)))
    x = rng.choice([-1, 1]) * rng.uniform(40, 80)
    cloud = b.moved(x, rng.uniform(-85, -60))
    for x, r in (-20, 12), (0, 18), (20, 13):
        cloud.fill(oval(x, 0, r, 0.6 * r), WHITE, 0, 0.6)
    hills(b, rng, sky, ground, -0.3)


def night(b, rng, sky, ground):
    """Moonlight on snow or sand."""
    for y in range(-140, 60, 12):
        b.fill(box(-400, y, 400, 400), tone(sky, 0.001 * (y + 140)))
    for _ in range(10):
        b.fill(oval(*rng.uniform(-100, (100, 0)), 2.5, 2.5), WHITE, 0, 0.8)
    x = rng.choice([-1, 1]) * rng.uniform(60, 85)
    moon = b.moved(x, rng.uniform(-85, -65))
    moon.fill(oval(0, 0, 17, 17), rgb("f3e9c0"), 0.1)
    moon.fill(oval(8, -3, 15, 15), sky)
    hills(b, rng, sky, ground, 0.25)


def hills(b, rng, sky, ground, grass):
    x, y = rng.uniform(-100, 100), rng.uniform(-10, 15)
    b.fill(oval(x, y + 100, 150, 110), mix(ground, sky, 0.35))
    b.fill(oval(-x, y + 300, 600, 295), ground, 0.05)
    for _ in range(9):
        tuft = b.moved(rng.uniform(-110, 110), rng.uniform(y + 35, 110))
        for lean in -7, 0, 7:
            tuft.line([(0, 0), (lean, -14)], tone(ground, grass), 3)


INDOORS = (
    (wall, "927e5a 708476 7c7086 868070 5c7080 86584a 52787e",
     "7a6a50 5a5a58 7c7264 5c6478"),
    (blanket, "8c4044 4e6a98 948a74 608468 6c648c 74726a 9a784c",
     "b8b0a0 504840 5878a0"),
    (blur, "7c7468 5c7078 767262 50705c", "b8a080 90a0a0 a8a090"),
)
OUTDOORS = (
    (day, "9cccf0 c4dcec f4cca4 ecd8b8", "2c4c1c 34341c 4a3424 244420"),
    (night, "141c38 241a28 141c20 201820", "c4c8d8 d8c49c dcdce0 c4b49c"),
)


def background(b, rng, subject, indoors, alike):
    """Draw a scene, of the subject's colour or away from it; its name."""
    scenes = INDOORS if rng.rand() < indoors else OUTDOORS
    for _ in range(50):
        scene, *colours = scenes[rng.randint(len(scenes))]
        back, front = (rgb(rng.choice(c.split())) for c in colours)
        if np.abs(back - subject).mean() > 25:
            break
    if alike:
        scene = scene if scenes is INDOORS else blur
        back = tone(subject, 0.22 if subject.mean() < 120 else -0.16)
        front = tone(back, -0.12)
    scene(b, rng, np.clip(back * rng.uniform(0.92, 1.06), 0, 255), front)
    return scene.__name__


# --- Pictures ---

def kinds():
    """Every picture's kind: the shares are the same in train and test."""
    rng, others = np.random.RandomState(SEED), [k for k in KINDS if k != "cat"]
    result = []
    for pictures, cats in PARTS.values():
        part = ["cat"] * cats + (others * pictures)[:pictures - cats]
        result += [part[i] for i in rng.permutation(pictures)]
    return result


def draw(number):
    """A picture's pixels, (64, 64, 3) uint8, and a dict of its factors."""
    rng = np.random.RandomState([SEED, number])
    name = kinds()[number]
    kind, factors = KINDS[name], {"kind": name}
    for factor, (usual, *unusual) in FACTORS.items():
        odd = unusual[rng.randint(len(unusual))]
        factors[factor] = odd if rng.rand() < UNUSUAL else usual

    coats = kind.rare if factors["colour"] == "rare" else kind.common
    coat = Coat(rng.choice(coats.split(",")), rng)
    poses = kind.poses.split()
    if factors["scale"] == "small" and "face" in poses:
        poses = poses[-3:]                  # a bust would end in mid air
    factors["pose"] = pose = poses[rng.randint(len(poses))]

    tilt = rng.uniform(-5, 5)
    if factors["angle"] == "tilted":
        tilt = rng.choice([-1, 1]) * rng.uniform(25, 45)
    x, y = rng.uniform(-8, 8, 2)
    if factors["position"] == "off centre":
        x, y = rng.choice([-1, 1]) * rng.uniform(35, 55), rng.uniform(-30, 30)
    scale = rng.uniform(*{"normal": (0.76, 0.88), "small": (0.42, 0.5),
                          "large": (1.1, 1.35)}[factors["scale"]])

    n = SIDE * OVER
    image = Image.new("RGB", (n, n))
    page = Brush(image, np.eye(2) * n / 200, np.array([n / 2, n / 2]),
                 light=rng.choice([-1, 1])).moved(0, 0, 1, tilt)
    alike = factors["background"] == "like the subject"
    factors["scene"] = background(page, rng, coat.base, kind.indoors, alike)
    subject = page.moved(x, y, (scale * rng.choice([-1, 1]), scale))
    feet = {"sitting": 92, "standing": 90, "lying": 70,
            "front": 82, "side": 62}
    if pose in feet:
        subject.fill(oval(0, feet[pose], 95, 12), BLACK, 0, 0.4)
    kind.paint(subject, rng, coat, pose)
    exposure = rng.uniform(0.78, 1.18)
    picture = develop(image, exposure, factors["brightness"], page.light)
    return picture, factors


def develop(image, exposure, brightness, light):
    """Reduce the picture, light it from one side, expose it; few colours."""
    image = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    v, u = np.mgrid[-1:1:SIDE * 1j, -1:1:SIDE * 1j]
    lit = 0.98 - 0.12 * light * u - 0.06 * v - 0.16 * (u * u + v * v)
    picture = (np.asarray(image) / 255) ** 1.1 * (exposure * lit)[..., None]
    picture = np.clip(1.1 * picture - 0.04, 0, 1)
    if brightness == "dark":
        picture = 0.42 * picture ** 1.1
    elif brightness == "bright":
        picture = 0.3 + 0.85 * picture ** 0.8
    image = Image.fromarray((255 * np.clip(picture, 0, 1)).astype(np.uint8))
    image = image.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
    return np.asarray(image.convert("RGB"))


def write(path, part, numbers):
    """Write an h5 file in the course's layout; test pictures with factors."""
    import h5py

    pictures, factors = zip(*map(draw, numbers), strict=True)
    labels = [f["kind"] == "cat" for f in factors]
    with h5py.File(path, "w") as file:
        file["list_classes"] = np.array([b"non-cat", b"cat"])
        file.create_dataset(f"{part}_set_x", data=np.stack(pictures),
                            chunks=(1, SIDE, SIDE, 3),
                            compression="gzip", compression_opts=9)
        file[f"{part}_set_y"] = np.array(labels, np.int64)
        if part == "test":
            for name in factors[0]:
                column = np.array([f[name].encode() for f in factors])
                file[f"test_set_factors/{name}"] = column


def sheet(path, numbers, columns=16, enlarge=2):
    """Save a contact sheet."""
    step = SIDE * enlarge + 4
    rows = -(-len(numbers) // columns)
    page = Image.new("RGB", (columns * step, rows * step), "white")
    for i, number in enumerate(numbers):
        picture = Image.fromarray(draw(number)[0])
        picture = picture.resize((step - 4, step - 4))
        page.paste(picture, (i % columns * step, i // columns * step))
    page.save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheet", metavar="FILE.png",
                        help="draw a contact sheet, write no data")
    options = parser.parse_args()
    first = 0
    for part, (pictures, _) in PARTS.items():
        numbers = range(first, first + pictures)
        if not options.sheet:
            here = Path(__file__).resolve().parent
            write(here / f"{part}_catvnoncat.h5", part, numbers)
        first += pictures
    if options.sheet:
        sheet(options.sheet, range(first))


if __name__ == "__main__":
    main()
