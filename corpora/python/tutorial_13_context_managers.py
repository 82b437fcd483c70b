# Tutorial: with closes a file, whatever happens.
with open("file.txt", "w") as f:
    print(f.write("some data\n"))
with open("file.txt") as f:
    data = f.read()
print(data, f.closed)
try:
    with open("file.txt") as f:
        raise ValueError("inside")
except ValueError as error:
    print(error, f.closed)
