# PY-18: a cycle that lives until the end is finalised at the end.
class Node:
    def __del__(self):
        print("del at the end")
node = Node()
node.me = node
print("last line")
