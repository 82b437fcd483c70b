"""Requests of 50 objects in cycles, the last 100 kept, beside a live cache."""

import trees
from meter import Node, main, make_random_graph

KEPT = 100
HEADERS = 8
FRAMES = 12
BODY_DEPTH = 3
GRAPH = 5 + 2 * (1 + HEADERS) + FRAMES + trees.size(BODY_DEPTH)


def headers():
    table = [None] * HEADERS
    for edge in range(HEADERS):
        table[edge] = Node()
    return table


def serve(cache):
    request = [None] * 4
    response = [None] * 4
    session = [request, response, cache]
    request[0], request[1] = response, session
    response[0], response[1] = request, session
    request[2] = headers()
    response[2] = headers()
    response[3] = trees.bottom_up(BODY_DEPTH)
    fail(request, response, session)
    return request


def fail(request, response, session):
    """Raises an exception that keeps a chain of frames; the request keeps the exception."""
    seen = (request, response, session)
    frame = None
    for depth in range(FRAMES):
        frame = Node(frame, seen[depth % 3])
    exception = [frame, request, response]
    request[3] = Node(request, exception)


def run(objects, meter):
    meter.begin_phase("build")
    cache = make_random_graph(objects, meter)[0]
    kept = [None] * KEPT
    meter.live = objects

    meter.begin_phase("work")
    requests = objects // 20 + 2 * KEPT
    for number in range(requests):
        request = serve(cache)
        cache = cache.left
        kept[number % KEPT] = request
        request = None
        meter.operations += 1
    meter.made += requests * GRAPH
    meter.live = objects + KEPT * GRAPH
    meter.begin_phase("end")


main("requests", 1_000_000, run)
