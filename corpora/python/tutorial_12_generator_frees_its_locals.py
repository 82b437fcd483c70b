# Tutorial: what a generator holds goes when it ends, or when it is dropped.
class Tracked:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
def work(name):
    thing = Tracked(name)
    yield 1
    yield 2
for value in work("ended"):
    print(value)
made = work("dropped")
next(made)
del made
print("after")
