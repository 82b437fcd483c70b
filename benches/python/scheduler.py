"""Tasks that send packets to each other under a scheduler with priorities."""

import sys


class Packet:
    __slots__ = ("link", "ident", "kind", "data")

    def __init__(self, link, ident, kind):
        self.link, self.ident, self.kind, self.data = link, ident, kind, [0] * 4


class Task:
    def __init__(self, scheduler, ident, priority, work):
        self.scheduler, self.ident, self.priority, self.work = scheduler, ident, priority, work
        self.queue, self.waiting = [], True
        scheduler.tasks.append(self)
        scheduler.tasks.sort(key=lambda task: -task.priority)

    def ready(self):
        return not self.waiting or self.queue

    def run(self):
        packet = self.queue.pop(0) if self.queue else None
        self.waiting = False
        self.work(self, packet)


class Scheduler:
    def __init__(self):
        self.tasks, self.sent, self.left = [], 0, 0

    def send(self, ident, packet):
        self.sent += 1
        next(task for task in self.tasks if task.ident == ident).queue.append(packet)

    def run(self):
        while self.left > 0:
            next(task for task in self.tasks if task.ready()).run()


def idle(task, packet):
    scheduler = task.scheduler
    scheduler.left -= 1
    scheduler.send("worker", Packet(None, scheduler.left, "work"))
    if scheduler.left % 3 == 0:
        scheduler.send("device", Packet(None, scheduler.left, "device"))


def worker(task, packet):
    if packet is None:
        task.waiting = True
        return
    for i in range(4):
        packet.data[i] = chr(ord("a") + (packet.ident + i) % 26)
    task.scheduler.send("handler", Packet(packet, packet.ident, "".join(packet.data)))


def handler(task, packet):
    if packet is None:
        task.waiting = True
    elif packet.link is not None:
        task.scheduler.send("device", packet.link)


def device(task, packet):
    task.waiting = packet is None


def main(loops):
    for _ in range(loops):
        scheduler = Scheduler()
        Task(scheduler, "idle", 0, idle).waiting = False
        for ident, priority, work in (("worker", 10, worker), ("handler", 20, handler), ("device", 40, device)):
            Task(scheduler, ident, priority, work)
        scheduler.left = 2000
        scheduler.run()


main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
