# PY-21 Referents come from the last item to the first, of a dict value before key, and the class comes last.
import gc
print(gc.get_referents([1,2,3]), gc.get_referents((4,5,6)), gc.get_referents({7:8,9:10}), gc.get_referents({11}))
class N:
    pass
n=N(); n.a="x"; n.b="y"
print([r if isinstance(r,str) else type(r).__name__ for r in gc.get_referents(n)])
class S: __slots__=("a","b")
s=S(); s.a=1; s.b=2
print([r if isinstance(r,int) else type(r).__name__ for r in gc.get_referents(s)])
