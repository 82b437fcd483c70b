"""The part of the module `weakref` that is written in Python: containers of weak references, bound methods, finalizers.

It runs in the module itself, beside `ref`, `proxy`, `getweakrefs` and `getweakrefcount`, which are the machine's.
Containers forget what dies in the callbacks of their references. While somebody iterates over one, what has died waits in
a list and is forgotten when the last iteration ends, so that the table keeps its size meanwhile.
"""

ReferenceType = ref
ProxyTypes = (ProxyType, CallableProxyType)


class _Iteration:
    """Holds removals back as long as it lasts."""

    def __init__(self, container):
        self.container = ref(container)

    def __enter__(self):
        container = self.container()
        if container is not None:
            container._iterations.append(self)
        return self

    def __exit__(self, kind, error, traceback):
        container = self.container()
        if container is not None:
            container._iterations.remove(self)
            if not container._iterations:
                container._forget_waiting()


class KeyedRef(ref):
    """The reference to a value, with the key it stands under."""

    __slots__ = ("key",)

    def __new__(cls, value, callback, key):
        self = ref.__new__(cls, value, callback)
        self.key = key
        return self

    def __init__(self, value, callback, key):
        super().__init__(value, callback)


class WeakMethod(ref):
    """A weak reference to a bound method: it lives as long as its object and its function do."""

    __slots__ = ("_function", "_make", "_alive", "__weakref__")

    def __new__(cls, method, callback=None):
        try:
            thing, function = method.__self__, method.__func__
        except AttributeError:
            raise TypeError(f"argument should be a bound method, not {type(method)}") from None

        def died(dead):
            self = watch()
            if self is not None and self._alive:
                self._alive = False
                if callback is not None:
                    callback(self)

        self = ref.__new__(cls, thing, died)
        self._function = ref(function, died)
        self._make = type(method)
        self._alive = True
        watch = ref(self)
        return self

    def __call__(self):
        thing, function = super().__call__(), self._function()
        if thing is None or function is None:
            return None
        return self._make(function, thing)

    def __eq__(self, other):
        if not isinstance(other, WeakMethod):
            return NotImplemented
        if not (self._alive and other._alive):
            return self is other
        return ref.__eq__(self, other) and self._function == other._function

    def __ne__(self, other):
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = ref.__hash__


class WeakValueDictionary:
    """A mapping whose entries go with their values."""

    def __init__(self, other=(), /, **keywords):
        def forget(dead, watch=ref(self)):
            self = watch()
            if self is not None:
                if self._iterations:
                    self._waiting.append(dead)
                else:
                    self._forget(dead)

        self._remove = forget
        self._waiting = []
        self._iterations = []
        self.data = {}
        self.update(other, **keywords)

    def _forget(self, dead):
        if self.data.get(dead.key) is dead:
            del self.data[dead.key]

    def _forget_waiting(self):
        while self._waiting:
            self._forget(self._waiting.pop())

    def __getitem__(self, key):
        if self._waiting and not self._iterations:
            self._forget_waiting()
        value = self.data[key]()
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key, value):
        self.data[key] = KeyedRef(value, self._remove, key)

    def __delitem__(self, key):
        if not self._iterations:
            self._forget_waiting()
        del self.data[key]

    def __len__(self):
        return len(self.data) - len(self._waiting)

    def __contains__(self, key):
        found = self.data.get(key)
        return found is not None and found() is not None

    def __repr__(self):
        return f"<{self.__class__.__name__} at {id(self):#x}>"

    def __iter__(self):
        return self.keys()

    def keys(self):
        with _Iteration(self):
            for key, watch in self.data.items():
                if watch() is not None:
                    yield key

    def values(self):
        with _Iteration(self):
            for watch in self.data.values():
                value = watch()
                if value is not None:
                    yield value

    def items(self):
        with _Iteration(self):
            for key, watch in self.data.items():
                value = watch()
                if value is not None:
                    yield key, value

    def itervaluerefs(self):
        with _Iteration(self):
            yield from self.data.values()

    def valuerefs(self):
        return list(self.data.values())

    def get(self, key, default=None):
        found = self.data.get(key)
        value = None if found is None else found()
        return default if value is None else value

    def setdefault(self, key, default=None):
        value = self.get(key)
        if value is None:
            self[key] = default
            return default
        return value

    def pop(self, key, *default):
        if not self._iterations:
            self._forget_waiting()
        found = self.data.pop(key, None)
        value = None if found is None else found()
        if value is None:
            if default:
                return default[0]
            raise KeyError(key)
        return value

    def popitem(self):
        while True:
            key, watch = self.data.popitem()
            value = watch()
            if value is not None:
                return key, value

    def clear(self):
        self.data.clear()
        self._waiting.clear()

    def update(self, other=None, /, **keywords):
        if other is not None:
            pairs = other.items() if hasattr(other, "items") else dict(other).items()
            for key, value in list(pairs):
                self[key] = value
        for key, value in keywords.items():
            self[key] = value

    def copy(self):
        made = WeakValueDictionary()
        for key, value in self.items():
            made[key] = value
        return made

    __copy__ = copy

    def __deepcopy__(self, memo):
        made = self.__class__()
        for key, value in self.items():
            made[key] = value
        return made

    def __eq__(self, other):
        if not hasattr(other, "items"):
            return NotImplemented
        return dict(self.items()) == dict(other.items())

    def __or__(self, other):
        if not hasattr(other, "items"):
            return NotImplemented
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other):
        if not hasattr(other, "items"):
            return NotImplemented
        made = self.__class__()
        made.update(other)
        made.update(self)
        return made

    def __ior__(self, other):
        self.update(other)
        return self


class WeakKeyDictionary:
    """A mapping whose entries go with their keys."""

    def __init__(self, other=None):
        def forget(dead, watch=ref(self)):
            self = watch()
            if self is not None:
                if self._iterations:
                    self._waiting.append(dead)
                else:
                    self.data.pop(dead, None)

        self._remove = forget
        self._waiting = []
        self._iterations = []
        self.data = {}
        if other is not None:
            self.update(other)

    def _forget_waiting(self):
        while self._waiting:
            self.data.pop(self._waiting.pop(), None)

    def __getitem__(self, key):
        return self.data[ref(key)]

    def __setitem__(self, key, value):
        self.data[ref(key, self._remove)] = value

    def __delitem__(self, key):
        del self.data[ref(key)]

    def __len__(self):
        return len(self.data) - len(self._waiting)

    def __contains__(self, key):
        try:
            watch = ref(key)
        except TypeError:
            return False
        return watch in self.data

    def __repr__(self):
        return f"<{self.__class__.__name__} at {id(self):#x}>"

    def __iter__(self):
        return self.keys()

    def keys(self):
        with _Iteration(self):
            for watch in self.data:
                key = watch()
                if key is not None:
                    yield key

    def values(self):
        with _Iteration(self):
            for watch, value in self.data.items():
                if watch() is not None:
                    yield value

    def items(self):
        with _Iteration(self):
            for watch, value in self.data.items():
                key = watch()
                if key is not None:
                    yield key, value

    def keyrefs(self):
        return list(self.data)

    def get(self, key, default=None):
        return self.data.get(ref(key), default)

    def setdefault(self, key, default=None):
        return self.data.setdefault(ref(key, self._remove), default)

    def pop(self, key, *default):
        return self.data.pop(ref(key), *default)

    def popitem(self):
        while True:
            watch, value = self.data.popitem()
            key = watch()
            if key is not None:
                return key, value

    def clear(self):
        self.data.clear()
        self._waiting.clear()

    def update(self, other=None, /, **keywords):
        if other is not None:
            pairs = other.items() if hasattr(other, "items") else dict(other).items()
            for key, value in list(pairs):
                self[key] = value
        for key, value in keywords.items():
            self[key] = value

    def copy(self):
        made = WeakKeyDictionary()
        for key, value in self.items():
            made[key] = value
        return made

    __copy__ = copy

    def __deepcopy__(self, memo):
        made = self.__class__()
        for key, value in self.items():
            made[key] = value
        return made

    def __eq__(self, other):
        if not hasattr(other, "items"):
            return NotImplemented
        return dict(self.items()) == dict(other.items())

    def __or__(self, other):
        if not hasattr(other, "items"):
            return NotImplemented
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other):
        if not hasattr(other, "items"):
            return NotImplemented
        made = self.__class__()
        made.update(other)
        made.update(self)
        return made

    def __ior__(self, other):
        self.update(other)
        return self


class WeakSet:
    """A set that forgets what dies."""

    def __init__(self, data=None):
        def forget(dead, watch=ref(self)):
            self = watch()
            if self is not None:
                if self._iterations:
                    self._waiting.append(dead)
                else:
                    self.data.discard(dead)

        self._remove = forget
        self._waiting = []
        self._iterations = []
        self.data = set()
        if data is not None:
            self.update(data)

    def _forget_waiting(self):
        while self._waiting:
            self.data.discard(self._waiting.pop())

    def __iter__(self):
        with _Iteration(self):
            for watch in self.data:
                item = watch()
                if item is not None:
                    yield item

    def __len__(self):
        return len(self.data) - len(self._waiting)

    def __contains__(self, item):
        try:
            watch = ref(item)
        except TypeError:
            return False
        return watch in self.data

    def __repr__(self):
        return repr(self.data)

    def add(self, item):
        if self._waiting and not self._iterations:
            self._forget_waiting()
        self.data.add(ref(item, self._remove))

    def remove(self, item):
        self.data.remove(ref(item))

    def discard(self, item):
        self.data.discard(ref(item))

    def pop(self):
        while True:
            try:
                watch = self.data.pop()
            except KeyError:
                raise KeyError("pop from empty WeakSet") from None
            item = watch()
            if item is not None:
                return item

    def clear(self):
        self.data.clear()
        self._waiting.clear()

    def copy(self):
        return self.__class__(self)

    def update(self, other):
        for item in other:
            self.add(item)

    def __ior__(self, other):
        self.update(other)
        return self

    def difference(self, other):
        made = self.copy()
        made.difference_update(other)
        return made

    def __sub__(self, other):
        return self.difference(other)

    def difference_update(self, other):
        if self is other:
            self.data.clear()
        else:
            self.data.difference_update(ref(item) for item in other)

    def __isub__(self, other):
        self.difference_update(other)
        return self

    def intersection(self, other):
        return self.__class__(item for item in other if item in self)

    def __and__(self, other):
        return self.intersection(other)

    def intersection_update(self, other):
        self.data.intersection_update(ref(item) for item in other)

    def __iand__(self, other):
        self.intersection_update(other)
        return self

    def issubset(self, other):
        return self.data.issubset(ref(item) for item in other)

    def __le__(self, other):
        return self.issubset(other)

    def __lt__(self, other):
        return self.data < set(map(ref, other))

    def issuperset(self, other):
        return self.data.issuperset(ref(item) for item in other)

    def __ge__(self, other):
        return self.issuperset(other)

    def __gt__(self, other):
        return self.data > set(map(ref, other))

    def __eq__(self, other):
        if not isinstance(other, self.__class__):
            return NotImplemented
        return self.data == set(map(ref, other))

    def symmetric_difference(self, other):
        made = self.copy()
        made.symmetric_difference_update(other)
        return made

    def __xor__(self, other):
        return self.symmetric_difference(other)

    def symmetric_difference_update(self, other):
        if self is other:
            self.data.clear()
        else:
            self.data.symmetric_difference_update(ref(item, self._remove) for item in other)

    def __ixor__(self, other):
        self.symmetric_difference_update(other)
        return self

    def union(self, other):
        return self.__class__(item for group in (self, other) for item in group)

    def __or__(self, other):
        return self.union(other)

    def isdisjoint(self, other):
        return len(self.intersection(other)) == 0


class _Call:
    """What a finalizer will call."""

    __slots__ = ("watch", "function", "args", "keywords", "atexit", "number")


class finalize:
    """Calls a function once: when an object dies, or at exit."""

    __slots__ = ()
    _registry = {}
    _shutdown = False
    _count = 0

    def __init__(self, thing, function, /, *args, **keywords):
        call = _Call()
        call.watch = ref(thing, self)
        call.function = function
        call.args = args
        call.keywords = keywords or None
        call.atexit = True
        call.number = finalize._count
        finalize._count += 1
        self._registry[self] = call

    def __call__(self, dead=None):
        call = self._registry.pop(self, None)
        if call is not None and not finalize._shutdown:
            return call.function(*call.args, **(call.keywords or {}))

    def detach(self):
        call = self._registry.get(self)
        thing = None if call is None else call.watch()
        if thing is not None and self._registry.pop(self, None) is not None:
            return thing, call.function, call.args, call.keywords or {}

    def peek(self):
        call = self._registry.get(self)
        thing = None if call is None else call.watch()
        if thing is not None:
            return thing, call.function, call.args, call.keywords or {}

    @property
    def alive(self):
        return self in self._registry

    @property
    def atexit(self):
        call = self._registry.get(self)
        return call is not None and call.atexit

    @atexit.setter
    def atexit(self, value):
        call = self._registry.get(self)
        if call is not None:
            call.atexit = bool(value)

    def __repr__(self):
        call = self._registry.get(self)
        thing = None if call is None else call.watch()
        if thing is None:
            return f"<{type(self).__name__} object at {id(self):#x}; dead>"
        return f"<{type(self).__name__} object at {id(self):#x}; for {type(thing).__qualname__!r} at {id(thing):#x}>"

    @classmethod
    def _at_exit(cls, report):
        while True:
            due = [(call.number, one) for one, call in cls._registry.items() if call.atexit]
            if not due:
                break
            newest = max(due, key=lambda pair: pair[0])[1]
            del due
            try:
                newest()
            except Exception as error:
                report(newest, error)
        finalize._shutdown = True
