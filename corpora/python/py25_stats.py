# PY-25: three dicts of collections, collected and uncollectable.
# generational: statistics by generation is a matter of the strategy.
import gc
stats = gc.get_stats()
print(len(stats))
for one in stats:
    print(sorted(one)[:3], min(one.values()) >= 0)
gc.disable()
old = gc.get_stats()
gc.collect(0)
new = gc.get_stats()
print(new[0]["collections"] - old[0]["collections"])
print(new[1]["collections"] == old[1]["collections"], new[2]["collections"] == old[2]["collections"])
gc.collect(2)
newer = gc.get_stats()
print(newer[2]["collections"] - new[2]["collections"], newer[0]["collections"] == new[0]["collections"])
