# PY-9: allocations in __del__ set off collections, and nothing breaks.
import gc
gc.set_threshold(5, 5, 5)
died = []
class Node:
    def __init__(self, number):
        self.number = number
        self.me = self
    def __del__(self):
        junk = [[number] for number in range(20)]
        died.append(self.number)
for number in range(50):
    Node(number)
gc.collect()
print(sorted(died) == list(range(50)))
