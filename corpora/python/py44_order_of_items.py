# PY-44 Items of a tuple and of a list go from the last to the first, keys and slots from the first to the last.
import weakref
class N:
    def __init__(s,n): s.n=n
    def __del__(s): print("del",s.n)
def told(w): print("told")
x=N(1); t=(x,weakref.ref(x,told)); del x; print("t"); t=None
x=N(2); t=[x,weakref.ref(x,told)]; del x; print("l"); t=None
x=N(3); t=[x,weakref.ref(x,told)]; del x; print("lc"); t.clear()
x=N(4); t={1:x,2:weakref.ref(x,told)}; del x; print("d"); t=None
x=N(5); t={1:x,2:weakref.ref(x,told)}; del x; print("dc"); t.clear()
t=(N(6),N(7)); t=None
t=[N(8),N(9)]; t=None
t=[N(10),N(11)]; t.clear()
t=[N(20),N(21)]; t[:]=[]
t=[N(22),N(23)]; del t[0:2]
t={1:N(12),2:N(13)}; t=None
class S: __slots__=("a","b")
t=S(); t.a=N(14); t.b=N(15); t=None
t=N(0); t.b=N(16); t.a=N(17); t=None
e=Exception(N(18),N(19)); e=None
e=Exception(1); e.a=N(24); e.b=N(25); e=None
