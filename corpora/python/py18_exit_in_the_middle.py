# PY-18: sys.exit() ends the program, and what lives is finalised.
import sys
class Node:
    def __del__(self):
        print("del", self.name)
a = Node()
a.name = "plain"
sys.exit(0)
print("never")
