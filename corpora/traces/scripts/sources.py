"""Sources: parse, walk, unparse, compile and tokenize modules of the standard library. Many small objects of a tree."""
import argparse
import ast
import dataclasses
import inspect
import io
import textwrap
import tokenize

total = 0
for module in (argparse, ast, dataclasses, inspect, textwrap):
    source = inspect.getsource(module)
    tree = ast.parse(source)
    names = {}
    for node in ast.walk(tree):
        names.setdefault(type(node).__name__, []).append(getattr(node, "lineno", 0))
    again = ast.unparse(tree)
    code = compile(again, module.__name__, "exec")
    tokens = sum(1 for _ in tokenize.generate_tokens(io.StringIO(source).readline))
    total += len(names) + len(again) + len(code.co_consts) + tokens
print(total)
