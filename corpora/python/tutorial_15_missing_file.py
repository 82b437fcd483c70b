# Tutorial: what is not there is an error that can be caught.
try:
    with open("no such file.txt") as f:
        print("never")
except FileNotFoundError as error:
    print(error)
