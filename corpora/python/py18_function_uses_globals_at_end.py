# PY-18: an object that only a global holds dies at the end.
class Noisy:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
first = Noisy("first")
second = Noisy("second")
third = Noisy("third")
print("end of program")
