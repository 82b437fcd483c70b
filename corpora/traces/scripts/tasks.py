"""Tasks: a simulation of workers and queues with generators, heaps, exceptions, and asyncio. Frames, closures, events."""
import asyncio
import heapq
import random

random.seed(5)


class Task:
    def __init__(self, number, cost):
        self.number, self.cost, self.log = number, cost, []

    def run(self):
        for step in range(self.cost):
            if random.random() < 0.02:
                raise TimeoutError(f"task {self.number} at step {step}")
            self.log.append((step, random.random()))
            yield step


def simulate(count):
    queue = [(random.random(), number, Task(number, random.randint(2, 12))) for number in range(count)]
    heapq.heapify(queue)
    done, failed = [], []
    running = {}
    while queue:
        time, number, task = heapq.heappop(queue)
        steps = running.setdefault(number, task.run())
        try:
            next(steps)
            heapq.heappush(queue, (time + random.random(), number, task))
        except StopIteration:
            done.append(running.pop(number) and task)
        except TimeoutError as error:
            failed.append(str(error))
            del running[number]
    return sum(len(task.log) for task in done), len(failed)


async def worker(queue, results):
    while True:
        item = await queue.get()
        await asyncio.sleep(0)
        results.append({"item": item, "square": item * item, "text": f"{item:08b}"})
        queue.task_done()


async def pipeline(count):
    queue, results = asyncio.Queue(maxsize=50), []
    workers = [asyncio.create_task(worker(queue, results)) for _ in range(20)]
    for item in range(count):
        await queue.put(item)
    await queue.join()
    for task in workers:
        task.cancel()
    return len(results)


print(simulate(9000))
print(asyncio.run(pipeline(15000)))
