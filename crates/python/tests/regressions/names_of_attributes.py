# A name that is a string of a class of the program's, or none at all, by the methods of `object`.
class Text(str):
    pass
class Thing:
    pass
thing = Thing()
object.__setattr__(thing, Text("name"), 1)
print(thing.name, object.__getattribute__(thing, Text("name")))
object.__delattr__(thing, Text("name"))
print(hasattr(thing, "name"))
for call in (lambda: object.__setattr__(thing, 5, 1), lambda: object.__getattribute__(thing, None)):
    try:
        call()
    except TypeError as error:
        print(error)
