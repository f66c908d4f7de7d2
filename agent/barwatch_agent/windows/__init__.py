"""Where Windows tells about itself: calls of its libraries on one side, plain bytes and texts on the other.

Nothing here knows what the facts mean; `topology` and `settings` do. A machine is a ``Source``: `live` asks this one,
`kept` reads one that was recorded, on any system.
"""
