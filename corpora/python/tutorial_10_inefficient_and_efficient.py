# Tutorial: both loops give their memory back.
import gc
for i in range(1000):
    temp = [i]
print(temp)
temp = []
for i in range(1000):
    temp.append(i)
    temp.clear()
print(temp)
