# Tutorial: the stack is limited in size.
def dive(depth):
    return dive(depth + 1)
try:
    dive(0)
except RecursionError as error:
    print("RecursionError")
