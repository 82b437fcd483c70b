# Tutorial: instances with __slots__ have no dict.
class Point:
    __slots__ = ("x", "y")
    def __init__(self, x, y):
        self.x = x
        self.y = y
point = Point(1, 2)
print(point.x, point.y, hasattr(point, "__dict__"))
try:
    point.z = 3
except AttributeError as error:
    print("AttributeError")
del point.x
try:
    point.x
except AttributeError as error:
    print("AttributeError", error)
