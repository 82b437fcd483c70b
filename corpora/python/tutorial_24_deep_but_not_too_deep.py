# Tutorial: calls nest as deep as the limit says.
import sys
def dive(depth):
    if depth == 0:
        return 0
    return 1 + dive(depth - 1)
print(dive(500))
sys.setrecursionlimit(3000)
print(dive(2000), sys.getrecursionlimit())
