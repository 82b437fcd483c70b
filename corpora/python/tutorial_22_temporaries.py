# Tutorial: a temporary goes at the end of its expression; a loop variable stays.
class Tracked:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
    def get(self):
        return self.name
print(Tracked("temporary").get())
Tracked("statement")
print("next")
for thing in [Tracked("one"), Tracked("two")]:
    print("loop", thing.name)
print("after", thing.name)
thing = None
print("end")
