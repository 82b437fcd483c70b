"""A small template engine: compiles a template to Python and renders pages with it."""

import html
import re
import sys

TEMPLATE = """<html><head><title>{{ title }}</title></head><body><table>
{% for row in rows %}<tr>{% for cell in row %}{% if cell %}<td class="{{ kind }}">{{ cell }}</td>{% else %}<td></td>{% end %}
{% end %}</tr>{% end %}</table><p>{{ title.upper() }} {{ len(rows) }}</p></body></html>"""


def compile_template(text):
    lines, depth = ["def render(context):", "    out = []", "    put = out.append"], 1

    def line(what):
        lines.append("    " * depth + what)

    for name in ("title", "rows", "kind"):
        line("%s = context[%r]" % (name, name))
    for part in re.split(r"(\{\{.*?\}\}|\{%.*?%\})", text):
        if part.startswith("{{"):
            line("put(escape(str(%s)))" % part[2:-2].strip())
        elif part.startswith("{%"):
            word = part[2:-2].strip()
            if word == "end":
                depth -= 1
            elif word == "else":
                depth -= 1
                line("else:")
                depth += 1
            else:
                line(word + ":")
                depth += 1
        elif part:
            line("put(%r)" % part)
    line("return ''.join(out)")
    scope = {"escape": html.escape}
    exec("\n".join(lines), scope)
    return scope["render"]


def main(loops):
    for turn in range(loops):
        render = compile_template(TEMPLATE)
        rows = [["cell <%d>" % (i * j) if (i + j) % 5 else "" for j in range(15)] for i in range(60)]
        render({"title": "page %d" % turn, "rows": rows, "kind": "a & b"})


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1400)
