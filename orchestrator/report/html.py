"""A review as one page that needs nothing else: no script, no request, and a policy of its own that allows neither."""

from base64 import b64encode
from hashlib import sha256

from markupsafe import Markup

from orchestrator.reconcile.verdict import Verdict
from orchestrator.report.pictures.outline import read_credit, render_land
from orchestrator.report.pictures.projection import HEIGHT
from orchestrator.report.review_page import lay_out_page
from orchestrator.report.template import load_templates, read_style


def render_page(verdict: Verdict) -> str:
    """The page. It holds no script, and its own policy lets a browser fetch nothing and use no other style."""
    style = Markup("\n").join((read_style("pictures.css"), read_style("page.css")))
    land_used = Markup('<use href="#land"/>')
    return (
        load_templates()
        .get_template("page.html")
        .render(
            page=lay_out_page(verdict),
            security=compute_security(style),
            style=style,
            land=render_land(),
            land_used=land_used,
            height=HEIGHT,
            credit=read_credit(),
        )
        .lstrip()
    )


def compute_security(style: str) -> str:
    """The Content-Security-Policy: this one style sheet by its digest, an empty icon, and nothing else."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
