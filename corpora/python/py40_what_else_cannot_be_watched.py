# PY-40 Neither weak references themselves nor descriptors, frames and tracebacks can be watched.
import sys
import weakref
class Plain:
    pass
def f(): yield
def tb():
    try: 1/0
    except Exception as e: return e.__traceback__
for n,x in [("static",staticmethod(f)),("cm",classmethod(f)),("mp",Plain.__dict__),("tb",tb()),("ref",weakref.ref(f)),("set",set()),("fs",frozenset()),("code",f.__code__),("gen",f()),("builtin",len),("meth",[].append),("mod",sys),("frame",sys._getframe()),("iter",iter([])),("cell",(lambda x: lambda: x)(1).__closure__[0]),("file",sys.stdout), ("ni", NotImplemented)]:
    try: weakref.ref(x); print(n,"yes")
    except TypeError as e: print(n,"no",e)
