# A finally that leaves a loop or a function while a value is being returned, or after a constant one.
def broken():
    for x in [1, 2]:
        try:
            return str(x)
        finally:
            break
    return 'broken'
def again():
    for x in [1, 2]:
        try:
            return str(x)
        finally:
            continue
    return 'again'
def constant():
    try:
        try:
            raise ValueError(1)
        except ValueError as e:
            try:
                raise KeyError(2)
            finally:
                return 'constant'
    finally:
        print('out')
def other():
    try:
        return str(1)
    finally:
        return str(2)
print(broken(), again(), constant(), other())
