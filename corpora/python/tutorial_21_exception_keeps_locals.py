# Tutorial: while an exception is handled, the locals of the functions it left live on.
class Tracked:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
def fail():
    thing = Tracked("local")
    raise ValueError("failed")
try:
    fail()
except ValueError as error:
    print("handling", error)
print("after")
