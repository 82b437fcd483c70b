# Whatever is asked of builtin types, with whatever wrong object, from wherever: an answer or an exception.
def t(f):
    try: r = f()
    except BaseException as e: print(type(e).__name__, str(e)[:80])
    else: print(str(r)[:80])
# How deep is too deep depends on how the machine was built: here it counts that there is an end.
def u(f):
    try: f()
    except Exception: pass
    print('ended')
t(lambda: list.append(1, 2))
t(lambda: dict.get([]))
t(lambda: str.join)
t(lambda: str.join())
t(lambda: int.__int__('x'))
t(lambda: [0]*10**12)
t(lambda: 'a'*10**12)
t(lambda: 10**10**10)
t(lambda: list(range(10**18)))
t(lambda: object.__setattr__())
t(lambda: object.__setattr__(1, 2, 3))
t(lambda: object.__getattribute__(1, 2))
t(lambda: 'a'.ljust(10**18))
t(lambda: 'x'.center(5, ''))
t(lambda: round(1, -(1 << 63)))
t(lambda: round(1.5, -(1 << 63)))
t(lambda: '%.99999f' % 1.5)
t(lambda: format(1.5, '.99999f'))
t(lambda: '{0[a]é}'.format({'a': 1}))
t(lambda: list(reversed(range(0, -5, -(1 << 63)))))
t(lambda: range(0, 2**62, 2**32)[::2**32])
t(lambda: len(range(0, 2**62, 2**32)[::2**32]))
t(lambda: next(enumerate([1], 2**63-1)))
t(lambda: int.to_bytes(5, -1))
t(lambda: bytes(10**12))
t(lambda: bytes(-1))
t(lambda: chr(-1)); t(lambda: chr(55296)); t(lambda: 'abc'[10**30]); t(lambda: 'abc'[-10**30:10**30])
t(lambda: 1 << (1 << 70)); t(lambda: 1 << -1); t(lambda: 0 << (1 << 70)); t(lambda: 1 >> (1 << 70))
t(lambda: 2.0 ** 5000); t(lambda: (-2.0) ** 0.5); t(lambda: int('9' * 5000)); t(lambda: str(10 ** 5000))
t(lambda: pow(3, 10**6, 0)); t(lambda: pow(2, -1, 4)); t(lambda: divmod(1, 0)); t(lambda: sum([1], 'x'))
def rec(): return rec()
t(rec)
class R:
    def __repr__(self): return repr(self)
    def __eq__(self, o): return self == o
    def __hash__(self): return hash(self)
    def __getattr__(self, n): return self.zzz
    def __iter__(self): return iter(self)
    def __len__(self): return len(self)
    def __bool__(self): return bool(self)
    def __call__(self): return self()
    def __getitem__(self, k): return self[k]
    def __contains__(self, k): return k in self
    def __add__(self, o): return self + o
    def __format__(self, s): return format(self, s)
r = R()
for f in [lambda: repr(r), lambda: r == 1, lambda: hash(r), lambda: r.x, lambda: iter(r), lambda: len(r), lambda: bool(r), lambda: r(), lambda: r[1], lambda: 1 in r, lambda: r + 1, lambda: f'{r:>3}']: t(f)
a = []; a.append(a); t(lambda: a); t(lambda: a == a); b = []; b.append(b); t(lambda: a == b)
d = {}; d[1] = d; t(lambda: d); t(lambda: d == d)
a = [1, 2, 3]; a[:] = a; t(lambda: a); a.extend(a); t(lambda: a); a += a; t(lambda: len(a)); a[1:2] = a; t(lambda: len(a))
class K:
    def __init__(self, n): self.n = n
    def __hash__(self): return 1
    def __eq__(self, o): dd.clear(); return self.n == o.n
dd = {}
for i in range(20): t(lambda: dd.__setitem__(K(i % 3), i))
t(lambda: dd.get(K(1))); t(lambda: dd.pop(K(1), 0)); t(lambda: K(0) in dd)
ss = set()
class J:
    def __hash__(self): return 1
    def __eq__(self, o): ss.clear(); ss.add(3); return False
for i in range(20): t(lambda: ss.add(J()))
t(lambda: len(ss | {J(), J()}) > 0); t(lambda: ss & {J(), J()}); t(lambda: {J()} == {J()})
l = [3, 1, 2]
def key(x): l.append(1); return x
t(lambda: l.sort(key=key))
t(lambda: sorted([3, 'a', None])); t(lambda: l.sort(key=5)); t(lambda: l.sort(reverse=R()))
class Q:
    def __lt__(self, o): ql.clear(); return True
ql = [Q(), Q(), Q()]; t(lambda: ql.sort()); t(lambda: len(ql))
class X:
    def __index__(self): xl.clear(); return 0
xl = [1, 2, 3]; t(lambda: xl[X()])
xl = [1, 2, 3]
def dele(): del xl[X()]
t(dele)
xl = [1, 2, 3]
def sets(): xl[X():3] = [9]
t(sets); t(lambda: xl); t(lambda: xl.insert(X(), 1)); t(lambda: xl.pop(X())); xl=[1]; t(lambda: xl * X())
def g():
    try:
        yield me
        me.close()
        me.throw(ValueError)
        next(me)
    finally: next(me)
me = g(); t(lambda: next(me) is me); t(lambda: next(me)); t(lambda: me.throw(5)); t(lambda: me.close())
def outer(): yield from inner()
def inner():
    try: yield 1
    except ValueError: yield next(oo)
oo = outer(); next(oo); t(lambda: oo.throw(ValueError))
t(lambda: type('a', (int, str), {})); t(lambda: type('a', (bool,), {})); t(lambda: type('a', (5,), {})); t(lambda: type('a', (object, object), {}))
t(lambda: type('a', (), {'__slots__': 5})); t(lambda: type('a', (), {'__slots__': ['1', 2]}))
class O: pass
o = O()
def setc(v): o.__class__ = v
for v in (int, list, type, 5, Exception, O): t(lambda: setc(v))
t(lambda: setattr(O, '__mro__', 5)); t(lambda: setattr(O, '__bases__', ())); t(lambda: setattr(O, '__dict__', 5)); t(lambda: setattr(o, '__dict__', 5))
t(lambda: setattr(O, '__class__', int)); t(lambda: setattr(O, '__name__', 5)); t(lambda: delattr(O, '__name__')); t(lambda: delattr(O, '__module__'))
t(lambda: setattr(rec, '__kwdefaults__', 5)); t(lambda: setattr(rec, '__defaults__', 5)); t(lambda: setattr(rec, '__code__', 5)); t(lambda: rec(x=1)); t(lambda: delattr(rec, '__name__')); t(lambda: repr(rec)[:10]); t(lambda: setattr(rec, '__qualname__', 5)); t(lambda: repr(rec)[:10])
def kw(*, z=1): return z
t(lambda: setattr(kw, '__kwdefaults__', 5)); t(kw)
e = ValueError(1); e.__context__ = e; e.__cause__ = e; t(lambda: e)
t(lambda: setattr(e, 'args', 5)); t(lambda: setattr(e, '__traceback__', 5)); t(lambda: e.with_traceback(5)); t(lambda: delattr(e, 'args')); t(lambda: e)
n = 0
i = iter([1])
for k in range(100000): i = iter(enumerate(i)) if k % 2 else iter(zip(i))
t(lambda: next(i))
x = ()
for k in range(100000): x = (x,)
t(lambda: hash(x)); t(lambda: repr(x)); t(lambda: isinstance(1, x)); y = ()
for k in range(100000): y = (y,)
t(lambda: x == y); t(lambda: x < y)
m = len
import weakref
class Bound:
    def m(self, *rest): return 1
for k in range(100000): m = type(Bound().m)(m, 1)
u(lambda: m()); u(lambda: repr(m)[:9]); u(lambda: hash(m) and 1); u(lambda: m == m); u(lambda: m.__name__)
p = property(lambda s: 1)
c = O
for k in range(2000): c = type('c', (c,), {})
u(lambda: setattr(O, '__del__', lambda s: 1))
u(lambda: sys.setrecursionlimit(10**9))
import sys
sys.setrecursionlimit(10**9); t(rec); u(lambda: repr(r)); u(lambda: r == 1); u(lambda: hash(x)); u(lambda: repr(x)); u(lambda: next(i)); u(lambda: m()); u(lambda: x == y)
raise e
