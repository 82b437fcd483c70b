"""Coroutines and futures on an event loop."""

import asyncio
import sys


async def leaf(number):
    await asyncio.sleep(0)
    return {"number": number}


async def branch(depth, number):
    if depth == 0:
        return await leaf(number)
    left, right = await asyncio.gather(branch(depth - 1, 2 * number), branch(depth - 1, 2 * number + 1))
    return {"left": left["number"], "number": right["number"]}


async def pipeline(count):
    queue = asyncio.Queue(16)

    async def produce():
        for number in range(count):
            await queue.put((number, "item %d" % number))
        await queue.put(None)

    task, total = asyncio.create_task(produce()), 0
    while (item := await queue.get()) is not None:
        total += item[0]
    await task
    return total


async def main(loops):
    for _ in range(loops):
        await branch(8, 1)
        await pipeline(1000)


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
