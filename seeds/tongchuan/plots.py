"""Plots: a convex piece of ground cut into smaller and smaller ones that keep on fitting together."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise

Point = tuple[float, float]
"""Metres to the east and to the north of somewhere."""

_SAME = 1.0  # metres: a cut that ends this near to a corner ends at it, so corners stay apart when rounded
_HALVINGS = 40


class Ground:
    """A convex piece of ground, cut by straight lines into numbered plots; at first it is plot 0.

    The end of a cut becomes a corner of the plots on both sides of it. So neighbours share whole edges, and
    however the corners are rounded, the plots leave no gap and never overlap.

    Parameters
    ----------
    outline
        The corners, counter-clockwise.
    """

    def __init__(self, outline: Sequence[Point]) -> None:
        self._corners = [list(outline)]
        self._beside = dict.fromkeys(_edges(outline), 0)  # the plot to the left of an edge

    def corners(self, plot: int) -> Sequence[Point]:
        """Return a plot's corners, counter-clockwise."""
        return self._corners[plot]

    def cut(self, plot: int, share: float, turn: float = 0) -> int:
        """Cut a plot across its longer side and return the number of the new one.

        Parameters
        ----------
        share
            Of the area, that stays with the plot; between 0 and 1.
        turn
            Radians by which the cut is askew.
        """
        corners = self._corners[plot]
        angle = _long_axis(corners) + turn
        axis = math.cos(angle), math.sin(angle)
        at = _where(corners, axis, share)
        start, end = (self._end(plot, axis, at, up=up) for up in (True, False))
        i, j = corners.index(start), corners.index(end)
        above = corners[i : j + 1] if i < j else corners[i:] + corners[: j + 1]
        self._corners[plot] = corners[j : i + 1] if j < i else corners[j:] + corners[: i + 1]
        self._corners.append(above)
        new = len(self._corners) - 1
        self._beside |= dict.fromkeys(_edges(above), new)
        self._beside[start, end] = plot
        return new

    def divide(self, plot: int, weights: Sequence[float]) -> list[int]:
        """Cut a plot into as many as there are weights, with areas in proportion; return their numbers."""
        if len(weights) == 1:
            return [plot]
        middle = len(weights) // 2
        rest = self.cut(plot, sum(weights[:middle]) / sum(weights))
        return self.divide(plot, weights[:middle]) + self.divide(rest, weights[middle:])

    def outline(self, plots: Collection[int]) -> list[Point]:
        """Return the corners of several plots together, counter-clockwise; they must make one piece."""
        following = {
            start: end
            for plot in plots
            for start, end in _edges(self._corners[plot])
            if self._beside.get((end, start)) not in plots
        }
        corners = [min(following)]
        while (corner := following[corners[-1]]) != corners[0]:
            corners.append(corner)
        return corners

    def touching(self) -> list[tuple[int, int]]:
        """Return the pairs of plots with an edge in common, either way round."""
        return [(plot, self._beside[b, a]) for (a, b), plot in self._beside.items() if (b, a) in self._beside]

    def _end(self, plot: int, axis: Point, at: float, *, up: bool) -> Point:
        """Return the corner, made where there is none, at which the outline crosses a line upwards or downwards."""
        for a, b in _edges(self._corners[plot]):
            before, after = _along(a, axis) - at, _along(b, axis) - at
            if (before <= 0 < after) if up else (after <= 0 < before):
                break
        else:
            raise ValueError("the cut misses the plot")
        part = before / (before - after)
        crossing = (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]))
        for corner in (a, b):
            if math.dist(crossing, corner) < _SAME:
                return corner
        for start, end in ((a, b), (b, a)):
            if (start, end) in self._beside:
                beside = self._beside.pop((start, end))
                corners = self._corners[beside]
                corners.insert(corners.index(start) + 1, crossing)
                self._beside[start, crossing] = self._beside[crossing, end] = beside
        return crossing


def area(corners: Sequence[Point]) -> float:
    """Return the area, by the shoelace formula; positive counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in _edges(corners)) / 2


def centre(corners: Sequence[Point]) -> Point:
    """Return the centre of gravity of a piece of ground."""
    (x0, y0) = corners[0]  # from here, else the area is a small difference of large numbers
    shifted = [(x - x0, y - y0) for x, y in corners]
    crossed = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in _edges(shifted)]
    six_areas = 3 * sum(cross for _, _, cross in crossed)
    x = sum((a[0] + b[0]) * cross for a, b, cross in crossed) / six_areas
    y = sum((a[1] + b[1]) * cross for a, b, cross in crossed) / six_areas
    return x0 + x, y0 + y


def on_the_way_round(corners: Sequence[Point], part: float) -> Point:
    """Return the point of an outline after a part (0 to 1) of the way round it."""
    edges = _edges(corners)
    left = part * sum(math.dist(a, b) for a, b in edges)
    for a, b in edges:
        length = math.dist(a, b)
        if left <= length:
            return a[0] + (b[0] - a[0]) * left / length, a[1] + (b[1] - a[1]) * left / length
        left -= length
    return corners[0]


def _edges(corners: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(pairwise((*corners, corners[0])))


def _along(point: Point, axis: Point) -> float:
    return point[0] * axis[0] + point[1] * axis[1]


def _long_axis(corners: Sequence[Point]) -> float:
    """Return the angle of the longer side of the smallest rectangle around a convex plot."""
    smallest, angle = math.inf, 0.0
    for a, b in _edges(corners):
        edge = math.atan2(b[1] - a[1], b[0] - a[0])
        length, width = (
            max(spread) - min(spread)
            for spread in (
                [_along(corner, (math.cos(at), math.sin(at))) for corner in corners]
                for at in (edge, edge + math.pi / 2)
            )
        )
        if length * width < smallest:
            smallest, angle = length * width, edge if length >= width else edge + math.pi / 2
    return angle


def _where(corners: Sequence[Point], axis: Point, share: float) -> float:
    """Return how far along the axis a line must cross it for a share of the area to lie below."""
    wanted = share * area(corners)
    low = min(_along(corner, axis) for corner in corners)
    high = max(_along(corner, axis) for corner in corners)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _area_below(corners, axis, middle) > wanted else (middle, high)
    return (low + high) / 2


def _area_below(corners: Sequence[Point], axis: Point, at: float) -> float:
    below: list[Point] = []
    for a, b in _edges(corners):
        before, after = _along(a, axis) - at, _along(b, axis) - at
        if before <= 0:
            below.append(a)
        if (before <= 0) != (after <= 0):
            part = before / (before - after)
            below.append((a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))
    return area(below) if below else 0.0
