# Tutorial: a tree with parents by weak reference is no cycle.
import weakref
class Tree:
    def __init__(self, name, parent=None):
        self.name = name
        self.children = []
        self.parent = weakref.ref(parent) if parent else None
        if parent:
            parent.children.append(self)
    def __del__(self):
        print("del", self.name)
root = Tree("root")
leaf = Tree("leaf", root)
print(leaf.parent().name)
del root
print(leaf.parent())
