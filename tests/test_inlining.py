"""Inlining: a template with its includes in place says what it said before."""

import pytest
from jinja2 import DictLoader, Environment
from pelican.plugins.conversation.rendering.inlining import InliningLoader

A = "conversation/a.html"
CASES = {
    "plain": ("<{% include 'x' %}>", "value\n"),
    "spaces": ("<  {%- include 'x' -%}  >", "  {#- says something -#}  \n value \n"),
    "left": ("<  {%- include 'x' %}  >", "\n value \n\n"),
    "names stay inside": ("{% set v = 1 %}{% include 'x' %}{{ v }}", "{% set v = 2 %}{{ v }}"),
    "names come in": ("{% for v in (1, 2) %}{% include 'x' %}{% endfor %}", "{{ v }}{{ given }}"),
    "in a loop": ("{% for v in (1, 2) %}{% include 'x' %}{{ w is defined }}{% endfor %}", "{% set w = v %}{{ w }}"),
    "condition": ("{% if given %}{% include 'x' %}{% endif %}", "{% if given %}yes{% else %}no{% endif %}"),
    "escaped": ("{% include 'x' %}", "{{ given }}{% set s %}<i>{{ given }}</i>{% endset %}{{ s }}"),
    "block": ("{% include 'x' %}", "{% block b %}{{ given }}{% endblock %}"),
    "macro": ("{% include 'x' %}", "{% macro m(n) %}[{{ n }}]{% endmacro %}{{ m(given) }}"),
    "twice": ("{% include 'x' %}{% include 'x' %}", "{{ given }}{% set given = 3 %}"),
}


@pytest.mark.parametrize(("outer", "inner"), CASES.values(), ids=CASES)
def test_the_result_is_that_of_the_include(outer: str, inner: str) -> None:
    """Text, names and white space are those that Jinja's own include gives."""
    templates = {"top": outer.replace("'x'", f'"{A}"'), A: inner}
    found = [
        Environment(loader=loader, autoescape=True).get_template("top").render(given="<&>")
        for loader in (DictLoader(templates), InliningLoader(DictLoader(templates)))
    ]
    assert found[0] == found[1]
    assert found[0].strip()


def test_a_template_that_includes_itself_ends_where_its_condition_says() -> None:
    """Recursion is left to Jinja below some depth."""
    source = f'{{{{ n }}}}{{% if n %}}{{% with n = n - 1 %}}{{% include "{A}" %}}{{% endwith %}}{{% endif %}}'
    environment = Environment(loader=InliningLoader(DictLoader({A: source})), autoescape=True)
    assert "20" + "".join(map(str, range(19, -1, -1))) == environment.get_template(A).render(n=20)


def test_a_missing_include_is_told_where_it_is_reached() -> None:
    """As with Jinja, a template that is not there fails when it is asked for, not before."""
    source = f'{{% if n %}}{{% include "{A}" %}}{{% endif %}}fine'
    environment = Environment(loader=InliningLoader(DictLoader({"top": source})), autoescape=True)
    assert "fine" == environment.get_template("top").render(n=0)
