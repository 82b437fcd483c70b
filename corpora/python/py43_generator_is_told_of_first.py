# PY-43 Weak references to a generator are told before it is closed, those to an instance after its `__del__`.
import weakref
def produce():
    try:
        yield 1
    finally:
        print("closed")
class Node:
    def __del__(self):
        print("del")
generator = produce()
next(generator)
watch = weakref.ref(generator, lambda ref: print("told of the generator"))
del generator
node = Node()
watch = weakref.ref(node, lambda ref: print("told of the node"))
del node
