# PY-19: a chain of 20 000 instances with __del__ dies, each once.
count = 0
class Link:
    def __init__(self, next):
        self.next = next
    def __del__(self):
        global count
        count += 1
chain = None
for number in range(20000):
    chain = Link(chain)
del chain
print(count)
