# Tutorial: containers hold references; what they refer to is counted apart.
import sys
print(sys.getsizeof([]) < sys.getsizeof([1, 2, 3]))
print(sys.getsizeof(()) < sys.getsizeof((1, 2)))
print(sys.getsizeof([[0] * 100]) == sys.getsizeof([0]))
