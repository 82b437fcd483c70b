# PY-69: strings of one Latin-1 character that are made exist once.
text = "xyz é"
print(chr(120) is text[0], text[1] is chr(121), chr(233) is text[-1], chr(32) is text[3])
print([one is other for one, other in zip(text, list(text))])
print(chr(0x4e2d) is chr(0x4e2d))
