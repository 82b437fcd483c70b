# Tutorial: the private heap's blocks can be counted.
import sys
before = sys.getallocatedblocks()
items = [object() for number in range(1000)]
print(sys.getallocatedblocks() - before >= 1000)
